"""The stream format, on the examples of WHATWG HTML 9.2 and on random ones."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.events.event import Event, make_event
from quart_chat.events.sse import (
    KEEPALIVE,
    Frame,
    StreamParser,
    encode_comment,
    encode_events,
    encode_frame,
    encode_retry,
)


def parse(stream: bytes) -> list[Frame]:
    return StreamParser().feed(stream)


def event(number: int) -> tuple[Event, bytes]:
    placed = make_event("context", "status", {}).at("e", number)
    return placed, placed.body


def test_data_lines_of_one_block_are_joined_by_newlines() -> None:
    assert parse(b"data: YHOO\ndata: +2\ndata: 10\n\n") == [Frame("YHOO\n+2\n10", "message", "")]


def test_comments_ids_and_an_unfinished_block_are_read_as_the_standard_says() -> None:
    stream = (
        b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event"
    )
    parser = StreamParser()
    assert parser.feed(stream) == [
        Frame("first event", "message", "1"),
        Frame("second event", "message", ""),
    ]
    assert parser.comments == ["test stream"]


def test_a_field_without_colon_has_an_empty_value() -> None:
    assert [frame.data for frame in parse(b"data\n\ndata\ndata\n\ndata:")] == ["", "\n"]


def test_one_space_after_the_colon_is_dropped() -> None:
    assert parse(b"data:test\n\ndata: test\n\n") == [Frame("test", "message", "")] * 2


def test_event_field_names_the_type() -> None:
    assert parse(b"event: add\ndata: 73857293\n\n") == [Frame("73857293", "add", "")]


def test_an_id_with_nul_is_ignored() -> None:
    assert parse(b"id: a\0b\ndata: x\n\n") == [Frame("x", "message", "")]


def test_an_id_counts_only_from_the_blank_line_on() -> None:
    parser = StreamParser("7")
    parser.feed(b"id: 8\ndata: cut off he")
    assert parser.last_event_id == "7"


def test_a_block_with_an_id_alone_sets_the_last_event_id() -> None:
    parser = StreamParser()
    assert parser.feed(b"id: 9\n\n") == []
    assert parser.last_event_id == "9"


@pytest.mark.parametrize(("line", "retry"), [(b"1500", 1500), (b"soon", None), (b"-1", None)])
def test_retry_takes_digits_only(line: bytes, retry: int | None) -> None:
    parser = StreamParser()
    parser.feed(b"retry: " + line + b"\n\n")
    assert parser.retry == retry


def test_a_leading_byte_order_mark_is_dropped() -> None:
    assert parse(b"\xef\xbb\xbfdata: x\n\n") == [Frame("x", "message", "")]


def test_unknown_fields_are_ignored() -> None:
    assert parse(b"wibble: 1\ndata: x\n\n") == [Frame("x", "message", "")]


@given(
    st.lists(st.text(alphabet="ab:\n\r é", max_size=8), max_size=5),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.lists(st.integers(0, 200), max_size=6),
)
def test_where_a_stream_is_cut_does_not_matter(
    texts: list[str], line_end: str, cuts: list[int]
) -> None:
    lines = ["data: " + line for text in texts for line in [*text.splitlines(), ""]]
    stream = line_end.join([*lines, "", "data: last", "", ""]).encode()
    bounds = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    parser = StreamParser()
    pieces = [stream[a:b] for a, b in pairwise(bounds)]
    cut_frames = [frame for piece in pieces for frame in parser.feed(piece)]
    assert cut_frames == parse(stream)
    assert cut_frames[-1].data.endswith("last")


def test_a_frame_reads_back_with_its_id() -> None:
    assert parse(encode_frame(b'{"a":1}', "5")) == [Frame('{"a":1}', "message", "5")]


def test_a_frame_without_id_keeps_the_last_one() -> None:
    parser = StreamParser("4")
    assert parser.feed(encode_frame(b"{}")) == [Frame("{}", "message", "4")]


def test_comments_and_retries_are_no_events() -> None:
    parser = StreamParser()
    assert parser.feed(KEEPALIVE + encode_comment("two\n\nlines") + encode_retry(300)) == []
    assert (parser.comments, parser.retry) == (["keepalive", "two lines"], 300)


def test_frames_are_complete_whether_or_not_they_are_looked_at() -> None:
    parser = StreamParser()
    parser.feed(b"data: 1\nid: 1\n\ndata: 2\nid: 2\n\ndata: 3")
    assert parser.last_event_id == "2"
    assert parser.feed(b"\n\n") == [Frame("3", "message", "2")]


@pytest.mark.parametrize(
    "encoded",
    [
        encode_frame(b"{}", "5"),
        encode_events([event(5)]),
        encode_events([event(4), event(5)]),
    ],
    ids=["a frame", "an event", "events"],
)
def test_no_id_is_there_before_its_data_is(encoded: bytes) -> None:
    *frames, rest = encoded.split(b"\n\n")
    assert rest == b""
    for frame in frames:
        assert [line.partition(b": ")[0] for line in frame.split(b"\n")] == [b"data", b"id"]


@pytest.mark.parametrize("line", [KEEPALIVE, encode_comment("a\n"), encode_retry(1)])
def test_a_line_that_is_no_event_is_followed_by_no_empty_one(line: bytes) -> None:
    assert line.find(b"\n") == len(line) - 1
