"""The frames of a context for a client: from where it left off, to the context's end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Self

from quart_chat.events.asgi.chunks import DirectWriter
from quart_chat.events.batch import Batch
from quart_chat.events.log import ContextLog
from quart_chat.events.manager import StreamingEventManager
from quart_chat.events.sse import encode_frame
from quart_chat.events.subscription import Subscription, Waker, make_reset

_NUMBER = re.compile(r"[0-9]{1,16}")


def stream_frames(
    manager: StreamingEventManager,
    context_id: str,
    *,
    categories: Iterable[str] | None = None,
    last_event_id: str | None = None,
) -> ContextFrames | None:
    """Stream a context as frames of server-sent events, until its terminal event.

    A client that comes back is served as ``stream_headers`` says.

    Args:
        manager: The manager of the context.
        context_id: The context to stream; it opens if need be.
        categories: Stream only events of these; terminal events come in any case.
        last_event_id: What the client sent as ``Last-Event-ID``.

    Returns:
        The frames, or None for a client that has seen the end: the answer to that is 204, which
        ends its reconnecting (WHATWG HTML, 9.2.3).
    """
    if _has_seen_the_end(manager.log(context_id), last_event_id):
        return None
    return ContextFrames(manager, context_id, categories, last_event_id)


def _has_seen_the_end(log: ContextLog | None, last_event_id: str | None) -> bool:
    number = _number_of(last_event_id, log)
    return bool(log and log.ended and number is not None and log.find(number) == log.end)


def _number_of(event_id: str | None, log: ContextLog | None) -> int | None:
    """The number that an id stands for, where it is one that the log may have given."""
    if not event_id or log is None:
        return None
    epoch, _, digits = event_id.partition(":")
    if epoch != log.epoch or _NUMBER.fullmatch(digits) is None:
        return None
    number = int(digits)
    return number if number <= log.last_number else None


class ContextFrames:
    """The frames of a context for one client, joined to chunks: to be iterated, and closed.

    A class and no generator, since a server holds thousands, and waits in most of them.
    """

    __slots__ = (
        "_categories", "_context_id", "_ended", "_last", "_last_event_id", "_manager",
        "_subscription", "_writer",
    )  # fmt: skip

    def __init__(
        self,
        manager: StreamingEventManager,
        context_id: str,
        categories: Iterable[str] | None,
        last_event_id: str | None,
    ) -> None:
        self._manager = manager
        self._context_id = context_id
        self._categories = categories
        self._last_event_id = last_event_id
        self._subscription: Subscription | None = None
        self._writer: DirectWriter | None = None
        self._ended = False
        self._last: bytes | None = None

    @property
    def reader(self) -> Subscription | None:
        """What reads the context, once it has begun."""
        return self._subscription

    def end(self, last: bytes) -> None:
        """Send these bytes as the last ones, in place of all that is still to come; idempotent."""
        self._last = last
        if self._subscription is not None:
            self._subscription.end()

    def cut_off(self) -> None:
        """End the response though the client has not taken all of it."""
        if self._writer is not None:
            self._writer.give_up(dead=False)

    def write_to(self, writer: DirectWriter) -> None:
        """Write what comes while the next chunk is awaited directly, if the writer takes it."""
        self._writer = writer

    def write_without_task(self, writer: DirectWriter, refused: Waker) -> None:
        """Write what there is and what comes, until the writer refuses some or this is the end."""
        self._writer = writer
        if self._last is not None:
            refused(True)
            return
        self._subscription, unknown = self._begin()
        if unknown:
            writer.write_now(encode_frame(make_reset(self._context_id, None).body))
        self._subscription.feed(refused)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._subscription is None and not self._ended:
            self._subscription, unknown = self._begin()
            if self._last is not None:
                self._subscription.end()
            elif unknown:
                return encode_frame(make_reset(self._context_id, None).body)
        while not self._ended:
            assert self._subscription is not None  # noqa: S101 - it has begun
            batch = await self._subscription.read()
            if chunk := self._chunk_of(batch, self._subscription.lost):
                return chunk
        raise StopAsyncIteration

    def _begin(self) -> tuple[Subscription, bool]:
        """A subscription from where the client left off, and whether that place is unknown here."""
        manager, context_id, categories = self._manager, self._context_id, self._categories
        after = _number_of(self._last_event_id, manager.log(context_id))
        unknown = bool(self._last_event_id) and after is None
        if after is not None:
            subscription = manager.subscribe(context_id, categories=categories, after=after)
        else:
            subscription = manager.subscribe_held(context_id, categories, all_generations=unknown)
        subscription.open()
        if self._writer is not None:
            subscription.sink = self._writer
        return subscription, unknown

    def _chunk_of(self, batch: Batch | None, lost: int) -> bytes:
        if batch is None:
            self._ended = True
            if self._last is not None:
                return self._last
            return self._manager.shutdown_frames() if self._manager.draining else b""
        self._ended = batch.terminal
        if lost:
            return encode_frame(make_reset(self._context_id, lost).body) + batch.chunk
        return batch.chunk

    async def aclose(self) -> None:
        """Stop reading; idempotent."""
        self.close()

    def close(self) -> None:
        """Stop reading; idempotent."""
        self._ended = True
        self._writer = None
        if self._subscription is not None:
            self._subscription.close()
