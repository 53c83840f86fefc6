from __future__ import annotations

import pytest

from quart_chat.assistants.openai.failures.error_mapper import ErrorMapper
from quart_chat.assistants.openai.replies.reply import Reply
from quart_chat.assistants.protocol import Output, Step, Text
from tests.assistants.openai.endpoint import DONE, delta, end, event, say, usage


@pytest.fixture
def reply() -> Reply:
    reply = Reply(ErrorMapper("host", ""))
    reply.ask("tiny")
    return reply


def reasoning(outputs: list[Output]) -> list[tuple[str, str]]:
    return [(o.message, o.status) for o in outputs if isinstance(o, Step) and o.key == "reasoning"]


def text(outputs: list[Output]) -> str:
    return "".join(output.text for output in outputs if isinstance(output, Text))


def test_what_comes_together_is_one_text(reply: Reply) -> None:
    assert list(reply.feed(say("One", " two", " three"))) == [Text("One two three")]


def test_a_stream_may_be_cut_anywhere(reply: Reply) -> None:
    stream = b": hello\r\n\r\n" + say("Grüße ", "🙂") + end()
    outputs = [o for i in range(len(stream)) for o in reply.feed(stream[i : i + 1])]
    assert outputs == [Text("Grüße "), Text("🙂")]
    assert reply.over


def test_chunks_without_text_are_passed_over(reply: Reply) -> None:
    empty = delta(role="assistant", content=""), delta(content=None), event({"choices": []})
    odd = event({"choices": [{"index": 0}]}), event({}), event({"choices": None})
    assert list(reply.feed(b"".join((*empty, *odd)))) == []
    assert not reply.begun


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_is_a_step_that_is_complete_when_the_answer_begins(
    reply: Reply, field: str
) -> None:
    outputs = list(reply.feed(delta(**{field: "First, "}) + delta(**{field: "this."})))
    assert reply.begun
    outputs += list(reply.feed(say("Hello")))
    assert reasoning(outputs) == [
        ("First, this.", "running"),
        ("First, this.", "completed"),
    ]
    assert outputs[-1] == Text("Hello")


def test_a_chunk_may_end_a_thought_and_begin_the_answer(reply: Reply) -> None:
    outputs = list(reply.feed(delta(reasoning="Hm.", content="Hello")))
    assert reasoning(outputs) == [("Hm.", "completed")]
    assert text(outputs) == "Hello"


def test_reasoning_in_a_block_of_the_text_is_a_step_too(reply: Reply) -> None:
    outputs = list(reply.feed(say("<think>", "Hm.", "</thi", "nk>", "\n\nHello")))
    assert reasoning(outputs) == [("Hm.", "completed")]
    assert text(outputs) == "Hello"


def test_a_long_thought_is_shown_as_it_grows_but_not_for_every_word(reply: Reply) -> None:
    outputs = [o for _ in range(1000) for o in reply.feed(delta(reasoning="word "))]
    shown = [len(message) for message, status in reasoning(outputs) if status == "running"]
    assert shown == sorted(shown)
    assert 5 < len(shown) < 30
    assert sum(shown) < 4 * 5000


def test_reasoning_between_two_texts_ends_with_the_second(reply: Reply) -> None:
    outputs = list(reply.feed(say("One")))
    outputs += list(reply.feed(delta(reasoning="Hm.")))
    outputs += list(reply.feed(say(" two")))
    assert reasoning(outputs) == [("Hm.", "running"), ("Hm.", "completed")]
    assert text(outputs) == "One two"


def test_the_end_says_what_it_took(reply: Reply) -> None:
    list(reply.feed(say("Hello") + end(1234)))
    assert list(reply.finish()) == []
    assert reply.usage().answer_tokens == 1234


@pytest.mark.parametrize(
    "tail", [delta("stop") + DONE, DONE, delta("stop"), usage(0) + DONE, usage(None) + DONE]
)
def test_an_endpoint_that_counts_no_tokens_is_fine(reply: Reply, tail: bytes) -> None:
    list(reply.feed(say("Hello") + tail))
    assert list(reply.finish()) == []
    assert reply.usage().answer_tokens is None


@pytest.mark.parametrize(
    ("finish", "words"), [("length", "token limit"), ("content_filter", "content filter")]
)
def test_an_answer_that_was_ended_early_says_so(reply: Reply, finish: str, words: str) -> None:
    list(reply.feed(say("Hello") + end(finish=finish)))
    (warning,) = reply.finish()
    assert isinstance(warning, Step)
    assert (warning.type, warning.status) == ("warning", "completed")
    assert words in warning.message


@pytest.mark.parametrize("bad", [b"{", b"[]", b'{"choices": 7}', b'{"choices":[{"delta":[]}]}'])
def test_a_chunk_that_says_nothing_costs_itself_alone(reply: Reply, bad: bytes) -> None:
    outputs = list(reply.feed(say("Hello") + b"data: " + bad + b"\n\n" + say(" there")))
    assert outputs == [Text("Hello there")]
    assert reply.failure is None


@pytest.mark.parametrize("answer", ["<", "<think>Hm</thi", "Hello"])
def test_the_first_token_never_comes_before_the_question(reply: Reply, answer: str) -> None:
    list(reply.feed(say(answer)))
    list(reply.rest())
    assert reply.begun
    assert (reply.usage().first_token_ms or 0) >= 0


def test_what_was_held_back_comes_at_last(reply: Reply) -> None:
    assert list(reply.feed(say("<thi"))) == []
    assert list(reply.rest()) == [Text("<thi")]
    assert reply.begun
    assert list(reply.rest()) == []


def test_an_unfinished_thought_is_kept_whole(reply: Reply) -> None:
    list(reply.feed(say("<think>Hm", " so </thi")))
    assert reasoning(list(reply.rest())) == [("Hm so </thi", "completed")]


@pytest.mark.parametrize("tokens", [10**400, -1], ids=["huge", "negative"])
def test_a_count_of_tokens_that_can_not_be_is_none(reply: Reply, tokens: int) -> None:
    counted = b'data: {"usage": {"completion_tokens": %d}}\n\n' % tokens
    list(reply.feed(say("Hello") + counted + DONE))
    assert reply.usage().answer_tokens is None


@pytest.mark.parametrize("nested", [b"[", b'{"content": ', b'{"error": '])
def test_what_is_nested_beyond_measure_costs_itself_alone(reply: Reply, nested: bytes) -> None:
    deep = b'data: {"choices": ' + nested * 100_000 + b"\n\n"
    assert list(reply.feed(deep + say("Hello"))) == [Text("Hello")]
    behind = say(" there")[:-2] + nested * 10_000 + b"\n\n"
    assert list(reply.feed(behind)) == [Text(" there")]
