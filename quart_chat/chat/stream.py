"""Streams of chats as chunks of server-sent event frames."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import orjson

from quart_chat.chat.emitted import DELTAS
from quart_chat.chat.following import (
    UNKNOWN,
    Following,
    FollowingList,
    FollowingWorkflow,
    Frame,
    Verdict,
)
from quart_chat.chat.models import chat_data
from quart_chat.events import Batch, Event, StreamingEventManager
from quart_chat.events.sse import KEEPALIVE, encode_frame

if TYPE_CHECKING:
    from quart_chat.chat.service import ChatService

MakeId = Callable[[int], str | None]

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
    following = FollowingWorkflow(
        service,
        user_id,
        workflow_id,
        UNKNOWN if since is None else since,
        follow=follow,
        until=round_number,
    )
    return stream_all(service.events, {following: str})


def stream_user(
    service: ChatService,
    user_id: str,
    workflow_id: str | None,
    cursor: str | None,
    *,
    pulse: bool = False,
) -> AsyncGenerator[bytes, None]:
    """Stream a user's list of workflows, and one workflow; ids are ``<list_seq>-<seq>``.

    Args:
        service: The chats.
        user_id: Who reads.
        workflow_id: The workflow to stream beside the list.
        cursor: The last id that the reader has. One that says nothing here is answered with a
            ``reset`` of the list (its ``workflowId`` is null), one of the workflow, and all of it.
        pulse: Send ``pulse`` items in the place of keep-alive comments, which no script of a page
            gets to see. The first says that all has been sent that was missed. Before that comes
            an empty chunk, once the database has been read, so that what keeps it from being read
            is raised before an answer has begun.
    """
    match = _PAGE_CURSOR.fullmatch(cursor or "")
    list_since, since = (UNKNOWN, UNKNOWN) if match is None else map(int, match.groups())
    the_list = FollowingList(service, user_id, list_since)
    if workflow_id is None:
        return stream_all(service.events, {the_list: lambda seq: f"{seq}-0"}, pulse=pulse)
    workflow = FollowingWorkflow(service, user_id, workflow_id, since, follow=True)
    return stream_all(
        service.events,
        {
            # An id would say that the client has the workflow, which is still to come.
            the_list: lambda seq: None if workflow.seq == UNKNOWN else f"{seq}-{workflow.seq}",
            workflow: lambda seq: f"{the_list.seq}-{seq}",
        },
        pulse=pulse,
    )


async def stream_all(
    events: StreamingEventManager, make_ids: dict[Following, MakeId], *, pulse: bool = False
) -> AsyncGenerator[bytes, None]:
    """Stream several contexts as one; ``make_ids`` says what the id of a seq is in each."""
    began = False
    followings = {following.context_id: following for following in make_ids}
    async with events.subscribe(*followings) as subscription:
        for following, make_id in make_ids.items():
            frames = await following.catch_up()
            if pulse and not began:
                began = True
                yield b""
            if chunk := _encode_frames(frames, make_id):
                yield chunk
        if pulse:
            yield _pulse(events)
        while not all(following.ended for following in make_ids):
            batch = await subscription.read()
            if batch is None:
                yield events.farewell()
                return
            if batch.keepalive:
                yield _pulse(events) if pulse else KEEPALIVE
                continue
            following = followings[batch.context_id]
            lost = subscription.lost > 0
            if chunk := await _advance(following, batch, make_ids[following], lost=lost):
                yield chunk


def _pulse(events: StreamingEventManager) -> bytes:
    """A sign of life, which says after how many seconds without another the next one comes."""
    item = {"seconds": events.settings.keepalive}
    return encode_frame(orjson.dumps(chat_data("pulse", time.time(), item)), None)


async def _advance(following: Following, batch: Batch, make_id: MakeId, *, lost: bool) -> bytes:
    """What a batch adds to what has been delivered."""
    chunks: list[bytes] = []
    kept: list[Event] = []
    if lost and not following.ended:
        chunks.append(_encode_frames(await following.catch_up(), make_id))
    for event in batch.events:
        if following.ended:
            break
        verdict = following.judge(event)
        if verdict is Verdict.HOLE:
            chunks.append(_encode_shown(following, kept, make_id))
            kept = []
            chunks.append(_encode_frames(await following.catch_up(), make_id))
            verdict = following.judge(event)
            if verdict is Verdict.HOLE:
                following.give_up(event)
        if verdict is Verdict.FORWARD:
            kept.append(event)
    if len(kept) == len(batch.events) and following.redact is None:
        chunks.append(_encode_whole(batch, make_id))
    else:
        chunks.append(_encode_shown(following, kept, make_id))
    return b"".join(chunks)


def _encode_shown(following: Following, events: list[Event], make_id: MakeId) -> bytes:
    """Events as this reader is shown them."""
    if (redact := following.redact) is not None:
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


def _encode_frames(frames: Iterable[Frame], make_id: MakeId) -> bytes:
    return b"".join(
        [encode_frame(body, None if seq is None else make_id(seq)) for seq, body in frames]
    )
