"""Marks of chat templates around an answer, and answers about them."""

from __future__ import annotations

import pytest

from tests.assistants.openai.replies.test_repeats import said
from tests.assistants.openai.test_shapes import END, C


def in_pieces(text: str) -> str:
    """What is answered where a text comes whole, in small pieces, and letter by letter."""
    heard = [
        said(*(C(text[at : at + size]) for at in range(0, len(text), size)), END)[1]
        for size in (len(text), 3, 1)
    ]
    assert len(set(heard)) == 1
    return heard[0]


@pytest.mark.parametrize(
    "mark",
    [
        *("<|im_end|>", "<|eot_id|>", "<|endoftext|>", "</s>", "<eos>", "<end_of_turn>"),
        *("<|END_OF_TURN_TOKEN|>", "<｜end▁of▁sentence｜>", "<|end|>\n<|return|>", " </s>\n"),
        *("\n<|im_end|>\n", "</s></s>"),
    ],
)
def test_a_mark_behind_the_last_word_is_no_text(mark: str) -> None:
    assert in_pieces(f"a < b, `<b>` and <i>.{mark}").rstrip() == "a < b, `<b>` and <i>."


@pytest.mark.parametrize(
    "text",
    [
        "The mark is <|im_end|>",
        "Write `</s>",
        "Write `</s>`",
        "It is called “<|eot_id|>",
        "```\nend = '<|im_end|>'\n<|im_end|>",
        "```\n<|im_end|>\n```",
        "<s>old</s>",
        '<s title="gone">old</s>',
        "The mark is: </s>",
        "It ends a turn:\n\n<|im_end|>\n",
        "Between <|im_end|> and the next turn nothing stands.",
        "a <",
        "a <|b",
        "<answer>Hi!</answer>",
    ],
)
def test_a_mark_that_an_answer_is_about_stays(text: str) -> None:
    assert in_pieces(text) == text


@pytest.mark.parametrize(
    "head",
    [
        "<|im_start|>assistant\n",
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
        "<|start|>assistant<|channel|>final<|message|>",
        "<start_of_turn>model\n",
        "<think>Hm</think>",
        "<|im_start|>assistant\n<think>Hm</think>",
        "<think>Hm</think>\n<answer>",
    ],
)
def test_a_mark_before_the_first_word_is_no_text(head: str) -> None:
    assert in_pieces(f"{head}Hi!") == "Hi!"


@pytest.mark.parametrize("thought", ["<think>Hm</think>", "Hm</think>\n"])
def test_the_marks_around_an_answer_behind_a_thought_are_no_text(thought: str) -> None:
    assert in_pieces(f"{thought}<answer>Hi!</answer>") == "Hi!"
    about = f"{thought}Write <answer>Hi!</answer>"
    assert in_pieces(about) == "Write <answer>Hi!</answer>"
