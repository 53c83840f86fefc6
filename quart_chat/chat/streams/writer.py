"""Streams of chats as chunks of server-sent event frames."""

from __future__ import annotations

import asyncio
import re
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Coroutine,
    Sequence,
)
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from quart_chat.chat.streams.encoding import (
    MakeId,
    encode_frames,
    encode_heartbeat,
    encode_kept,
    encode_shown,
)
from quart_chat.chat.streams.list_position import ListPosition
from quart_chat.chat.streams.position import (
    UNKNOWN,
    Disposition,
    StreamPosition,
    WorkflowPosition,
)
from quart_chat.events import Batch, Event, StreamingEventManager, Subscription
from quart_chat.events.asgi.chunks import DirectWriter
from quart_chat.events.sse import KEEPALIVE

if TYPE_CHECKING:
    from quart_chat.chat.service import ChatService

_PAUSES = (0.1, 0.1, 0.2, 0.2, 0.4, 0.4)
"""Seconds to wait, one after the other, for what another process has not saved yet."""

_PAGE_CURSOR = re.compile(r"([0-9]{1,16})-([0-9]{1,16})", re.ASCII)


def stream_workflow(
    service: ChatService,
    user_id: str,
    workflow_id: str,
    *,
    since: int | None,
    follow: bool,
    round_number: int | None = None,
) -> ChatFrames:
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
    return ChatFrames(service.events, {position: str})


def stream_user(
    service: ChatService,
    user_id: str,
    workflow_id: str | None,
    cursor: str | None,
    *,
    heartbeat: bool = False,
) -> ChatFrames:
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
        return ChatFrames(service.events, {the_list: lambda seq: f"{seq}-0"}, heartbeat=heartbeat)
    workflow = WorkflowPosition(service, user_id, workflow_id, since, follow=True)
    return ChatFrames(
        service.events,
        {
            # An id would say that the client has the workflow, which is still to come.
            the_list: lambda seq: None if workflow.seq == UNKNOWN else f"{seq}-{workflow.seq}",
            workflow: lambda seq: f"{the_list.seq}-{seq}",
        },
        heartbeat=heartbeat,
    )


class ChatFrames(AsyncGenerator[bytes, None]):
    """Several contexts as one stream: to be iterated, and closed.

    Args:
        events: Where the contexts are.
        make_ids: Says what the id of a seq is in each.
        heartbeat: Send ``pulse`` items in place of keep-alive comments.
    """

    def __init__(
        self,
        events: StreamingEventManager,
        make_ids: dict[StreamPosition, MakeId],
        *,
        heartbeat: bool = False,
    ) -> None:
        self._events = events
        self._make_ids = make_ids
        self._positions = {position.context_id: position for position in make_ids}
        self._heartbeat = heartbeat
        self._writer: DirectWriter | None = None
        self._subscription: Subscription | None = None
        self._last: bytes | None = None
        self._chunks = self._stream()

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

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._chunks

    def asend(self, value: None) -> Coroutine[Any, Any, bytes]:
        return self._chunks.asend(value)

    def athrow(self, *error: Any) -> Coroutine[Any, Any, bytes]:
        return self._chunks.athrow(*error)

    async def aclose(self) -> None:
        await self._chunks.aclose()

    @property
    def _ended(self) -> bool:
        return all(position.ended for position in self._make_ids)

    def _idle(self) -> bytes:
        return encode_heartbeat(self._events) if self._heartbeat else KEEPALIVE

    async def _catch_up(self) -> AsyncGenerator[bytes, None]:
        async with aclosing(self._until_ended(_begin(self._make_ids))) as chunks:
            async for chunk in chunks:
                if chunk or self._heartbeat:
                    yield chunk
        if self._heartbeat:
            yield self._idle()

    async def _until_ended(
        self, chunks: AsyncGenerator[bytes, None]
    ) -> AsyncGenerator[bytes, None]:
        async with aclosing(chunks):
            async for chunk in chunks:
                if self._last is not None:
                    return
                yield chunk

    async def _stream(self) -> AsyncGenerator[bytes, None]:
        held = {position.context_id for position in self._make_ids if position.elsewhere}
        async with self._events.subscribe(*self._positions, held=held) as subscription:
            self._subscription = subscription
            async with aclosing(self._catch_up()) as chunks:
                async for chunk in chunks:
                    yield chunk
            if self._last is not None:
                subscription.end()
            elif self._writer is not None:
                subscription.sink = self._pass_on
            while not self._ended:
                batch = await subscription.read()
                if batch is None:
                    last = self._last
                    yield self._events.shutdown_frames() if last is None else last
                    return
                if batch.keepalive:
                    yield self._idle()
                    continue
                position = self._positions[batch.context_id]
                make_id = self._make_ids[position]
                kept, place = ([], 0) if subscription.lost else _classify(position, batch.events)
                if place == len(batch.events) and not subscription.lost:
                    if kept:
                        yield encode_kept(position, batch, kept, make_id)
                    continue
                mended = _mend(position, batch, kept, place, make_id)
                async with aclosing(self._until_ended(mended)) as chunks:
                    async for chunk in chunks:
                        yield chunk

    def _pass_on(self, batch: Batch) -> bool:
        """Write a batch there and then; whether nothing of it is left to whatever iterates.

        An event that has been decided about is written. So a batch that is left can be taken again
        from its beginning: what was written before a hole, or before the end, is covered then.
        """
        writer = self._writer
        assert writer is not None  # noqa: S101 - else nothing calls this
        if not writer.takes(sum([len(event.body) for event in batch.events])):
            return False
        if batch.keepalive:
            writer.write_now(self._idle())
            return True
        position = self._positions[batch.context_id]
        kept, place = _classify(position, batch.events)
        if kept and (chunk := encode_kept(position, batch, kept, self._make_ids[position])):
            writer.write_now(chunk)
        return place == len(batch.events) and not self._ended


async def _begin(make_ids: dict[StreamPosition, MakeId]) -> AsyncGenerator[bytes, None]:
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
            yield encode_shown(position, kept, make_id)
        more = not position.ended
        while more:
            part = await position.catch_up()
            more = part.more
            for chunk in encode_frames(part.frames, make_id):
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
        yield encode_shown(position, kept, make_id)


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
