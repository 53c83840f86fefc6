"""One server for an instance folder: the second is refused, and the first goes on undisturbed."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx2
import orjson
import pytest
from quart.testing.app import LifespanError

from quart_chat.errors import DatabaseUnavailable, InstanceInUse
from quart_chat.events.sse import StreamParser
from quart_chat.serving.instance import LOCK, hold_instance
from tests.app import create_test_app
from tests.server import ROOT, TEST_SERVER, Server, free_port
from tests.test_shutdown import read_until, streaming

HYPERCORN = (sys.executable, "-m", "hypercorn", "--bind", "127.0.0.1:{port}")
APP = "quart_chat:create_app()"

COMMANDS: dict[str, Sequence[str]] = {
    "quart-chat serve": (*TEST_SERVER, "--port", "{port}"),
    "hypercorn": (*HYPERCORN, "--workers", "0", APP),
    "hypercorn with uvloop": (*HYPERCORN, "--workers", "0", "--worker-class", "uvloop", APP),
    "hypercorn with a worker": (*HYPERCORN, APP),
    "quart run": (sys.executable, "-m", "quart", "--app", "quart_chat", "run", "--port", "{port}"),
}


def start_second(server: Server, name: str) -> subprocess.CompletedProcess[str]:
    """Start another server on the folder of one that runs, and wait for its end."""
    port = str(free_port())
    return subprocess.run(
        [part.format(port=port) for part in COMMANDS[name]],
        cwd=server.instance.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT), "QUART_CHAT_INSTANCE": str(server.instance)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_a_second_server_is_refused_and_the_first_answers_on(server: Server, name: str) -> None:
    prompt = {"prompt": "count 1000 20ms", "assistant": "slow"}
    parser = StreamParser()
    with streaming(server.url, "/api/chatbot/start/stream", json=prompt) as chunks:
        chat = read_until(chunks, parser, "workflow")["item"]["id"]
        second = start_second(server, name)
        # Hypercorn forgets the exit codes of its workers.
        assert (second.returncode != 0) == (name != "hypercorn with a worker")
        last = second.stderr.strip().splitlines()[-1]
        assert "Another server uses this folder" in last
        assert f"process {server.process.pid} on " in last
        assert server.url in last
        read_until(chunks, parser, "delta")
        data = httpx2.get(f"{server.url}/api/chatbot/{chat}/chatdata").json()
    assert data["running"] is True


def test_a_server_that_was_killed_keeps_no_other_from_starting(
    start_server: Callable[..., Server],
) -> None:
    first = start_server()
    first.kill()
    second = start_server(instance=first.instance)
    note = orjson.loads((first.instance / LOCK).read_bytes())
    assert note["pid"] == second.process.pid
    assert note["address"] == second.url


def test_a_server_that_was_stopped_makes_room(start_server: Callable[..., Server]) -> None:
    first = start_server()
    assert first.terminate() == 0
    start_server(instance=first.instance)


def test_another_folder_is_another_matter(
    server: Server, start_server: Callable[..., Server], tmp_path: Path
) -> None:
    other = start_server(instance=tmp_path / "other")
    assert httpx2.get(other.url).status_code == 200


@pytest.mark.long
def test_the_reloader_of_quart_takes_the_folder_over(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    module = tmp_path / "reloaded.py"
    module.write_text("from quart_chat import create_app\n\napp = create_app()\n")
    server = start_server(
        command=(sys.executable, "-m", "quart", "--app", "reloaded:app", "run", "--reload"),
        address=("--port", "{port}"),
        port=free_port(),
        env={"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},
    )
    assert httpx2.get(server.url).status_code == 200
    before = (server.instance / LOCK).stat().st_mtime_ns
    os.utime(module, (2e9, 2e9))
    while (server.instance / LOCK).stat().st_mtime_ns == before:
        assert server.process.poll() is None, server.output
        os.sched_yield()
    server._connect()
    assert httpx2.get(server.url).status_code == 200
    assert not [line for line in server.output if "Another server" in line]


# In one process


async def test_the_same_app_is_not_served_twice_at_a_time(tmp_path: Path) -> None:
    config = {"QUART_CHAT_INSTANCE": tmp_path / "instance"}
    async with create_test_app(config).test_app():
        with pytest.raises(LifespanError, match=f"process {os.getpid()} "):
            async with create_test_app(config).test_app():
                pass
    async with create_test_app(config).test_app() as app:
        assert (await app.test_client().get("/")).status_code == 200


@pytest.mark.parametrize("note", ["", "{", "[]", "{}", '{"pid": 1}', "null", "\0" * 5000])
def test_a_note_that_says_nothing_is_no_reason_to_start(tmp_path: Path, note: str) -> None:
    with hold_instance(tmp_path):
        (tmp_path / LOCK).write_text(note)
        with pytest.raises(InstanceInUse, match="another process"), hold_instance(tmp_path):
            pass


def test_a_folder_under_another_name_is_the_same_folder(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    with (
        hold_instance(tmp_path / "folder"),
        pytest.raises(InstanceInUse),
        hold_instance(tmp_path / "link"),
    ):
        pass


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_files_that_can_not_be_locked_are_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    def refuse(file: int, operation: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with hold_instance(tmp_path), hold_instance(tmp_path):
        assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert "can't be locked" in caplog.text


def test_a_system_without_flock_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with hold_instance(tmp_path):
        assert "no flock" in caplog.text


def test_an_error_of_the_lock_that_is_none_of_these_is_not_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(file: int, operation: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(OSError, match="Input/output error"), hold_instance(tmp_path):
        pass


def test_a_folder_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "instance"
    with pytest.raises(DatabaseUnavailable, match="can't be opened"), hold_instance(folder):
        pass


def test_a_disk_without_room_for_the_note_is_told_and_the_folder_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", fail)
    with hold_instance(tmp_path):
        assert "No space left" in caplog.text
        with pytest.raises(InstanceInUse), hold_instance(tmp_path):
            pass
