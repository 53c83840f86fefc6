"""Whatever an installation has, it has the same once its backup is restored, over both engines."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from quart_chat.backup.make import back_up
from quart_chat.backup.restore import restore
from quart_chat.config import load_settings
from quart_chat.copying.copy import Copied
from quart_chat.copying.installation import Installation
from quart_chat.storage.sqlite.file import schema
from quart_chat.storage.sqlite.file.connection import create_functions
from tests.copying.installations import check_indexes, rows_of_file, without_snippets
from tests.copying.test_round_trip import Step, files, make, said
from tests.copying.test_round_trip import steps as steps_strategy
from tests.examples import examples
from tests.services.postgres import PostgresServer

pytestmark = [pytest.mark.sqlite, pytest.mark.timeout(600)]


def installation(folder: Path, database: str = "") -> Installation:
    config = {"QUART_CHAT_INSTANCE": str(folder), "QUART_CHAT_DATABASE": database}
    return Installation.of(load_settings(config, {}))


def save(folder: Path, file: Path, database: str = "") -> None:
    back_up(installation(folder, database), file, lambda *_: None)


def bring_back(file: Path, folder: Path, database: str = "") -> Copied:
    return restore(file, installation(folder, database), lambda *_: None)


@settings(
    max_examples=examples(25),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(todo=steps_strategy)
def test_a_restored_installation_is_the_same(postgres: PostgresServer, todo: list[Step]) -> None:
    name = postgres.create()
    try:
        with tempfile.TemporaryDirectory() as folder:
            round_trip(postgres.address(name), Path(folder), todo)
    finally:
        postgres.drop(name)


def round_trip(address: str, folder: Path, todo: list[Step]) -> None:
    here, there, back = (folder / each for each in ("here", "there", "back"))
    asyncio.run(make(here, todo))
    # Chats that were deleted may be erased with each start, so that comes first.
    before = asyncio.run(said(here))
    rows, documents = rows_of_file(here), files(here)

    save(here, folder / "from-file.tar")
    bring_back(folder / "from-file.tar", there, address)
    save(there, folder / "from-database.tar", address)
    bring_back(folder / "from-database.tar", back)
    assert rows_of_file(back) == rows_of_file(here) == rows
    assert files(back) == files(there) == documents
    check_indexes(back)
    assert without_snippets(asyncio.run(said(there, address))) == without_snippets(before)
    assert asyncio.run(said(back)) == before
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["here", "there", "back", "from-file.tar", "from-database.tar"]
    )


def test_a_backup_of_an_older_program_is_restored(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = (*schema.MIGRATIONS, "CREATE TABLE later (name TEXT NOT NULL);\n")
    save(source, tmp_path / "old.tar")
    monkeypatch.setattr(schema, "MIGRATIONS", newer)
    monkeypatch.setattr("quart_chat.storage.sqlite.tables.SQLiteTables.known", len(newer))
    monkeypatch.setattr("quart_chat.storage.sqlite.inspection.MIGRATIONS", newer)
    bring_back(tmp_path / "old.tar", tmp_path / "restored")
    rows = rows_of_file(tmp_path / "restored")
    assert rows.pop("later") == []
    assert rows == rows_of_file(source)


@pytest.mark.parametrize("engine", ["file", "database"])
def test_documents_may_be_deleted_while_they_are_backed_up(
    engine: str, source: Path, tmp_path: Path, empty: str, postgres: PostgresServer
) -> None:
    here = tmp_path / "here"
    save(source, tmp_path / "first.tar")
    address = "" if engine == "file" else postgres.address(empty)
    bring_back(tmp_path / "first.tar", here, address)
    asyncio.run(said(here, address))  # a server was there, which writes beside readers
    (id_,) = files(here)
    snapshots: list[str] = []

    def delete(step: str, done: int, total: int) -> None:
        """Delete the document once the first copy of the database has it."""
        ends = step == ("database" if engine == "file" else "compared") and done == total
        if ends and not snapshots:
            delete_document(postgres if address else None, here, empty, id_)
        if ends:
            snapshots.append(step)

    done = back_up(installation(here, address), tmp_path / "second.tar", delete)
    assert len(snapshots) == 2
    assert (done.files, done.files_missing) == (0, 0)
    copied = bring_back(tmp_path / "second.tar", tmp_path / "restored")
    assert (copied.files, copied.files_missing) == (0, 0)


def delete_document(server: PostgresServer | None, folder: Path, name: str, id_: str) -> None:
    """Do what a server does: the row first, then the file."""
    if server is not None:
        server.run("UPDATE documents SET status = 'deleting' WHERE id = %s", name, id_)
    else:
        with closing(sqlite3.connect(folder / "chat.sqlite", isolation_level=None)) as other:
            create_functions(other)
            other.execute("UPDATE documents SET status = 'deleting' WHERE id = ?", (id_,))
    (folder / "documents" / id_).unlink()


def test_a_file_that_is_lost_is_counted(source: Path, tmp_path: Path) -> None:
    save(source, tmp_path / "first.tar")
    bring_back(tmp_path / "first.tar", tmp_path / "here")
    for path in (tmp_path / "here" / "documents").iterdir():
        path.unlink()
    done = back_up(installation(tmp_path / "here"), tmp_path / "second.tar", lambda *_: None)
    assert (done.files, done.files_missing) == (0, 1)
    assert bring_back(tmp_path / "second.tar", tmp_path / "restored").files_missing == 1
