"""A message is cut into its questions, and only where each can be asked by itself."""

from __future__ import annotations

import pytest

from quart_chat.search.questions.several import split_questions


@pytest.mark.parametrize(
    ("prompt", "parts"),
    [
        (
            "How long is the warranty, and who pays the shipping?",
            ("How long is the warranty", "who pays the shipping?"),
        ),
        ("How long is it? Who pays for it?", ("How long is it?", "Who pays for it?")),
        (
            "What is the notice period and are pets allowed?",
            ("What is the notice period", "are pets allowed?"),
        ),
        (
            "Bis wann muss ich zahlen, und wie hoch ist der Betrag?",
            ("Bis wann muss ich zahlen", "wie hoch ist der Betrag?"),
        ),
        (
            "Kann ich Bilder hochladen und gibt es eine Grenze?",
            ("Kann ich Bilder hochladen", "gibt es eine Grenze?"),
        ),
    ],
)
def test_several_questions_are_told_apart(prompt: str, parts: tuple[str, ...]) -> None:
    assert split_questions(prompt) == parts


@pytest.mark.parametrize(
    "prompt",
    [
        "How do I export and import chats?",
        "What is the difference between stop and cancel?",
        "And who takes care of the food?",
        "How long is the warranty, and why?",
        "I deleted a chat. How do I get it back?",
        "warranty and when",
        "What is a" + " " * 500 + "and what is b?",
        "What is a? What is b? What is c? What is d?",
    ],
)
def test_one_question_stays_whole(prompt: str) -> None:
    assert split_questions(prompt) == (prompt,)
