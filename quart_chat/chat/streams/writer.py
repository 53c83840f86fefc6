"""Streams of chats as chunks of server-sent event frames."""

from __future__ import annotations

import re
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Coroutine,
)
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from quart_chat.chat.streams.catching_up import begin, classify, mend
from quart_chat.chat.streams.encoding import (
    MakeId,
    encode_heartbeat,
    encode_kept,
)
from quart_chat.chat.streams.list_position import ListPosition
from quart_chat.chat.streams.position import (
    UNKNOWN,
    StreamPosition,
    WorkflowPosition,
)
from quart_chat.events import Batch, StreamingEventManager, Subscription
from quart_chat.events.asgi.chunks import DirectWriter
from quart_chat.events.sse import KEEPALIVE

if TYPE_CHECKING:
    from quart_chat.chat.service import ChatService

_PAGE_CURSOR = re.compile(r"([0-9]{1,16})-([0-9]{1,16})", re.ASCII)


def stream_workflow(
    service: ChatService,
    user_id: str,
    workflow_id: str,
    *,
    since: int | None,
    after: int | None = None,
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
        after: The number of the event that had this seq, where nothing was in flight then: what
            followed is read from the context's log, and only what that no longer holds from the
            database.
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
    return ChatFrames(service.events, {position: str}, after=after)


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
        after: The number of the event at which they stand, where that is known.
        heartbeat: Send ``pulse`` items in place of keep-alive comments.
    """

    def __init__(
        self,
        events: StreamingEventManager,
        make_ids: dict[StreamPosition, MakeId],
        *,
        after: int | None = None,
        heartbeat: bool = False,
    ) -> None:
        self._events = events
        self._make_ids = make_ids
        self._positions = {position.context_id: position for position in make_ids}
        self._after = after
        self._heartbeat = heartbeat
        self._writer: DirectWriter | None = None
        self._subscription: Subscription | None = None
        self._last: bytes | None = None
        self._chunks = self._stream()

    @property
    def reader(self) -> Subscription | None:
        """What reads the contexts, once it has begun."""
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

    async def _catch_up(self, subscription: Subscription) -> AsyncGenerator[bytes, None]:
        # A log that has been removed holds nothing of what followed.
        if self._after is not None and subscription.is_behind:
            return
        async with aclosing(self._until_ended(begin(self._make_ids))) as chunks:
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
        subscribing = self._events.subscribe(*self._positions, after=self._after, held=held)
        async with subscribing as subscription:
            self._subscription = subscription
            async with aclosing(self._catch_up(subscription)) as chunks:
                async for chunk in chunks:
                    yield chunk
            if self._last is not None:
                subscription.end()
            elif self._writer is not None:
                subscription.sink = self
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
                kept, place = ([], 0) if subscription.lost else classify(position, batch.events)
                if place == len(batch.events) and not subscription.lost:
                    if kept:
                        yield encode_kept(position, batch, kept, make_id)
                    continue
                mended = mend(position, batch, kept, place, make_id)
                async with aclosing(self._until_ended(mended)) as chunks:
                    async for chunk in chunks:
                        yield chunk

    def accept(self, batch: Batch) -> bool:
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
        kept, place = classify(position, batch.events)
        if kept and (chunk := encode_kept(position, batch, kept, self._make_ids[position])):
            writer.write_now(chunk)
        return place == len(batch.events) and not self._ended
