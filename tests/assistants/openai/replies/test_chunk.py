"""Most chunks are a piece of text, and are read by a shorter way: it must say the same."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.assistants.openai.failures.error_mapper import ErrorMapper
from quart_chat.assistants.openai.replies.chunks.said import Said
from quart_chat.assistants.openai.replies.chunks.strict import read_chunk, read_text
from quart_chat.assistants.openai.replies.reply import Reply
from quart_chat.assistants.protocol import Text

TEXTS = st.one_of(st.none(), st.text(max_size=3))
DELTAS = st.fixed_dictionaries(
    {},
    optional={
        "content": st.one_of(TEXTS, st.just([{"type": "text", "text": "a"}])),
        "reasoning": TEXTS,
        "reasoning_content": TEXTS,
        "role": st.just("assistant"),
    },
)
CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "delta": st.one_of(st.none(), DELTAS),
        "finish_reason": st.sampled_from([None, "stop", "length"]),
        "text": TEXTS,
        "index": st.sampled_from([None, 0, 1]),
    },
)
CHUNKS = st.fixed_dictionaries(
    {"choices": st.lists(CHOICES, max_size=2)},
    optional={
        "usage": st.sampled_from([None, {"prompt_tokens": 1, "completion_tokens": 2}]),
        "error": st.sampled_from([None, {"message": "busy"}]),
        "model": st.just("tiny"),
    },
)
LINES = (
    'data: {"choices":[{"delta":{"content":"a"}}]}',
    'data:{"choices":[{"delta":{"content":"b"}}]}',
    'data: {"choices":',
    'data: [{"delta":{"content":"c"}}]}',
    "data:",
    "event: message",
    ": x",
    "",
)


@given(CHUNKS)
def test_the_short_way_says_what_the_long_one_says(chunk: dict[str, Any]) -> None:
    data = orjson.dumps(chunk)
    if text := read_text(data):
        index = chunk["choices"][0].get("index")
        assert read_chunk(data) == Said(text=text, index=index)
        assert not index


def test_a_piece_of_text_takes_the_short_way() -> None:
    chunk = {"choices": [{"delta": {"content": "Hi"}, "finish_reason": None}], "usage": None}
    assert read_text(orjson.dumps(chunk)) == "Hi"


@pytest.mark.parametrize("data", [b"", b"[DONE]", b"{", b"[]", b'{"choices": []}', b"[" * 100_000])
def test_what_is_no_piece_of_text_takes_the_long_one(data: bytes) -> None:
    assert read_text(data) is None


@given(st.lists(st.sampled_from(LINES), max_size=8))
def test_a_space_before_a_chunk_changes_nothing(lines: list[str]) -> None:
    def read(lines: list[str]) -> str:
        reply = Reply(ErrorMapper("http://endpoint", ""))
        fed = reply.feed("".join(f"{line}\n" for line in lines).encode())
        outputs = [*fed, *reply.rest()]
        return "".join(output.text for output in outputs if isinstance(output, Text))

    assert read(lines) == read([line.replace("data: ", "data:  ") for line in lines])
