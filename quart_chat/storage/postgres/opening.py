"""All that one database of PostgreSQL keeps."""

from __future__ import annotations

from functools import partial

from quart_chat.storage.engine import Storage, ping
from quart_chat.storage.postgres.chat_search import SearchableChats
from quart_chat.storage.postgres.chats import ChatRepository
from quart_chat.storage.postgres.database import Database
from quart_chat.storage.postgres.document_search import SearchableDocuments
from quart_chat.storage.postgres.documents import DocumentRepository
from quart_chat.storage.sqlite.accounts.storage import AccountRepository
from quart_chat.storage.sqlite.nodes import NodeRepository


async def open_postgres(address: str, *, patience: float, shared: bool | None) -> Storage:
    """Open a database; see :meth:`Database.open` for what it raises."""
    database = await Database.open(address, patience=patience, shared=shared)
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
