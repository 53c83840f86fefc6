"""Streams of chats as chunks of server-sent event frames."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import orjson

from quart_chat.chat.emitted import DELTAS
from quart_chat.chat.streams.list_position import ListPosition
from quart_chat.chat.streams.position import (
    LARGE,
    UNKNOWN,
    Disposition,
    Frame,
    StreamPosition,
    WorkflowPosition,
)
from quart_chat.events import Batch, Event, StreamingEventManager
from quart_chat.events.sse import KEEPALIVE, encode_frame, encode_pieces
from quart_chat.wire import chat_data

if TYPE_CHECKING:
    from quart_chat.chat.service import ChatService

MakeId = Callable[[int], str | None]

_PAUSES = (0.1, 0.1, 0.2, 0.2, 0.4, 0.4)
"""Seconds to wait, one after the other, for what another process has not saved yet."""

_PAGE_CURSOR = re.compile(r"([0-9]{1,16})-([0-9]{1,16})", re.ASCII)

# Readers that stand at the same place get the same batch; those of one kind send the same bytes.
_chunks: WeakKeyDictionary[Batch, dict[str | None, bytes]] = WeakKeyDictionary()


def stream_workflow(
    service: ChatService,
    user_id: str,
    workflow_id: str,
    *,
    since: int | None,
    follow: bool,
    round_number: int | None = None,
) -> AsyncGenerator[bytes, None]:
    """Stream a workflow's chatData; frames of stored items have their seq as id.

    Args:
        service: The chats.
        user_id: Who reads.
        workflow_id: What is read.
        since: The last seq that the reader has; None where it is not known. The reader of one that
            the database doesn't know is sent a ``reset`` and all there is.
        follow: Stay open; otherwise end after the running round, or at once where none runs.
        round_number: Without ``follow``: the round to end after.
    """
    position = WorkflowPosition(
        service,
        user_id,
        workflow_id,
        UNKNOWN if since is None else since,
        follow=follow,
        until=round_number,
    )
    return stream_all(service.events, {position: str})


def stream_user(
    service: ChatService,
    user_id: str,
    workflow_id: str | None,
    cursor: str | None,
    *,
    heartbeat: bool = False,
) -> AsyncGenerator[bytes, None]:
    """Stream a user's list of chats and documents, and a workflow; ids are ``<list_seq>-<seq>``.

    Args:
        service: The chats.
        user_id: Who reads.
        workflow_id: The workflow to stream beside the list.
        cursor: The last id that the reader has. One that says nothing here is answered with a
            ``reset`` of the list (its ``workflowId`` is null), one of the workflow, and all of it.
        heartbeat: Send ``pulse`` items in place of keep-alive comments, which scripts of a page do
            not see. The first says that all has been sent that was missed. Before it comes an
            empty chunk, once the database has been read, so that what keeps it from being read is
            raised before an answer has begun.
    """
    match = _PAGE_CURSOR.fullmatch(cursor or "")
    list_since, since = (UNKNOWN, UNKNOWN) if match is None else map(int, match.groups())
    the_list = ListPosition(service, user_id, list_since)
    if workflow_id is None:
        return stream_all(service.events, {the_list: lambda seq: f"{seq}-0"}, heartbeat=heartbeat)
    workflow = WorkflowPosition(service, user_id, workflow_id, since, follow=True)
    return stream_all(
        service.events,
        {
            # An id would say that the client has the workflow, which is still to come.
            the_list: lambda seq: None if workflow.seq == UNKNOWN else f"{seq}-{workflow.seq}",
            workflow: lambda seq: f"{the_list.seq}-{seq}",
        },
        heartbeat=heartbeat,
    )


async def stream_all(
    events: StreamingEventManager,
    make_ids: dict[StreamPosition, MakeId],
    *,
    heartbeat: bool = False,
) -> AsyncGenerator[bytes, None]:
    """Stream several contexts as one; ``make_ids`` says what the id of a seq is in each."""
    positions = {position.context_id: position for position in make_ids}
    held = {position.context_id for position in make_ids if position.elsewhere}
    async with events.subscribe(*positions, held=held) as subscription:
        async with aclosing(_begin(make_ids)) as chunks:
            async for chunk in chunks:
                if chunk or heartbeat:
                    yield chunk
        if heartbeat:
            yield _heartbeat(events)
        while not all(position.ended for position in make_ids):
            batch = await subscription.read()
            if batch is None:
                yield events.shutdown_frames()
                return
            if batch.keepalive:
                yield _heartbeat(events) if heartbeat else KEEPALIVE
                continue
            position = positions[batch.context_id]
            make_id = make_ids[position]
            kept, place = ([], 0) if subscription.lost else _classify(position, batch.events)
            if place == len(batch.events) and not subscription.lost:
                if kept:
                    yield _encode_kept(position, batch, kept, make_id)
                continue
            async with aclosing(_mend(position, batch, kept, place, make_id)) as chunks:
                async for chunk in chunks:
                    yield chunk


async def _begin(make_ids: dict[StreamPosition, MakeId]) -> AsyncGenerator[bytes, None]:
    """What is missing of all; an empty chunk first, once the database has been read."""
    parts = {position: await position.catch_up() for position in list(make_ids)[:1]}
    yield b""
    for position, make_id in make_ids.items():
        part = parts.pop(position, None) or await position.catch_up()
        while True:
            for chunk in _encode_frames(part.frames, make_id):
                yield chunk
            if not part.more:
                break
            part = await position.catch_up()


async def _mend(
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
            yield _encode_shown(position, kept, make_id)
        more = not position.ended
        while more:
            part = await position.catch_up()
            more = part.more
            for chunk in _encode_frames(part.frames, make_id):
                yield chunk
        is_last = reads == len(pauses)
        kept, found = _classify(position, batch.events, place, mended=place if is_last else -1)
        if found == len(batch.events):
            break
        if found == place:
            await asyncio.sleep(pauses[reads])
            reads += 1
        else:
            place, reads = found, 0
    if kept:
        yield _encode_shown(position, kept, make_id)


def _heartbeat(events: StreamingEventManager) -> bytes:
    """A sign of life, which says after how many seconds without another the next one comes."""
    item = {"seconds": events.settings.keepalive}
    return encode_frame(orjson.dumps(chat_data("pulse", time.time(), item)), None)


def _classify(
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


def _encode_kept(
    position: StreamPosition, batch: Batch, kept: list[Event], make_id: MakeId
) -> bytes:
    """Those of a batch that are to be sent; all of them are encoded once for all readers."""
    if len(kept) == len(batch.events) and position.redact is None:
        return _encode_whole(batch, make_id)
    return _encode_shown(position, kept, make_id)


def _encode_shown(position: StreamPosition, events: list[Event], make_id: MakeId) -> bytes:
    """Events as this reader is shown them."""
    if (redact := position.redact) is not None:
        events = [shown for event in events if (shown := redact(event)) is not None]
    return _encode_events(events, make_id)


def _encode_whole(batch: Batch, make_id: MakeId) -> bytes:
    shared = _chunks.setdefault(batch, {})
    key = make_id(0)
    if key not in shared:
        shared[key] = _encode_events(batch.events, make_id)
    return shared[key]


def _encode_events(events: Iterable[Event], make_id: MakeId) -> bytes:
    return b"".join(
        [
            encode_frame(body, None if event.seq is None else make_id(event.seq))
            for event, body in DELTAS.merge(events)
        ]
    )


def _encode_frames(frames: list[Frame], make_id: MakeId) -> Iterator[bytes]:
    """Take the frames out of a list, and encode them in chunks of a bounded size.

    A body that is large is a chunk of its own, as it is: other streams send the same bytes.
    """
    chunk: list[bytes] = []
    size = 0
    frames.reverse()
    while frames:
        seq, body = frames.pop()
        pieces = encode_pieces(body.data, None if seq is None else make_id(seq))
        if body.large:
            yield b"".join([*chunk, pieces[0]])
            yield body.data
            chunk, size = [pieces[2]], 0
            continue
        chunk += pieces
        size += len(body.data)
        if size > LARGE:
            yield b"".join(chunk)
            chunk, size = [], 0
    if chunk:
        yield b"".join(chunk)
