"""Servers that say again what they have said, and answers that repeat themselves."""

from __future__ import annotations

import pytest

from quart_chat.assistants.openai.failures.error_mapper import ErrorMapper
from quart_chat.assistants.openai.replies.reply import Reply
from tests.assistants.openai.endpoint import delta, event
from tests.assistants.openai.test_shapes import END, C, answer


def said(*chunks: bytes) -> tuple[str, str]:
    """What is thought and answered, whether the chunks come together or one by one."""
    heard = []
    for stream in ([b"".join(chunks)], chunks):
        reply = Reply(ErrorMapper("host", ""))
        reply.ask("tiny")
        outputs = [output for piece in stream for output in reply.feed(piece)]
        heard.append(answer([*outputs, *reply.finish()]))
    assert heard[0] == heard[1]
    return heard[0]


def message(finish: str | None = None, **fields: str) -> bytes:
    return event({"choices": [{"message": fields, "finish_reason": finish}]})


@pytest.mark.parametrize(
    "chunks",
    [
        # The whole answer once more at the end
        (C("Hi"), C(" there"), C("Hi there"), END),
        (C("\n\nHi"), C(" there\n"), C("Hi there"), C(""), END),
        (C("Hi"), C(" there"), delta("stop", content="Hi there")),
        (C("Hi there"), C("Hi there"), END),
        (C("<think>Hm</think>Hi"), C(" there"), message("stop", content="Hi there")),
        # All of it so far in each chunk
        (C("Hi"), C("Hi th"), C("Hi there"), END),
        (C("Hi"), C("Hi there"), END),
        (C("\n"), C("\nHi"), C("\nHi there"), END),
        (*(event({"text": text}) for text in ("H", "Hi", "Hi there")), END),
    ],
)
def test_what_is_said_again_is_no_new_text(chunks: tuple[bytes, ...]) -> None:
    assert said(*chunks)[1].strip() == "Hi there"


def test_a_thought_that_is_sent_again_is_no_new_thought() -> None:
    last = message("stop", content="Hi!", reasoning="Hm")
    assert said(delta(reasoning="Hm"), C("Hi"), C("!"), last) == ("Hm", "Hi!")
    grown = [delta(reasoning=thought) for thought in ("H", "Hm", "Hm so")]
    assert said(*grown, C("Hi!"), END) == ("Hm so", "Hi!")


@pytest.mark.parametrize(
    "words",
    [
        ("ha", "ha", "ha", "!"),
        ("ha", "haha", "!"),
        ("ha", "ha"),
        ("1", "10"),
        ("Hi", " there", "Hi there", "!"),
        ("Hi", "Hi there", "Hi", "!"),
        (" ", "  x"),
        ("Bye", " bye", "Bye bye", " ", "now"),
        ("Dur", "an", " Duran"),
        ("I promise.\n",) * 5,
    ],
)
def test_an_answer_may_repeat_itself(words: tuple[str, ...]) -> None:
    assert said(*map(C, words), END) == ("", "".join(words))


def test_pieces_may_come_as_messages() -> None:
    words = ("I", " think", " that", " that", "\n\n", "is", " so", ".")
    assert said(*(message(content=word) for word in words), END) == ("", "".join(words))
