"""The command ``copy``: what it prints, what it refuses, and that it copies all or nothing."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from quart_chat.cli import main
from quart_chat.copying.command import ProgressLine
from quart_chat.serving.instance import hold_instance
from quart_chat.storage import open_storage
from tests.copying.installations import rows_of_file
from tests.server import ROOT, Server
from tests.services.postgres import PostgresServer

pytestmark = pytest.mark.sqlite

KILLED = """
import os, signal, sys
from quart_chat.copying.copy import copy_installation
from quart_chat.copying.installation import Installation

def kill(step, done, total):
    if step == sys.argv[4] and done == total:
        os.kill(os.getpid(), signal.SIGKILL)

source, target = (Installation.at(place, sys.argv[3]) for place in sys.argv[1:3])
copy_installation(source, target, kill)
"""
OLDER = "DELETE FROM schema_version; INSERT INTO schema_version VALUES (0)"
NEWER = "UPDATE schema_version SET version = version + 1"


Copied = Callable[..., str]
Refusal = Callable[..., str]


def run(*arguments: str | Path, code: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Copied:
    """Runs the command in the test's folder, and returns what it has printed."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> str:
        capsys.readouterr()
        code = main(["copy", *map(str, arguments)])
        printed = capsys.readouterr()
        assert code == 0, printed.err
        return printed.out

    return run


@pytest.fixture
def refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Refusal:
    """Runs the command, and returns the sentence in which it says why it does nothing."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> str:
        capsys.readouterr()
        assert main(["copy", *map(str, arguments)]) == 1
        printed = capsys.readouterr()
        assert printed.out == ""
        line = printed.err.splitlines()[-1]
        assert line.startswith("quart-chat: ")
        return line.removeprefix("quart-chat: ")

    return run


def test_it_says_what_it_has_copied(
    postgres: PostgresServer,
    empty: str,
    source: Path,
    tmp_path: Path,
    copied: Copied,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address = postgres.address(empty, "chat:geheim")
    printed = copied(source, address, "--instance", "there").splitlines()
    assert printed[0] == (f"Copied {source} to postgresql://127.0.0.1:{postgres.port}/{empty}:")
    numbers = {line.split()[0]: line.split()[1] for line in printed if line.startswith("  ")}
    assert numbers == {
        **{table: str(len(rows)) for table, rows in rows_of_file(source).items()},
        "files": "1",
    }
    assert str(tmp_path / "there" / "documents") in "\n".join(printed)
    digest = printed[-1]
    assert digest.startswith("The target was read again and has the same rows: digest ")
    # The way back ends with the same rows, so with the same digest.
    monkeypatch.setenv("QUART_CHAT_INSTANCE", str(tmp_path / "there"))
    back = copied(address, "back")
    assert back.splitlines()[-1] == digest
    assert rows_of_file(tmp_path / "back") == rows_of_file(source)


def test_files_stay_where_both_sides_have_the_same_folder(
    postgres: PostgresServer, empty: str, source: Path, tmp_path: Path, copied: Copied
) -> None:
    shutil.copytree(source, tmp_path / "instance")
    before = {path: path.stat() for path in (tmp_path / "instance" / "documents").iterdir()}
    printed = copied("instance", postgres.address(empty))
    assert "which stay in" in printed
    after = (tmp_path / "instance" / "documents").iterdir()
    assert {path: path.stat() for path in after} == before


def test_files_that_are_missing_are_counted(
    postgres: PostgresServer, empty: str, source: Path, tmp_path: Path, copied: Copied
) -> None:
    shutil.copytree(source, tmp_path / "instance")
    for path in (tmp_path / "instance" / "documents").iterdir():
        path.unlink()
    printed = copied("instance", postgres.address(empty), "--instance", "to")
    folder = tmp_path / "instance" / "documents"
    assert printed.splitlines()[-1] == f"Documents without a file in {folder}: 1."


def test_a_folder_of_documents_that_is_not_there_is_refused(
    postgres: PostgresServer, empty: str, source: Path, copied: Copied, refusal: Refusal
) -> None:
    address = postgres.address(empty)
    copied(source, address, "--instance", "there")
    assert "Name its parent with --instance" in refusal(address, "back")


@pytest.mark.parametrize("step", ["messages", "compared", "files"])
@pytest.mark.parametrize("target", ["database", "folder"])
def test_a_copy_that_is_killed_has_copied_nothing_and_is_repeated(
    target: str,
    step: str,
    postgres: PostgresServer,
    empty: str,
    source: Path,
    tmp_path: Path,
    copied: Copied,
) -> None:
    to = postgres.address(empty) if target == "database" else str(tmp_path / "target")
    killed = run(source, to, tmp_path / "files", step, code=KILLED, cwd=tmp_path)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    if target == "database":
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert postgres.run(tables, empty) == [(0,)]
    else:
        with closing(sqlite3.connect(tmp_path / "target" / "chat.sqlite")) as connection:
            assert connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)
    printed = copied(source, to, "--instance", "files")
    assert "has the same rows" in printed


def test_a_copy_that_fails_leaves_no_files(
    postgres: PostgresServer, empty: str, source: Path, tmp_path: Path, refusal: Refusal
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "documents").touch()
    address = postgres.address(empty)
    line = refusal(source, address, "--instance", "there")
    assert line.startswith("a file can't be copied: ")
    assert postgres.run("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", empty) == [
        (0,)
    ]


def test_rows_that_differ_in_the_target_undo_the_copy(
    postgres: PostgresServer, postgres_database: str, source: Path, tmp_path: Path, refusal: Refusal
) -> None:
    name = postgres_database.rpartition("/")[2]
    postgres.run(
        "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN new.message := 'other'; RETURN new; END $$;"
        " CREATE TRIGGER spoil BEFORE INSERT ON logs FOR EACH ROW EXECUTE FUNCTION spoil()",
        name,
    )
    line = refusal(source, postgres_database)
    assert line.startswith("the table logs has other rows in the target than in the source")
    assert postgres.run("SELECT count(*) FROM users", name) == [(0,)]
    assert not (tmp_path / "instance" / "documents").exists()


def test_a_source_that_a_server_uses_is_refused(
    server: Server, postgres: PostgresServer, empty: str, refusal: Refusal
) -> None:
    line = refusal(server.instance, postgres.address(empty))
    assert line == f"a server uses {server.instance}. Stop it first."


def test_a_target_folder_that_a_server_uses_is_refused(
    source: Path, tmp_path: Path, refusal: Refusal
) -> None:
    with hold_instance(tmp_path / "target"):
        line = refusal(source, "target")
    assert line == f"a server uses {tmp_path / 'target'}. Stop it first."


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize("shared", [True, False])
async def test_a_database_that_a_server_uses_is_refused(
    side: str, shared: bool, postgres_database: str, source: Path, tmp_path: Path, refusal: Refusal
) -> None:
    storage = await open_storage(postgres_database, shared=shared)
    try:
        places: list[str | Path] = [source, postgres_database]
        if side == "source":
            places = [postgres_database, tmp_path / "other"]
        line = await asyncio.to_thread(refusal, *places)
    finally:
        await storage.close()
    assert line.startswith("a server uses postgresql://127.0.0.1:")


def test_a_lease_that_has_not_run_out_is_waited_for(
    postgres: PostgresServer, postgres_database: str, source: Path, copied: Copied, refusal: Refusal
) -> None:
    name = postgres_database.rpartition("/")[2]
    postgres.run(
        "INSERT INTO nodes SELECT 'a', now, now, 30"
        " FROM extract(epoch FROM clock_timestamp()) AS now",
        name,
    )
    line = refusal(source, postgres_database)
    assert "or did so until some seconds ago" in line
    postgres.run("UPDATE nodes SET beat_at = beat_at - 60", name)
    copied(source, postgres_database)


def test_a_target_that_is_not_empty_is_refused(
    postgres: PostgresServer,
    empty: str,
    source: Path,
    tmp_path: Path,
    copied: Copied,
    refusal: Refusal,
) -> None:
    address = postgres.address(empty)
    copied(source, address)
    assert "is not empty" in refusal(source, address)
    shutil.copytree(source, tmp_path / "full")
    before = rows_of_file(tmp_path / "full")
    assert "full is not empty" in refusal(address, "full")
    assert rows_of_file(tmp_path / "full") == before


def test_a_folder_with_files_of_others_is_refused(
    postgres: PostgresServer, empty: str, source: Path, tmp_path: Path, refusal: Refusal
) -> None:
    folder = tmp_path / "instance" / "documents"
    folder.mkdir(parents=True)
    (folder / "mine").touch()
    line = refusal(source, postgres.address(empty))
    assert line == f"{folder} has files already. Choose an empty folder."
    assert [path.name for path in folder.iterdir()] == ["mine"]


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize(("sql", "age"), [(OLDER, "no database"), (NEWER, "newer version")])
def test_a_database_of_another_version_is_refused(
    side: str,
    sql: str,
    age: str,
    postgres: PostgresServer,
    postgres_database: str,
    source: Path,
    refusal: Refusal,
) -> None:
    postgres.run(sql, postgres_database.rpartition("/")[2])
    if side == "target":
        line = refusal(source, postgres_database)
    else:
        line = refusal(postgres_database, "other")
    assert age in line or "belongs to another program" in line


@pytest.mark.parametrize(("version", "age"), [(0, "no database"), (3, "older"), (9999, "newer")])
def test_a_file_of_another_version_is_refused_and_stays_as_it_is(
    version: int, age: str, source: Path, tmp_path: Path, refusal: Refusal
) -> None:
    shutil.copytree(source, tmp_path / "other")
    path = tmp_path / "other" / "chat.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    before = path.read_bytes()
    assert age in refusal("other", "target")
    assert path.read_bytes() == before


def test_what_is_no_installation_is_refused(source: Path, tmp_path: Path, refusal: Refusal) -> None:
    assert refusal("nowhere", "to") == "nowhere has no database."
    assert not (tmp_path / "nowhere").exists()
    assert refusal(source, source).endswith("are the same.")
    address = "postgresql://chat:geheim@127.0.0.1:1/chat"
    line = refusal(source, address)
    assert line.startswith("postgresql://127.0.0.1:1/chat: The database server can't be reached")
    assert "geheim" not in refusal(source, "redis://:geheim@127.0.0.1/0")


def test_the_command_can_be_stopped(
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ProgressLine, "__call__", stop)
    assert main(["copy", str(source), str(tmp_path / "to")]) == 1
    assert capsys.readouterr().err == "quart-chat: stopped; nothing was copied.\n"
    with closing(sqlite3.connect(tmp_path / "to" / "chat.sqlite")) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def tell(line: ProgressLine, steps: Callable[[], list[tuple[str, int, int]]]) -> None:
    for step in steps():
        line(*step)
    line.end()


def test_progress_is_one_line_on_a_terminal_and_one_for_each_step_elsewhere() -> None:
    def steps() -> list[tuple[str, int, int]]:
        return [("users", 0, 1), ("users", 1, 1), ("messages", 0, 2000), ("messages", 2000, 2000)]

    terminal, file = Terminal(), io.StringIO()
    tell(ProgressLine(terminal), steps)
    tell(ProgressLine(file), steps)
    assert file.getvalue() == "users: 1\nmessages: 2,000\n"
    shown = terminal.getvalue().split("\r\x1b[K")
    assert shown == [
        "",
        "users: 0 of 1",
        "users: 1 of 1",
        "messages: 0 of 2,000",
        "messages: 2,000 of 2,000",
        "",
    ]
