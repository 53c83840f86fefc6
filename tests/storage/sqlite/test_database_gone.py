"""A database that is deleted, moved, replaced or damaged while it is open."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from quart_chat.chat.ask import Ask
from quart_chat.chat.service import ChatService
from quart_chat.errors import DatabaseUnavailable
from quart_chat.events import StreamingEventManager
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from quart_chat.storage.sqlite.file.database import Database
from quart_chat.storage.sqlite.file.failures import translated_errors
from tests.chat.parts import USER, ask, make_service
from tests.chat.scripted import ScriptedAssistant
from tests.waiting import until


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    database = await Database.open(path)
    yield database
    await database.close()


@pytest.fixture
async def service(database: Database, assistant: ScriptedAssistant) -> AsyncIterator[ChatService]:
    service = make_service(ChatRepository(database), StreamingEventManager(), assistant)
    for prompt in ("first", "second"):
        await ask(service, assistant, f"{prompt} {'x' * 20_000}")
    checkpoint(database._path)
    yield service
    await service.close()


def checkpoint(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def size_of(path: Path) -> int:
    return path.stat().st_size


def beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def delete(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        beside(path, suffix).unlink()


def delete_one(suffix: str) -> Callable[[Path], None]:
    return lambda path: beside(path, suffix).unlink()


def replace_with_copy(path: Path) -> None:
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    copy.replace(path)


def replace_with_text(path: Path) -> None:
    path.unlink()
    path.write_text("no database")


def replace_with_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replace_the_log(path: Path) -> None:
    beside(path, "-wal").unlink()
    beside(path, "-wal").touch()


def remove_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


def rename_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


def put_a_file_in_its_place(path: Path) -> None:
    rename_folder(path)
    path.parent.write_text("a file")


def empty(path: Path) -> None:
    os.truncate(path, 0)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 // 4096 * 4096)


def cut_within_a_page(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 100)


def empty_the_log(path: Path) -> None:
    os.truncate(beside(path, "-wal"), 0)


def cut_the_log(path: Path) -> None:
    log = beside(path, "-wal")
    os.truncate(log, log.stat().st_size - 5000)


def overwrite_all(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\xff" * path.stat().st_size)


def overwrite_the_head(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"Dear diary, ")


FAULTS = {
    "rm chat.sqlite*": (delete, "gone"),
    "rm chat.sqlite": (delete_one(""), "gone"),
    "rm chat.sqlite-wal": (delete_one("-wal"), "gone"),
    "rm chat.sqlite-shm": (delete_one("-shm"), "gone"),
    "rm -r instance": (remove_folder, "gone"),
    "mv instance elsewhere": (rename_folder, "gone"),
    "a file where the folder was": (put_a_file_in_its_place, "gone"),
    "mv copy chat.sqlite": (replace_with_copy, "replaced"),
    "another file": (replace_with_text, "replaced"),
    "a folder of its name": (replace_with_folder, "replaced"),
    "another log": (replace_the_log, "replaced"),
    "truncate to nothing": (empty, "damaged"),
    "truncate to half": (cut, "damaged"),
    "truncate by some bytes": (cut_within_a_page, "damaged"),
    "overwritten": (overwrite_all, "damaged"),
    "another head": (overwrite_the_head, "damaged"),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_nothing_is_accepted_from_then_on(
    service: ChatService, path: Path, name: str
) -> None:
    fault, reason = FAULTS[name]
    fault(path)
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable) as refused:
            await service.start(Ask(USER, "Hello"))
        assert refused.value.reason == reason
        assert str(path.parent) not in refused.value.message
    assert not service.rounds.running


@pytest.mark.parametrize("fault", [empty_the_log, cut_the_log])
async def test_a_log_that_is_emptied_is_damage_where_it_held_something(
    service: ChatService,
    database: Database,
    assistant: ScriptedAssistant,
    path: Path,
    fault: Callable[[Path], None],
) -> None:
    await ask(service, assistant, f"third {'x' * 20_000}")
    await database.look()
    fault(path)
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable):
            await service.start(Ask(USER, "Hello"))
        await database.look()
        assert database.health.trouble is not None


@pytest.mark.parametrize("name", FAULTS)
async def test_it_is_noticed_where_nothing_is_written(
    service: ChatService,
    database: Database,
    path: Path,
    name: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    fault, reason = FAULTS[name]
    told: list[str | None] = []
    database.health.listen(lambda trouble: told.append(getattr(trouble, "reason", None)))
    fault(path)
    caplog.clear()
    for _ in range(3):
        await database.look()
    assert told == [reason] * 4  # at once, and with each look, for those who have come since
    assert len([line for line in caplog.messages if "Nothing can be stored" in line]) == 1


async def test_the_database_looks_by_itself(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quart_chat.storage.turns._BEAT", 0.001)
    database = await Database.open(path)
    delete(path)
    await until(lambda: database.health.trouble)
    await database.close()


def move_to(path: Path, target: Path) -> None:
    path.rename(target)


def rename_file(path: Path) -> Callable[[], None]:
    path.rename(path.with_name("moved"))
    return lambda: move_to(path.with_name("moved"), path)


def rename_whole(path: Path) -> Callable[[], None]:
    rename_folder(path)
    return lambda: move_to(path.parent.with_name("elsewhere"), path.parent)


def make_link(path: Path) -> Callable[[], None]:
    path.rename(path.with_name("moved"))
    return lambda: path.symlink_to("moved")


@pytest.mark.parametrize("move", [rename_file, rename_whole, make_link])
async def test_it_goes_on_with_the_same_file_once_that_is_back(
    service: ChatService,
    database: Database,
    assistant: ScriptedAssistant,
    path: Path,
    move: Callable[[Path], Callable[[], None]],
) -> None:
    back = move(path)
    with pytest.raises(DatabaseUnavailable):
        await service.start(Ask(USER, "Hello"))
    back()
    told: list[str | None] = []
    database.health.listen(lambda trouble: told.append(getattr(trouble, "reason", None)))
    await database.look()
    assert told == [None]
    await ask(service, assistant, "Hello")


async def test_a_round_that_was_running_is_told_as_far_as_it_can_be(
    service: ChatService, assistant: ScriptedAssistant, path: Path
) -> None:
    started = await service.start(Ask(USER, "Hello"))
    await assistant.say("Hello", "half an ")
    delete(path)
    await assistant.say("Hello", "answer")
    stopped = await service.stop(USER, started.workflow_id)
    assert stopped is not None
    assert stopped.status == "stopped"
    assert service.rounds.running[started.workflow_id].answer.text == "half an answer"


async def test_what_is_there_can_still_be_read(service: ChatService, path: Path) -> None:
    delete(path)
    assert len((await service.lists.page(USER)).workflows) == 2


# What looks like it and is none of it


async def test_a_vacuum_by_another_program_is_no_damage(
    service: ChatService, assistant: ScriptedAssistant, path: Path
) -> None:
    page = await service.lists.page(USER)
    await service.delete(USER, page.workflows[0].id)
    await service._storage.write(lambda transaction: transaction.erase_deleted(1e12))
    checkpoint(path)
    size = size_of(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM")
    checkpoint(path)
    assert size_of(path) < size
    await ask(service, assistant, "Hello")


async def test_a_backup_and_a_checkpoint_by_another_program_are_no_damage(
    service: ChatService, assistant: ScriptedAssistant, path: Path
) -> None:
    with (
        closing(sqlite3.connect(path)) as source,
        closing(sqlite3.connect(path.with_name("backup"))) as target,
    ):
        source.backup(target)
    checkpoint(path)
    await ask(service, assistant, "Hello")


async def test_a_log_that_is_emptied_after_a_checkpoint_is_no_damage(
    service: ChatService, database: Database, assistant: ScriptedAssistant, path: Path
) -> None:
    for _ in range(3):
        await ask(service, assistant, f"Hello {'x' * 20_000}")
        await database.look()
        checkpoint(path)
        assert size_of(beside(path, "-wal")) == 0
        await database.look()
        assert database.health.trouble is None


async def test_a_file_whose_time_is_set_is_no_damage(
    service: ChatService, assistant: ScriptedAssistant, path: Path
) -> None:
    os.utime(path, (1, 1))
    await ask(service, assistant, "Hello")


async def test_looking_runs_no_statement_where_all_is_well(database: Database) -> None:
    before = database.queries
    await database.look()
    assert database.queries == before


async def test_a_transaction_is_undone_where_the_file_goes_before_it_is_committed(
    service: ChatService, database: Database, path: Path
) -> None:
    moved = path.with_name("moved")

    def change(transaction: object) -> None:
        transaction.next_list_seq(USER, 1.0)  # type: ignore[attr-defined]  # it is one
        path.rename(moved)

    before = (await service.lists.page(USER)).list_seq
    with pytest.raises(DatabaseUnavailable, match="gone"):
        await service._storage.write(change)
    moved.rename(path)
    assert (await service.lists.page(USER)).list_seq == before


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.ENOSPC, "full"),
        (errno.EDQUOT, "full"),
        (errno.EROFS, "read_only"),
        (errno.EIO, "failing"),
        (errno.EACCES, "unopened"),
    ],
)
def test_what_the_system_refuses_is_named(code: int, reason: str) -> None:
    with pytest.raises(DatabaseUnavailable) as refused, translated_errors():
        raise OSError(code, os.strerror(code))
    assert refused.value.reason == reason
