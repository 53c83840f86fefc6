from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.chat.assistants.model.thinking import Thinking


def part(*pieces: str) -> tuple[str, str]:
    thinking = Thinking()
    parts = [thinking.feed(piece) for piece in pieces] + [thinking.finish()]
    return "".join(thought for thought, _ in parts), "".join(answer for _, answer in parts)


@pytest.mark.parametrize(
    ("text", "thought", "answer"),
    [
        ("Hello", "", "Hello"),
        ("<think>Hm.</think>\n\nHello", "Hm.", "Hello"),
        ("\n <think>\nHm.\n</think>Hello", "\nHm.\n", "Hello"),
        ("<think></think>Hello", "", "Hello"),
        ("<think>1 < 2 </ think></think>No", "1 < 2 </ think>", "No"),
        ("<thinking>Hello", "", "<thinking>Hello"),
        ("Hello <think>you</think>", "", "Hello <think>you</think>"),
        ("<think>a</think>b<think>c</think>", "a", "b<think>c</think>"),
        ("<think>never ends </thi", "never ends </thi", ""),
        ("<thi", "", "<thi"),
        ("  Hello", "", "  Hello"),
        (" \n", "", " \n"),
        ("", "", ""),
    ],
)
def test_a_block_at_the_start_is_a_thought_wherever_it_is_cut(
    text: str, thought: str, answer: str
) -> None:
    assert part(text) == (thought, answer)
    assert part(*text) == (thought, answer)
    for cut in range(len(text)):
        assert part(text[:cut], text[cut:]) == (thought, answer)


@given(st.lists(st.sampled_from(["<", "think>", "/think>", "a", "\n", "</", "<think>"])))
def test_no_way_to_cut_a_text_changes_its_parts(pieces: list[str]) -> None:
    assert part(*pieces) == part("".join(pieces))


def test_text_is_not_held_back_once_it_can_be_no_tag() -> None:
    thinking = Thinking()
    assert thinking.feed("<t") == ("", "")
    assert thinking.feed("a") == ("", "<ta")
    assert thinking.feed("<think>") == ("", "<think>")


@pytest.mark.parametrize(("text", "over"), [("<t", False), ("Hello", True), ("<think>", False)])
def test_it_knows_when_all_that_follows_is_answer(text: str, over: bool) -> None:
    thinking = Thinking()
    thinking.feed(text)
    assert thinking.over is over
