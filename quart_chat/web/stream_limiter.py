"""How many streams one user may hold open."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from quart_chat.errors import TooManyRequests
from quart_chat.texts import ngettext, number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from quart_chat.events.asgi.exchange import Stream
    from quart_chat.events.quart import StreamResponse


class StreamLimiter:
    """Counts the open streams of each user, up to a limit.

    Args:
        limit: How many one user may have.
        opened: Is given each stream that a slot is kept for.
    """

    def __init__(self, limit: int, opened: Callable[[Stream], None] | None = None) -> None:
        self._limit = limit
        self._opened = opened
        self._open: Counter[str] = Counter()

    def in_use(self, user_id: str) -> int:
        return self._open[user_id]

    @property
    def users(self) -> tuple[str, ...]:
        """The ids of those who have a stream open."""
        return tuple(self._open)

    @contextmanager
    def take(self, user_id: str, limit: int | None = None) -> Iterator[Slot]:
        """Take a slot: for the block, or for the stream that the block makes of it.

        Args:
            user_id: Whose slot.
            limit: How many this user may have; None for what all may.

        Raises:
            TooManyRequests: The user has no slot left.
        """
        limit = self._limit if limit is None else limit
        if self._open[user_id] >= limit:
            text = ngettext(
                "{count} stream is open, which is the limit. Close a tab and try again.",
                "{count} streams are open, which is the limit. Close a tab and try again.",
                limit,
            )
            raise TooManyRequests(text.format(count=number(limit)))
        self._open[user_id] += 1
        slot = Slot(lambda: self._release(user_id), self._opened)
        try:
            yield slot
        finally:
            if not slot.streaming:
                self._release(user_id)

    def _release(self, user_id: str) -> None:
        self._open[user_id] -= 1
        if not self._open[user_id]:
            del self._open[user_id]


class Slot:
    """A slot that is taken."""

    def __init__(
        self, release: Callable[[], None], opened: Callable[[Stream], None] | None = None
    ) -> None:
        self._release = release
        self._opened = opened
        self.streaming = False

    def stream(self, response: StreamResponse) -> StreamResponse:
        """Keep the slot until the stream of ``response`` is over."""
        self.streaming = True
        response.stream.on_close(self._release)
        if self._opened is not None:
            self._opened(response.stream)
        return response
