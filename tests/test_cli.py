from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import pytest

from quart_chat import create_app
from quart_chat.cli import main
from quart_chat.config import ConfigError
from quart_chat.storage.sqlite.chats.storage import ChatRepository

CODE = "from quart_chat.cli import main; raise SystemExit(main())"


def run(*arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CODE, *arguments],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refusal(result: subprocess.CompletedProcess[str]) -> str:
    """The sentence in which a command says why it does nothing; a line of log may precede it."""
    assert result.returncode == 1, result
    assert result.stdout == ""
    *logged, line = result.stderr.splitlines()
    assert len(logged) <= 1
    assert "Traceback" not in result.stderr
    assert line.startswith("quart-chat: ")
    return line


def test_the_version_is_the_one_installed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"quart-chat {version('quart-chat')}\n"


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refusal(run("serve", "--port", str(port), cwd=tmp_path))
    assert line == f"quart-chat: can't listen on 127.0.0.1 port {port}: Address already in use."
    assert not (tmp_path / "instance").exists()


@pytest.mark.parametrize("host", ["a" * 64, "a..b"])
def test_a_host_that_is_no_name_is_said(tmp_path: Path, host: str) -> None:
    env = {"QUART_CHAT_AUTH": "accounts", "QUART_CHAT_HOST": host}
    line = refusal(run("serve", "--port", "0", cwd=tmp_path, **env))
    assert line == f"quart-chat: can't listen on {host} port 0: Name or service not known."


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limit")
@pytest.mark.parametrize("limit", [12, 20])
def test_too_few_descriptors_are_said(tmp_path: Path, limit: int) -> None:
    result = subprocess.run(
        ["sh", "-c", f'ulimit -n {limit}; exec "$@"', "sh", sys.executable, "-c", CODE, "serve"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    line = refusal(result)
    assert line.startswith(f"quart-chat: {limit} file descriptors are too few.")


def test_a_setting_that_can_not_be_used_is_said(tmp_path: Path) -> None:
    line = refusal(run("serve", "--port", "many", cwd=tmp_path))
    assert line == "quart-chat: QUART_CHAT_PORT='many' can't be used: Expected int, got str."


@pytest.mark.parametrize(
    ("broker", "reason"),
    [
        ("redis://:geheim@127.0.0.1/first", " can't be used: 'first' is not the number of"),
        ("redis://:geheim@127.0.0.1:1/2", ": The event log can't be used: redis://127.0.0.1:1/2: "),
    ],
)
def test_a_broker_that_can_not_be_used_is_said(tmp_path: Path, broker: str, reason: str) -> None:
    line = refusal(run("serve", "--port", "0", cwd=tmp_path, QUART_CHAT_BROKER=broker))
    assert line.startswith(f"quart-chat: QUART_CHAT_BROKER{reason}")
    assert "geheim" not in line


def test_a_broker_whose_package_is_missing_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    monkeypatch.delitem(sys.modules, "quart_chat.events.brokers.redis", raising=False)
    config = {"QUART_CHAT_INSTANCE": tmp_path, "QUART_CHAT_BROKER": "redis://localhost"}
    with pytest.raises(ConfigError, match=r"pip install 'quart-chat\[redis\]'"):
        create_app(config)


def test_an_instance_folder_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "instance").write_text("a file")
    line = refusal(run("serve", "--port", "0", cwd=tmp_path))
    assert str(tmp_path / "instance" / "chat.sqlite") in line


def test_a_folder_of_documents_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    documents = tmp_path / "instance" / "documents"
    documents.parent.mkdir()
    documents.write_text("a file")
    line = refusal(run("serve", "--port", "0", cwd=tmp_path))
    assert f"their folder can't be made. (The folder is {documents}.)" in line


async def make_database(path: Path) -> None:
    await (await ChatRepository.open(path)).close()


def damage(database: Path, kind: str) -> None:
    if kind == "newer":
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA user_version = 9999")
    elif kind == "corrupt":
        content = database.read_bytes()
        database.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    else:
        database.write_bytes(b"no database at all " * 1000)


@pytest.mark.parametrize("kind", ["no database", "corrupt", "newer"])
def test_a_database_that_can_not_be_used_is_said(tmp_path: Path, kind: str) -> None:
    database = tmp_path / "instance" / "chat.sqlite"
    asyncio.run(make_database(database))
    damage(database, kind)
    content = database.read_bytes()
    line = refusal(run("serve", "--port", "0", cwd=tmp_path))
    assert str(database) in line
    assert database.read_bytes() == content
