"""Events and items of chats as the bytes of server-sent event frames."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from weakref import WeakKeyDictionary

import orjson

from quart_chat.chat.emitted import DELTAS
from quart_chat.chat.streams.position import LARGE, Frame, StreamPosition
from quart_chat.events import Batch, Event, StreamingEventManager
from quart_chat.events.sse import encode_frame, encode_pieces
from quart_chat.wire import chat_data

MakeId = Callable[[int], str | None]
"""Says what the id of a seq is."""

# Readers that stand at the same place get the same batch; those of one kind send the same bytes.
_chunks: WeakKeyDictionary[Batch, dict[str | None, bytes]] = WeakKeyDictionary()


def encode_heartbeat(events: StreamingEventManager) -> bytes:
    """A sign of life, which says after how many seconds without another the next one comes."""
    item = {"seconds": events.settings.keepalive}
    return encode_frame(orjson.dumps(chat_data("pulse", time.time(), item)), None)


def encode_kept(
    position: StreamPosition, batch: Batch, kept: list[Event], make_id: MakeId
) -> bytes:
    """Those of a batch that are to be sent; all of them are encoded once for all readers."""
    if len(kept) == len(batch.events) and position.redact is None:
        return _encode_whole(batch, make_id)
    return encode_shown(position, kept, make_id)


def encode_shown(position: StreamPosition, events: list[Event], make_id: MakeId) -> bytes:
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


def encode_frames(frames: list[Frame], make_id: MakeId) -> Iterator[bytes]:
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
