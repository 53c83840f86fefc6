"""The frames of a context for a client: from where it left off, to the context's end."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterable

from quart_chat.events.log import ContextLog
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

    A client that comes back with the id it saw last gets what followed. Where the next event is no
    longer held, it gets a ``reset``, which says how many it has lost, and then all that is held.
    The same where the id is of another process or means nothing; how many are lost is null then.

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
    return _stream(manager, context_id, categories, last_event_id)


def _has_seen_the_end(log: ContextLog | None, last_event_id: str | None) -> bool:
    number = _number_of(last_event_id, log)
    return bool(log and log.ended and number is not None and log.find(number) == log.end)


def _number_of(event_id: str | None, log: ContextLog | None) -> int | None:
    """The number that an id stands for, where it is one that the log may have given."""
    epoch, _, digits = (event_id or "").partition(":")
    if log is None or epoch != log.epoch or _NUMBER.fullmatch(digits) is None:
        return None
    number = int(digits)
    return number if number <= log.last_number else None


async def _stream(
    manager: StreamingEventManager,
    context_id: str,
    categories: Iterable[str] | None,
    last_event_id: str | None,
) -> AsyncGenerator[bytes, None]:
    after = _number_of(last_event_id, manager.log(context_id))
    unknown = bool(last_event_id) and after is None
    if after is not None:
        subscription = manager.subscribe(context_id, categories=categories, after=after)
    else:
        subscription = manager.subscribe_held(context_id, categories, all_generations=unknown)
    async with subscription:
        if unknown:
            yield encode_frame(make_reset(context_id, None).body)
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
            yield manager.shutdown_frames()
