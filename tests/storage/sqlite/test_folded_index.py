"""The indexes of an earlier version are built anew when the way to fold words has changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from quart_chat.chat.models import MessageStatus
from quart_chat.search.words import terms
from quart_chat.storage.sqlite.chats.search import SearchableChats
from quart_chat.storage.sqlite.chats.workflow_list import WorkflowList
from quart_chat.storage.sqlite.document_search import SearchableDocuments
from quart_chat.storage.sqlite.file.connection import create_functions
from quart_chat.storage.sqlite.file.database import Database
from quart_chat.storage.sqlite.file.schema import MIGRATIONS

EARLIER = next(n for n, script in enumerate(MIGRATIONS) if "VIEW message_forms" in script)
TEXT = "修复已验证，重跑gen-itgc后用户身份正确 in Łódź"

INDEXES = ("message_words", "message_terms", "title_terms", "document_terms")
CHECK = "INSERT INTO {0} ({0}, rank) VALUES ('integrity-check', 1)"
ROWS = f"""
INSERT INTO users (id, created_at) VALUES ('u', 0);
INSERT INTO workflows (id, user_id, title, status, pinned, deleted,
  seq, item_seq, list_seq, created_at, updated_at)
  VALUES ('w', 'u', 'ŁÓDŹ', 'idle', 0, 0, 1, 1, 1, 0, 0);
INSERT INTO rounds (workflow_id, number, status, assistant, started_at)
  VALUES ('w', 1, 'complete', 'a', 0);
INSERT INTO messages (id, workflow_id, round_number, role, content, status, sources,
  created_at, updated_at, seq, checked) VALUES ('m', 'w', 1, 'user', '{TEXT}',
  '{MessageStatus.COMPLETE}', '[]', 0, 0, 1, 0);
INSERT INTO documents (id, user_id, name, kind, size, status, passages, attempts, created_at,
  updated_at) VALUES ('d', 'u', 'Łódź.txt', 'text', 1, 'ready', 1, 1, 0, 0);
INSERT INTO document_passages (document_id, number, form, path, text)
  VALUES ('d', 1, 'plain', 'Łódź.txt', '{TEXT}');
INSERT INTO document_words (document_id, word, folded) VALUES ('d', 'łódź', 'łodz');
"""  # noqa: S608 - the text is this module's


@pytest.fixture
async def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "chat.sqlite"
    with monkeypatch.context() as older:
        older.setattr("quart_chat.storage.sqlite.file.schema.MIGRATIONS", MIGRATIONS[:EARLIER])
        await (await Database.open(path)).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(ROWS)
    return path


@pytest.mark.parametrize("question", ["lodz", "用户", "gen", "身份正确"])
async def test_what_was_indexed_before_is_found_as_what_comes_now(
    database: Path, question: str
) -> None:
    opened = await Database.open(database)
    wanted = terms(question)
    found = await SearchableDocuments(opened).select_candidates("u", wanted, (), limit=9)
    assert [passage.text for passage in found.passages] == [TEXT]
    messages = await SearchableChats(opened).select_matching_messages(
        "u", wanted, exclude_workflow_id="", exclude_assistant="", limit=9
    )
    assert [message.content for message in messages] == [TEXT]
    page = await opened.read(
        lambda statements: WorkflowList(statements).select_found(
            "u", [question], before=None, limit=9
        )
    )
    assert [unit.workflow.id for unit in page.found] == ["w"]
    await opened.close()


async def test_the_indexes_agree_with_what_they_index(database: Path) -> None:
    await (await Database.open(database)).close()
    with closing(sqlite3.connect(database)) as connection:
        create_functions(connection)
        for index in INDEXES:
            connection.execute(CHECK.format(index))
        connection.execute("DELETE FROM messages")
        connection.execute("DELETE FROM document_passages")
        for index in INDEXES:
            connection.execute(CHECK.format(index))
        folded = connection.execute("SELECT folded FROM document_words").fetchall()
        assert folded == [("lodz",)]


async def test_a_backup_can_be_checked_without_the_program(database: Path) -> None:
    await (await Database.open(database)).close()
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.execute("VACUUM")
