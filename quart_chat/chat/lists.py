"""The list that a user has of chats: its pages, its changes, and searching it."""

from __future__ import annotations

from quart_chat.chat.access import no_workflow
from quart_chat.chat.search_words import search_words
from quart_chat.chat.storage import ChatStorage
from quart_chat.chat.views import FoundPage, ListChanges, WorkflowPage
from quart_chat.plaintext import clean

MAX_PAGE = 100
"""Workflows on one page of a list."""


class ChatLists:
    """Reads the lists of users.

    Args:
        storage: What they are read from.
        search_seconds: How long a search may take.
    """

    def __init__(self, storage: ChatStorage, search_seconds: float) -> None:
        self._storage = storage
        self._search_seconds = search_seconds

    async def check_owner(self, user_id: str, owner: str) -> None:
        """Let a user follow a list of workflows: only their own."""
        if owner != user_id:
            raise no_workflow()

    async def page(
        self, user_id: str, *, before: str | None = None, limit: int = 30
    ) -> WorkflowPage:
        """Read a page of the user's list: pinned workflows first, then the latest first.

        Args:
            user_id: Whose list.
            before: The ``next`` of the page before.
            limit: Workflows on the page.
        """
        limit = max(1, min(limit, MAX_PAGE))
        return await self._storage.read(
            lambda reader: reader.select_page(user_id, before=before, limit=limit)
        )

    async def search(
        self, user_id: str, text: str, *, before: str | None = None, limit: int = 30
    ) -> FoundPage:
        """Read a page of the user's workflows that have each word of a text, in a list's order.

        A word is found in titles and final messages, also where another begins with it. A text
        without a word finds nothing.

        Raises:
            SearchTooBroad: So much begins with the words that it takes too long.
        """
        words = search_words(clean(text))
        if not words:
            return FoundPage((), None)
        limit = max(1, min(limit, MAX_PAGE))
        return await self._storage.search(
            lambda reader: reader.select_found(user_id, words, before=before, limit=limit),
            self._search_seconds,
        )

    async def changes(self, user_id: str, since: int) -> ListChanges:
        """Read what has changed in the user's list after its version ``since``."""
        return await self._storage.read(lambda reader: reader.select_changes(user_id, since))
