"""The frames of a context for a client: from where it left off, to the context's end."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterable

from quart_chat.events.manager import StreamingEventManager
from quart_chat.events.sse import KEEPALIVE, encode_frame
from quart_chat.events.subscription import make_reset

_NUMBER = re.compile(r"[0-9]{1,16}")


def stream_frames(
    manager: StreamingEventManager,
    context_id: str,
    *,
    categories: Iterable[str] | None = None,
    last_event_id: str | None = None,
) -> AsyncGenerator[bytes, None] | None:
    """Stream a context as frames of server-sent events, until its terminal event.

    A client that comes back with the id it saw last gets what followed. Where that can't be told
    exactly, because the id is of another process or no longer held, it gets a ``reset`` and then
    all that is held.

    Args:
        manager: The manager of the context.
        context_id: The context to stream; it opens if need be.
        categories: Stream only events of these; terminal events come in any case.
        last_event_id: What the client sent as ``Last-Event-ID``.

    Returns:
        The frames, or None for a client that has seen the end: the answer to that is 204, which
        ends its reconnecting (WHATWG HTML, 9.2.3).
    """
    if _has_seen_the_end(manager, context_id, last_event_id):
        return None
    return _stream(manager, context_id, categories, last_event_id)


def _has_seen_the_end(
    manager: StreamingEventManager, context_id: str, last_event_id: str | None
) -> bool:
    log, number = manager.log(context_id), _number_of(manager, context_id, last_event_id)
    return bool(log and log.ended and number is not None and log.find(number) == log.end)


def _number_of(
    manager: StreamingEventManager, context_id: str, last_event_id: str | None
) -> int | None:
    """The number that an id stands for, where the context can go on from it exactly."""
    epoch, _, digits = (last_event_id or "").partition(":")
    log = manager.log(context_id)
    if log is None or epoch != log.epoch or _NUMBER.fullmatch(digits) is None:
        return None
    number = int(digits)
    return number if log.find(number) is not None else None


async def _stream(
    manager: StreamingEventManager,
    context_id: str,
    categories: Iterable[str] | None,
    last_event_id: str | None,
) -> AsyncGenerator[bytes, None]:
    reset = False
    if not last_event_id:
        subscription = manager.subscribe_generation(context_id, categories)
    elif (after := _number_of(manager, context_id, last_event_id)) is not None:
        subscription = manager.subscribe(context_id, categories=categories, after=after)
    else:
        reset = True
        subscription = manager.subscribe_held(context_id, categories)
    async with subscription:
        if reset:
            yield encode_frame(make_reset(context_id, 0).body)
        while (batch := await subscription.read()) is not None:
            if batch.keepalive:
                yield KEEPALIVE
                continue
            if subscription.lost:
                yield encode_frame(make_reset(context_id, subscription.lost).body)
            if batch.events:
                yield batch.chunk
                if batch.events[-1].terminal:
                    return
        if manager.draining:
            yield manager.farewell()
