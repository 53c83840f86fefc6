"""What a stream has missed, as chunks: at its beginning, and where a hole is in what it reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from quart_chat.chat.streams.encoding import MakeId, encode_frames, encode_shown
from quart_chat.chat.streams.position import Disposition, StreamPosition
from quart_chat.events import Batch, Event

_PAUSES = (0.1, 0.1, 0.2, 0.2, 0.4, 0.4)
"""Seconds to wait, one after the other, for what another process has not saved yet."""


async def begin(make_ids: dict[StreamPosition, MakeId]) -> AsyncGenerator[bytes, None]:
    """What is missing of all; an empty chunk first, once the database has been read."""
    parts = {position: await position.catch_up() for position in list(make_ids)[:1]}
    yield b""
    for position, make_id in make_ids.items():
        part = parts.pop(position, None) or await position.catch_up()
        while True:
            for chunk in encode_frames(part.frames, make_id):
                yield chunk
            if not part.more:
                break
            part = await position.catch_up()


async def mend(
    position: StreamPosition, batch: Batch, kept: list[Event], place: int, make_id: MakeId
) -> AsyncGenerator[bytes, None]:
    """Fill a hole before an event of a batch from the database, and go on from there.

    Args:
        position: What decides about the events.
        batch: Those it has.
        kept: What is to be sent before the hole.
        place: The number of the event in the batch.
        make_id: Says what the id of a seq is.
    """
    pauses = _PAUSES if position.elsewhere else ()
    reads = 0
    while True:
        if kept:
            yield encode_shown(position, kept, make_id)
        more = not position.ended
        while more:
            part = await position.catch_up()
            more = part.more
            for chunk in encode_frames(part.frames, make_id):
                yield chunk
        is_last = reads == len(pauses)
        kept, found = classify(position, batch.events, place, mended=place if is_last else -1)
        if found == len(batch.events):
            break
        if found == place:
            await asyncio.sleep(pauses[reads])
            reads += 1
        else:
            place, reads = found, 0
    if kept:
        yield encode_shown(position, kept, make_id)


def classify(
    position: StreamPosition, events: Sequence[Event], place: int = 0, mended: int = -1
) -> tuple[list[Event], int]:
    """Take events from a place on, up to a hole.

    Args:
        position: What decides about them.
        events: A batch of them.
        place: The first to take.
        mended: The place of a hole for which the database has been read. If that has not filled
            it, nothing does.

    Returns:
        Those that are to be sent, and the place of the hole; the number of all where there is none.
    """
    kept: list[Event] = []
    for number in range(place, len(events)):
        if position.ended:
            break
        event = events[number]
        disposition = position.classify(event)
        if disposition is Disposition.HOLE:
            if number != mended:
                return kept, number
            position.give_up(event)
        if disposition is Disposition.FORWARD:
            kept.append(event)
    return kept, len(events)
