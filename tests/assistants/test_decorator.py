"""What can be an assistant, and what is said where something can't."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from quart_chat.assistants import (
    InvalidAssistant,
    Output,
    Question,
    Step,
    assistant,
)


async def two(question: Question) -> AsyncIterator[Output]:
    yield question.prompt
    yield Step("second", "Second")


async def test_a_generator_answers_under_its_name() -> None:
    made = assistant("two", title="Both")(two)
    assert (made.name, made.title) == ("two", "Both")
    outputs = [output async for output in made.answer(Question("Hello", "me", "chat"))]
    assert outputs == ["Hello", Step("second", "Second")]


def test_without_a_title_the_name_is_shown() -> None:
    assert assistant("two")(two).title == "Two"


@pytest.mark.parametrize("name", ["", "Two", "2", "two words", "a" * 33, "two\n", None])
def test_a_name_that_can_not_be_used_is_refused_with_the_place(name: Any) -> None:
    with pytest.raises(InvalidAssistant, match=r"test_decorator\.py:\d+: its name is"):
        assistant(name)(two)


@pytest.mark.parametrize("title", ["", " ", "a" * 61, "two\nlines", 2])
def test_a_title_that_can_not_be_used_is_refused(title: Any) -> None:
    with pytest.raises(InvalidAssistant, match="its title is"):
        assistant("two", title=title)(two)


async def coroutine(question: Question) -> str:
    return question.prompt


def generator(question: Question) -> Iterator[str]:
    yield question.prompt


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (coroutine, "it never yields"),
        (generator, 'write "async def"'),
        (lambda question: None, "no asynchronous generator"),
        (7, "it is 7, and no"),
    ],
)
def test_what_is_no_asynchronous_generator_is_refused(function: Any, reason: str) -> None:
    with pytest.raises(InvalidAssistant, match=reason):
        assistant("two")(function)


def test_a_step_is_changed_by_a_word() -> None:
    step = Step("read", "Reading", parent="all")
    assert step.at(0.5) == Step("read", "Reading", progress=0.5, parent="all")
    assert step.done() == Step("read", "Reading", "completed", parent="all")
    assert step.done("Read") == Step("read", "Read", "completed", parent="all")
    assert step.failed("Torn") == Step("read", "Torn", "failed", parent="all")
