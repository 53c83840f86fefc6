"""What the nodes tell each other, as events of a context that no client may read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from quart_chat.events import StreamingEventManager

CONTEXT = "cluster:"

Handler = Callable[[dict[str, Any]], None]


class ControlChannel:
    """Tells all nodes something, this one included. What is lost on the way is not repeated."""

    def __init__(self, events: StreamingEventManager) -> None:
        self._events = events
        self._handlers: dict[str, Handler] = {}
        self._task: asyncio.Task[None] | None = None

    def listen(self, type_: str, handler: Handler) -> None:
        """Have what is told under a type handled."""
        self._handlers[type_] = handler

    async def tell(self, type_: str, **data: Any) -> None:
        """Tell all nodes something."""
        await self._events.emit_event(CONTEXT, type_, data)

    def start(self) -> None:
        """Hear what is told from now on."""
        subscription = self._events.subscribe(CONTEXT)

        async def hear() -> None:
            async with subscription:
                while (batch := await subscription.read()) is not None:
                    for event in batch.events:
                        if (handler := self._handlers.get(event.type)) is not None:
                            handler(event.data)

        self._task = asyncio.create_task(hear())

    async def close(self) -> None:
        """Hear nothing more; idempotent."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
