"""A database file that is new, old, locked, damaged or none at all."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from quart_chat.chat.ask import Ask
from quart_chat.chat.storage import ChatReader
from quart_chat.chat.views import WorkflowPage
from quart_chat.errors import DatabaseTooNew, DatabaseUnavailable, SearchTooBroad
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from quart_chat.storage.sqlite.file.connection import create_functions
from quart_chat.storage.sqlite.file.database import Database
from quart_chat.storage.sqlite.file.schema import MIGRATIONS, split_statements
from tests.chat.managers import make_manager
from tests.chat.parts import USER, make_service
from tests.chat.scripted import ScriptedAssistant
from tests.waiting import until


async def open_and_close(path: Path) -> None:
    database = await Database.open(path, busy_timeout=0.02)
    await database.close()


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def starts_with(path: Path, content: bytes) -> bool:
    return path.read_bytes().startswith(content)


def make_read_only(folder: Path) -> None:
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
    if os.getuid() == 0:
        os.seteuid(65534)


def damage(path: Path, intact: int) -> None:
    """Overwrite all but the first bytes of a file."""
    content = path.read_bytes()
    path.write_bytes(content[:intact] + b"\xff" * (len(content) - intact))


async def open_and_read(path: Path) -> None:
    repository = await ChatRepository.open(path)
    try:
        await repository.read(lambda reader: reader.select_orphaned_rounds("another"))
    finally:
        await repository.close()


async def test_a_new_file_gets_the_schema_in_its_folder(path: Path) -> None:
    await open_and_close(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}
    assert {"users", "workflows", "rounds", "messages", "logs"} <= names


async def test_connections_are_set_up_for_safety_and_speed(path: Path) -> None:
    database = await Database.open(path, busy_timeout=1.5)
    async with database.turn(), database.reading() as reader:
        for session in (database._writer, reader):
            settings = [
                await session.fetch_one(f"PRAGMA {name}")
                for name in ("synchronous", "foreign_keys", "busy_timeout", "journal_mode")
            ]
            assert settings == [(1,), (1,), (1500,), ("wal",)]
    await database.close()


async def test_an_up_to_date_file_is_left_as_it_is(path: Path) -> None:
    await open_and_close(path)
    await open_and_close(path)


async def test_processes_that_start_together_make_the_schema_once(path: Path) -> None:
    databases = await asyncio.gather(*(Database.open(path) for _ in range(4)))
    await asyncio.gather(*(database.close() for database in databases))


async def test_a_migration_that_fails_changes_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = (*MIGRATIONS, "CREATE TABLE extra (a INTEGER);\nINSERT INTO nowhere VALUES (1);\n")
    monkeypatch.setattr("quart_chat.storage.sqlite.file.schema.MIGRATIONS", broken)
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        await open_and_close(path)
    monkeypatch.undo()
    await open_and_close(path)
    with closing(sqlite3.connect(path)) as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}
    assert "extra" not in names


async def test_a_file_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    await open_and_close(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(DatabaseTooNew, match="version 99"):
        await open_and_close(path)


async def test_a_file_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE users (name TEXT)")
    with pytest.raises(DatabaseUnavailable, match="another program"):
        await open_and_close(path)
    with closing(sqlite3.connect(path)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema")]
    assert names == ["users"]


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chat.sqlite"
    write(path, b"Dear diary, today I was a database. " * 300)
    with pytest.raises(DatabaseUnavailable, match="not a database") as caught:
        await open_and_close(path)
    assert str(tmp_path) not in caught.value.message
    assert starts_with(path, b"Dear diary")


async def test_a_damaged_file_says_so(path: Path) -> None:
    await open_and_close(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page_size = connection.execute("PRAGMA page_size").fetchone()[0]
    damage(path, page_size)
    with pytest.raises(DatabaseUnavailable, match="damaged"):
        await open_and_read(path)


async def test_a_folder_that_can_not_be_made_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "file", b"in the way")
    with pytest.raises(DatabaseUnavailable, match="can't be opened") as caught:
        await open_and_close(tmp_path / "file" / "instance" / "chat.sqlite")
    assert str(tmp_path) not in caught.value.message


async def test_a_path_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="can't be opened"):
        await open_and_close(tmp_path)


@pytest.mark.parametrize("lock", ["BEGIN EXCLUSIVE", "BEGIN IMMEDIATE"])
async def test_a_file_locked_by_another_program_is_refused(tmp_path: Path, lock: str) -> None:
    path = tmp_path / "chat.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE theirs (a)")
        connection.execute(lock)
        with pytest.raises(DatabaseUnavailable, match="in use by another program"):
            await open_and_close(path)


def test_a_connection_that_fails_leaves_no_thread_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its thread may not answer a loop that is closed; how threads take turns decides."""
    raised: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", raised.append)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _attempt in range(300):
            with pytest.raises(DatabaseUnavailable):
                asyncio.run(open_and_close(tmp_path))
    finally:
        sys.setswitchinterval(interval)
    assert not raised


@pytest.fixture
def readable_folder() -> Iterator[Path]:
    """A folder where even root, turned into nobody, can read but not write."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    if os.geteuid() != os.getuid():
        os.seteuid(os.getuid())
    folder.chmod(0o700)
    shutil.rmtree(folder)


async def test_a_file_that_is_read_only_can_be_read_and_not_written(readable_folder: Path) -> None:
    path = readable_folder / "chat.sqlite"
    keeper = await ChatRepository.open(path)
    await make_service(keeper, make_manager(), ScriptedAssistant()).recover()
    make_read_only(readable_folder)
    repository = await ChatRepository.open(path)
    service = make_service(repository, make_manager(), ScriptedAssistant())
    assert (await service.lists.page(USER)).workflows == ()
    with pytest.raises(DatabaseUnavailable, match="read-only"):
        await service.start(Ask(USER, "Hello"))
    await service.close()
    await repository.close()
    await keeper.close()


async def test_one_connection_that_fails_to_close_keeps_none_of_the_others(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = await Database.open(path)
    session = database._sessions[-1]

    async def fail() -> None:
        await type(session).close(session)
        raise sqlite3.OperationalError("the disk is gone")

    session.close = fail  # type: ignore[method-assign]  # a fault is put in
    await database.close()
    await database.close()
    assert "failed to close" in caplog.text


def read_page(reader: ChatReader) -> WorkflowPage:
    return reader.select_page(USER, before=None, limit=5)


async def test_a_read_that_is_cancelled_leaves_its_connection_usable(path: Path) -> None:
    repository = await ChatRepository.open(path)
    for turns in range(12):
        task = asyncio.create_task(repository.read(read_page))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
    page = await repository.read(read_page)
    assert page.workflows == ()
    await repository.close()


async def test_an_error_in_the_sql_itself_is_no_matter_of_the_file(path: Path) -> None:
    database = await Database.open(path)
    async with database.reading() as session:
        with pytest.raises(sqlite3.OperationalError):
            await session.fetch("SELECT nothing FROM nowhere")
    await database.close()


ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


async def test_a_search_that_takes_too_long_is_broken_off(path: Path) -> None:
    database = await Database.open(path)
    with pytest.raises(SearchTooBroad, match="takes too long"):
        await database.search(lambda reading: reading.fetch(ENDLESS), seconds=0.0)
    for _ in range(2):
        assert await database.read(lambda reading: reading.fetch_one("SELECT 1")) == (1,)
    await database.close()


async def test_searches_keep_nobody_from_reading_and_end_with_who_waits(path: Path) -> None:
    database = await Database.open(path)
    begun = database.queries
    searches = [
        asyncio.create_task(database.search(lambda reading: reading.fetch(ENDLESS)))
        for _ in range(3)
    ]
    await until(lambda: database.queries > begun + 1)
    async with asyncio.timeout(30):
        assert await database.read(lambda reading: reading.fetch_one("SELECT 1")) == (1,)
        for search in searches:
            search.cancel()
        await asyncio.wait(searches)
        for _ in range(2):
            assert await database.read(lambda reading: reading.fetch_one("SELECT 1")) == (1,)
        await database.close()


async def test_an_error_in_the_sql_of_a_search_is_one_of_the_sql(path: Path) -> None:
    database = await Database.open(path)
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        await database.search(lambda reading: reading.fetch("SELECT a FROM nowhere"))
    await database.close()


async def test_no_trigger_reads_a_whole_table(path: Path) -> None:
    await open_and_close(path)
    scans = {}
    with closing(sqlite3.connect(path)) as connection:
        create_functions(connection)
        triggers = connection.execute("SELECT sql FROM sqlite_schema WHERE type = 'trigger'")
        for (trigger,) in triggers.fetchall():
            _, _, body = trigger.partition("BEGIN")
            for statement in split_statements(body.rpartition("END")[0]):
                sql = re.sub(r"\b(new|old)\.\w+", "?", statement)
                plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}", [0] * sql.count("?"))
                for _, _, _, step in plan:
                    if step.startswith("SCAN") and step != "SCAN CONSTANT ROW":
                        scans[statement] = step
    assert scans == {}
