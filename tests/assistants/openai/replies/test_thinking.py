from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.assistants.openai.replies.thinking import Parts, Thinking


def part(*pieces: str) -> tuple[str, str]:
    thinking = Thinking()
    thought = answer = ""
    for parts in (*map(thinking.feed, pieces), thinking.finish()):
        if parts.recalled:
            assert parts.thought.startswith(answer)
            answer = ""
        thought += parts.thought
        answer += parts.answer
    return thought, answer


@pytest.mark.parametrize(
    ("text", "thought", "answer"),
    [
        ("Hello", "", "Hello"),
        ("<think>Hm.</think>\n\nHello", "Hm.", "Hello"),
        ("\n <think>\nHm.\n</think>Hello", "\nHm.\n", "Hello"),
        ("<think></think>Hello", "", "Hello"),
        ("<think>1 < 2 </ think></think>No", "1 < 2 </ think>", "No"),
        ("<thinking>Hm</thinking>Hello", "Hm", "Hello"),
        ("<THINK>Hm</Think>Hello", "Hm", "Hello"),
        ("[THINK]Hm[/THINK]Hello", "Hm", "Hello"),
        ("<seed:think>Hm</seed:think>Hello", "Hm", "Hello"),
        ("◁think▷Hm◁/think▷Hello", "Hm", "Hello"),
        ("<think>a</think>\n<think>b</think>Hi", "a\n\nb", "Hi"),
        (
            "<|channel|>analysis<|message|>Hm<|end|><|start|>assistant<|channel|>final<|message|>Hi",
            "Hm",
            "Hi",
        ),
        # The first mark was part of the prompt
        ("Let me think.</think>\n\nHi", "Let me think.", "Hi"),
        ("Let me think.\n</think>Hi", "Let me think.\n", "Hi"),
        ("</think>\n\nHi", "", "Hi"),
        ("Hm[/THINK]Hi", "Hm", "Hi"),
        ("Hm </thinking>\nHi", "Hm ", "Hi"),
        ("Is it `a`?\n</think>\nHi", "Is it `a`?\n", "Hi"),
        ("Close with </think> here. Done.</think>\nHi", "Close with </think> here. Done.", "Hi"),
        ("Hm</think>", "Hm", ""),
        ("Done. </think> Hi", "Done. ", "Hi"),
        ("好。 </think> 你好", "好。 ", "你好"),
        ('I say "hello"</think>\n\nHi', 'I say "hello"', "Hi"),
        ("Ich sage „Hallo“</think>Hi", "Ich sage „Hallo“", "Hi"),
        ("It is `x`.\n**Done.**</think>Hi", "It is `x`.\n**Done.**", "Hi"),
        ("So `x`</think>Hi", "So `x`", "Hi"),
        # The end comes twice, or the answer is marked as well
        ("Hm</think></think>\n\nHi", "Hm", "Hi"),
        ("<think>Hm</think>\n</think>Hi", "Hm", "Hi"),
        ("<think>Hm</think>\n<answer>\nHi", "Hm", "Hi"),
        ("<think>Hm</think>Hi <answer>", "Hm", "Hi <answer>"),
        ("<answer>Hi", "", "<answer>Hi"),
        # The answer is about marks
        ("Hello <think>you</think>", "", "Hello <think>you</think>"),
        ("Write `</think>` at the end.", "", "Write `</think>` at the end."),
        ("It ends with </think> there.", "", "It ends with </think> there."),
        ('The mark "</think>" ends it.', "", 'The mark "</think>" ends it.'),
        ("Don't forget '</think>' here.", "", "Don't forget '</think>' here."),
        ("The **</think>** tag", "", "The **</think>** tag"),
        ("The <code></think></code> tag", "", "The <code></think></code> tag"),
        ("|a|\n|-|\n|</think>|", "", "|a|\n|-|\n|</think>|"),
        ("标签「</think>」表示结束", "", "标签「</think>」表示结束"),
        ("标记“</think>”表示结束", "", "标记“</think>”表示结束"),
        ("```xml\n<a>\n</think>\n```\nDone", "", "```xml\n<a>\n</think>\n```\nDone"),
        ("Use `a\n</think>x` so", "", "Use `a\n</think>x` so"),
        ("A link [think](x) [/thin", "", "A link [think](x) [/thin"),
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


PIECES = [
    "<",
    "think>",
    "/think>",
    "a",
    "\n",
    "</",
    "<think>",
    "[/",
    "THINK]",
    "`",
    " ",
    "</think>",
]


@given(st.lists(st.sampled_from(PIECES)))
def test_no_way_to_cut_a_text_changes_its_parts(pieces: list[str]) -> None:
    assert part(*pieces) == part("".join(pieces))


def test_text_is_not_held_back_once_it_can_be_no_tag() -> None:
    thinking = Thinking()
    assert thinking.feed("<t") == Parts()
    assert thinking.feed("a") == Parts(answer="<ta")
    assert thinking.feed("<think>") == Parts(answer="<think>")
    assert thinking.feed("</") == Parts()
    assert thinking.feed("b>") == Parts(answer="</b>")


@pytest.mark.parametrize(
    ("text", "over"),
    [("<t", False), ("Hello", False), ("<think>", False), ("<think>Hm</think>Hello", True)],
)
def test_it_knows_when_all_that_follows_is_answer(text: str, over: bool) -> None:
    thinking = Thinking()
    thinking.feed(text)
    assert thinking.over is over
