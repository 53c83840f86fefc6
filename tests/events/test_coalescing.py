"""What is merged, and what may not wait."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.events import DeltaCoalescer, NoCoalescing, StreamingEventManager
from quart_chat.events.event import Event, make_event
from quart_chat.events.sse import StreamParser, encode_events

DELTAS = DeltaCoalescer("delta", text_id="part")


def delta(number: int, part: str, offset: int, text: str) -> Event:
    data = {"part": part, "offset": offset, "text": text}
    return make_event("context", "delta", data).at("e", number)


def test_joining_pieces_of_a_text_become_one() -> None:
    events = [delta(1, "m", 0, "Hé"), delta(2, "m", 2, "llo"), delta(3, "m", 5, "!")]
    [(event, body)] = DELTAS.merge(events)
    assert event is events[-1]
    assert orjson.loads(body)["item"] == {"part": "m", "offset": 0, "text": "Héllo!"}


@pytest.mark.parametrize(
    "second",
    [
        delta(2, "other", 2, "x"),
        delta(2, "m", 3, "x"),
        make_event("context", "progress", {"part": "m"}),
        make_event("context", "delta", {"part": "m", "offset": 2, "text": "x"}, category="else"),
    ],
    ids=["another text", "a gap", "another type", "another category"],
)
def test_other_events_are_not_merged(second: Event) -> None:
    first = delta(1, "m", 0, "He")
    assert DELTAS.merge([first, second]) == [(first, first.body), (second, second.body)]


@given(st.lists(st.tuples(st.sampled_from("mn"), st.text(max_size=3)), max_size=20))
def test_merging_changes_no_text(pieces: list[tuple[str, str]]) -> None:
    lengths = {"m": 0, "n": 0}
    events = []
    for number, (part, text) in enumerate(pieces, 1):
        events.append(delta(number, part, lengths[part], text))
        lengths[part] += len(text)
    texts = {"m": "", "n": ""}
    for frame in StreamParser().feed(encode_events(DELTAS.merge(events))):
        item = orjson.loads(frame.data)["item"]
        assert item["offset"] == len(texts[item["part"]])
        texts[item["part"]] += item["text"]
    for part in "mn":
        assert texts[part] == "".join(text for m, text in pieces if m == part)


def test_keys_may_have_other_names() -> None:
    coalescer = DeltaCoalescer("token", text_id="of", offset="at", text="says")
    first = make_event("c", "token", {"of": 1, "at": 0, "says": "a"}).at("e", 1)
    second = make_event("c", "token", {"of": 1, "at": 1, "says": "b"}).at("e", 2)
    [(event, body)] = coalescer.merge([first, second])
    assert event is second
    assert orjson.loads(body) == {
        "type": "token", "createdAt": first.created_at, "item": {"of": 1, "at": 0, "says": "ab"},
    }  # fmt: skip
    assert [coalescer.is_urgent(event) for event in (first, second)] == [True, False]


@pytest.mark.parametrize(
    "data",
    [
        {"part": "m", "text": "x"},
        {"offset": 0, "text": "x"},
        {"part": "m", "offset": "0", "text": "x"},
        {"part": "m", "offset": 0, "text": None},
    ],
)
async def test_a_piece_needs_its_keys_and_what_they_stand_for(data: dict[str, Any]) -> None:
    manager = StreamingEventManager(coalescer=DELTAS)
    with pytest.raises(ValueError, match="a delta needs part, a whole number as offset"):
        await manager.emit_event("c", "delta", data)
    assert not manager.has_queue("c")


async def test_without_a_coalescer_no_word_is_special() -> None:
    manager = StreamingEventManager()
    async with manager.subscribe("c") as subscription:
        for _ in range(2):
            await manager.emit_event("c", "delta", {"text": "x"})
        batch = await subscription.read()
    assert batch is not None
    assert len(StreamParser().feed(batch.chunk)) == 2
    assert not NoCoalescing().is_urgent(batch.events[0])
