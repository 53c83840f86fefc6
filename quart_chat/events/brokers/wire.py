"""Batches of events as bytes, for a log that carries them to other processes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import orjson

from quart_chat.events.event import Event

BATCH_EVENTS = 1024
"""Events in a batch: an event's number has ten bits for its place in it."""


class _Carried(msgspec.Struct, array_like=True, gc=False):
    """An event without its data, which its body has."""

    context_id: str
    type: str
    category: str
    message: str | None
    step: str | None
    created_at: float
    seq: int | None
    enveloped: bool
    body: bytes


class Envelope(msgspec.Struct, array_like=True, gc=False):
    """A batch.

    Attributes:
        origin: Names the publisher, another one with each start.
        counter: Counts the publisher's batches, one by one.
        gap: Whether the publisher has dropped events that come before these.
    """

    origin: str
    counter: int
    gap: bool
    carried: list[_Carried]

    @property
    def events(self) -> list[Event]:
        return [_to_event(carried) for carried in self.carried]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Envelope)


def encode_batch(origin: str, counter: int, gap: bool, events: Sequence[Event]) -> bytes:
    """Write a batch as bytes."""
    return _encoder.encode(Envelope(origin, counter, gap, [_from_event(event) for event in events]))


def can_be_carried(event: Event) -> bool:
    """Whether an event can be written as bytes: a lone surrogate in a name can't."""
    try:
        _encoder.encode(_from_event(event))
    except (ValueError, TypeError):
        return False
    return True


def decode_batch(data: bytes) -> Envelope:
    """Read a batch.

    Raises:
        ValueError: It is none.
    """
    return _decoder.decode(data)


def number_of(batch: int, index: int) -> int:
    """The number of an event by that of its batch; below 2**53, so that JavaScript reads it."""
    return batch << 10 | index


def _from_event(event: Event) -> _Carried:
    return _Carried(
        event.context_id,
        event.type,
        event.category,
        event.message,
        event.step,
        event.created_at,
        event.seq,
        event.enveloped,
        event.body,
    )


def _to_event(carried: _Carried) -> Event:
    payload = orjson.loads(carried.body)
    return Event(
        carried.context_id,
        carried.type,
        payload if carried.enveloped else payload["item"],
        carried.category,
        carried.message,
        carried.step,
        carried.created_at,
        carried.seq,
        carried.body,
        enveloped=carried.enveloped,
    )
