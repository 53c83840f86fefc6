"""An index tells answers apart that come side by side, or numbers the pieces of one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quart_chat.assistants.openai.failures.error_mapper import ErrorMapper
from quart_chat.assistants.openai.replies.reply import Reply
from quart_chat.assistants.protocol import Text
from tests.assistants.openai.endpoint import DONE, event


def piece(index: int, text: str, finish: str | None = None) -> bytes:
    choice: dict[str, Any] = {"index": index, "delta": {"content": text}, "finish_reason": finish}
    return event({"choices": [choice]})


def answer(*pieces: bytes) -> str:
    reply = Reply(ErrorMapper("host", ""))
    reply.ask("tiny")
    outputs = [output for each in (*pieces, DONE) for output in reply.feed(each)]
    outputs += reply.finish()
    return "".join(output.text for output in outputs if isinstance(output, Text))


@pytest.mark.parametrize("first", [0, 1, 7])
@pytest.mark.parametrize("count", range(1, 12))
def test_pieces_that_are_numbered_are_one_answer(first: int, count: int) -> None:
    words = [f"word{number} " for number in range(count)]
    pieces = [piece(number, word) for number, word in enumerate(words, first)]
    assert answer(*pieces, piece(first + count, "", "stop")) == "".join(words)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=20), st.booleans())
def test_of_several_answers_the_first_is_shown(indexes: list[int], begun: bool) -> None:
    answers = sorted(set(indexes))
    # Each answer begins by itself, as they do, or has more than one piece.
    assume(begun or any(indexes.count(index) > 1 for index in answers))
    heads = [piece(index, "") for index in answers] if begun else []
    pieces = [piece(index, f"{index}{place} ") for place, index in enumerate(indexes)]
    ends = [piece(index, "", "stop") for index in answers]
    shown = answers[0] if begun else indexes[0]
    expected = "".join(f"{i}{place} " for place, i in enumerate(indexes) if i == shown)
    assert answer(*heads, *pieces, *ends) == expected
