"""A store that is open, whatever engine keeps it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from quart_chat.accounts.storage import AccountStorage
from quart_chat.assistants.librarian.corpora import ChatSearch, DocumentSearch
from quart_chat.chat.storage import ChatStorage
from quart_chat.cluster.storage import NodeStorage
from quart_chat.documents.storage import DocumentStorage
from quart_chat.storage.health import Health


@dataclass(frozen=True, slots=True)
class Storage:
    """A store that is open.

    Attributes:
        health: Whether it can be written.
        close: Closes it; idempotent.
    """

    chats: ChatStorage
    documents: DocumentStorage
    accounts: AccountStorage
    nodes: NodeStorage
    chat_search: ChatSearch
    document_search: DocumentSearch
    health: Health
    close: Callable[[], Awaitable[None]]
