"""Open pages and running answers hear when the database can't be written, and when again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quart_chat.texts import N_
from quart_chat.wire import list_context

if TYPE_CHECKING:
    from quart_chat.chat.service import ChatService
    from quart_chat.errors import DatabaseUnavailable
    from quart_chat.events import StreamingEventManager
    from quart_chat.web.stream_limiter import StreamLimiter

CATEGORY = "server"

WELL = N_("The database can be written again.")


class HealthPublisher:
    """Emits ``status`` items; nothing of them is stored, and they have no seq."""

    def __init__(
        self, events: StreamingEventManager, stream_limiter: StreamLimiter, chat: ChatService
    ) -> None:
        self._events = events
        self._stream_limiter = stream_limiter
        self._chat = chat

    def tell(self, trouble: DatabaseUnavailable | None) -> None:
        """Tell why nothing can be stored, or that all is well again."""
        lists = map(list_context, self._stream_limiter.users)
        for context_id in (*lists, *self._chat.rounds.running):
            self._events.emit_threadsafe(context_id, "status", status_item(trouble), CATEGORY)


def status_item(trouble: DatabaseUnavailable | None) -> dict[str, Any]:
    """How the server is: ``code`` and ``reason`` are null where it is well.

    It is made once for readers of all languages: pages go by the reason.
    """
    if trouble is None:
        return {"code": None, "reason": None, "message": WELL}
    return {"code": trouble.code, "reason": trouble.reason, "message": trouble.message}
