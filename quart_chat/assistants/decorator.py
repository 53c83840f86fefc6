"""An assistant made of one asynchronous generator."""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from typing import cast

from quart_chat.assistants.protocol import Output, Question

Answer = Callable[[Question], AsyncIterator[Output]]
"""An asynchronous generator that answers a question."""

MAX_TITLE = 60
"""Characters in the title of an assistant."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class InvalidAssistant(Exception):
    """What is offered is no assistant; the message says what is wrong, and where."""


@dataclass(frozen=True, slots=True)
class FunctionAssistant:
    """A function that answers, under a name; see :func:`assistant`."""

    name: str
    title: str
    function: Callable[[Question], AsyncGenerator[Output, None]]

    def answer(self, question: Question) -> AsyncGenerator[Output, None]:
        return self.function(question)


def assistant(name: str, *, title: str | None = None) -> Callable[[Answer], FunctionAssistant]:
    """Make an assistant of an asynchronous generator.

    Args:
        name: What requests call it: a lower-case letter, then letters, digits, "_" and "-".
        title: What people call it; the name, if there is none.

    Raises:
        InvalidAssistant: The name or the title can't be used, or the function is no asynchronous
            generator.
    """

    def define(function: Answer) -> FunctionAssistant:
        fault = name_fault(name, title) or _function_fault(function)
        if fault is not None:
            raise InvalidAssistant(f"@assistant({name!r}) in {_place(function)}: {fault}")
        generate = cast("Callable[[Question], AsyncGenerator[Output, None]]", function)
        return FunctionAssistant(name, title or name.capitalize(), generate)

    return define


def name_fault(name: object, title: object) -> str | None:
    """Why a name, or a title if there is one, can't be used."""
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        return (
            f"its name is {name!r}; expected a lower-case letter and up to 31 more letters, digits,"
            ' "_" or "-".'
        )
    if title is None:
        return None
    readable = isinstance(title, str) and title.strip() and title.isprintable()
    if not readable or len(str(title)) > MAX_TITLE:
        return f"its title is {title!r}; expected one line of 1 to {MAX_TITLE} characters."
    return None


def _function_fault(function: object) -> str | None:
    if inspect.isasyncgenfunction(function):
        return None
    if inspect.iscoroutinefunction(function):
        return 'it never yields: write "yield" where it has something to say.'
    if inspect.isgeneratorfunction(function):
        return 'it is an ordinary generator: write "async def".'
    return f"it is {function!r}, and no asynchronous generator."


def _place(function: object) -> str:
    code = getattr(function, "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else repr(function)
