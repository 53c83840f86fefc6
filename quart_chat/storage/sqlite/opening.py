"""All that one SQLite file keeps."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from quart_chat.storage.engine import Storage, ping
from quart_chat.storage.sqlite.accounts.storage import AccountRepository
from quart_chat.storage.sqlite.chats.search import SearchableChats
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from quart_chat.storage.sqlite.document_search import SearchableDocuments
from quart_chat.storage.sqlite.documents import DocumentRepository
from quart_chat.storage.sqlite.file.database import Database
from quart_chat.storage.sqlite.nodes import NodeRepository


async def open_sqlite(path: str, *, patience: float) -> Storage:
    """Open a file; see :meth:`Database.open` for what it raises."""
    database = await Database.open(Path(path), patience=patience)
    return Storage(
        ChatRepository(database),
        DocumentRepository(database),
        AccountRepository(database),
        NodeRepository(database),
        SearchableChats(database),
        SearchableDocuments(database),
        database.health,
        database.reads,
        database.writes,
        partial(ping, database),
        database.close,
    )
