"""A store that is open, whatever engine keeps it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from quart_chat.accounts.storage import AccountStorage
from quart_chat.assistants.librarian.corpora import ChatSearch, DocumentSearch
from quart_chat.chat.storage import ChatStorage
from quart_chat.cluster.storage import NodeStorage
from quart_chat.documents.storage import DocumentStorage
from quart_chat.durations import Durations
from quart_chat.storage.health import Health
from quart_chat.storage.statements import Database


@dataclass(frozen=True, slots=True)
class Storage:
    """A store that is open.

    Attributes:
        health: Whether it can be written.
        reads, writes: How long they took.
        ping: Reads a row, so that it is known whether the store answers.
        close: Closes it; idempotent.
    """

    chats: ChatStorage
    documents: DocumentStorage
    accounts: AccountStorage
    nodes: NodeStorage
    chat_search: ChatSearch
    document_search: DocumentSearch
    health: Health
    reads: Durations
    writes: Durations
    ping: Callable[[], Awaitable[None]]
    close: Callable[[], Awaitable[None]]


async def ping(database: Database) -> None:
    """Read a row.

    Raises:
        DatabaseUnavailable: The database can't be read.
    """
    await database.read(lambda statements: statements.fetch("SELECT id FROM nodes LIMIT 1"))
