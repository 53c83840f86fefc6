"""The application with an assistant whose pace a test sets. Run as ``python -m tests.app serve``.

"count 50 20ms" makes it write "1 2 3 ... 50 " with 20 ms between the words; "wait" makes it say
nothing until it is stopped; "fail" makes it fail after a word; "progress 1000" makes it report its
progress that often before it says a word; "answer 2ms" makes it give a long answer in short pieces;
the names of the long answers in tests/answer.py make it give those; "nest" makes it do things in
things, and "nest and wait" makes it wait in the midst of them.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from functools import cache, partial
from importlib.metadata import entry_points
from typing import Any
from unittest.mock import patch

from quart import Quart
from quart.testing import TestApp
from werkzeug.routing import Rule

from quart_chat import create_app
from quart_chat.accounts import service as accounts
from quart_chat.accounts.passwords.hashing import Hasher
from quart_chat.assistants import registry
from quart_chat.assistants.protocol import AssistantError, Output, Question, Step, Text
from quart_chat.cli import main
from quart_chat.web.serving import lifespan
from quart_chat.web.static import assets
from tests.answer import LONG_ANSWERS, long_answer, pieces
from tests.databases import settings_of
from tests.empty_store import open_copy

_PROGRESS = re.compile(r"progress (\d+)")
_ANSWER = re.compile(r"answer (\d+)ms")
_COUNT = re.compile(r"count (\d+) (\d+)ms")


class SlowAssistant:
    name = "slow"
    title = "Slow"

    async def answer(self, question: Question) -> AsyncGenerator[Output, None]:  # noqa: C901 - one case a prompt
        yield Step("read", "Reading the question", "completed")
        if question.prompt == "wait":
            await asyncio.Event().wait()
        if question.prompt == "fail":
            yield Text("Well ")
            raise AssistantError("out_of_words", "The words have run out.")
        if match := _PROGRESS.fullmatch(question.prompt):
            for number in range(total := int(match[1])):
                yield Step("progress", "Working", type="progress", progress=number / total)
        if match := _ANSWER.fullmatch(question.prompt):
            for piece in pieces(long_answer()):
                yield Text(piece)
                await asyncio.sleep(int(match[1]) / 1000)
            return
        if question.prompt in LONG_ANSWERS:
            async for output in _long(LONG_ANSWERS[question.prompt]()):
                yield output
            return
        if question.prompt.startswith("nest"):
            async for step in _nested(wait=question.prompt.endswith("wait")):
                yield step
        match = _COUNT.fullmatch(question.prompt)
        words, pause = (int(match[1]), int(match[2])) if match else (3, 0)
        yield Step("count", f"Counting to {words}")
        for number in range(1, words + 1):
            yield Text(f"{number} ")
            await asyncio.sleep(pause / 1000)
        yield Step("count", f"Counted to {words}", "completed")


async def _long(text: str) -> AsyncGenerator[Text, None]:
    for at in range(0, len(text), 100):
        yield Text(text[at : at + 100])
        await asyncio.sleep(0.002)


async def _nested(*, wait: bool) -> AsyncGenerator[Step, None]:
    """A step with two parts, the second of them six deep."""
    whole, first = Step("whole", "Comparing two texts"), Step("0", "Reading", parent="whole")
    deep = [
        Step(str(n), f"Level {n}", parent=str(n - 1) if n > 1 else "whole") for n in range(1, 7)
    ]
    for step in (whole, first, first.done(), whole.at(0.5), *deep):
        yield step
    if wait:
        await asyncio.Event().wait()
    for step in (*reversed(deep), whole):
        yield step.done()


class PatientTestApp(TestApp):
    """One that may take a minute to start or to end: a machine may have more to do."""

    def __init__(self, app: Quart) -> None:
        super().__init__(app, startup_timeout=60, shutdown_timeout=60)


def create_test_app(config: Mapping[str, Any] | None = None) -> Quart:
    """Create an app; what all of the hundreds in one process have in common is made once."""
    config = dict(config or {})
    if "QUART_CHAT_INSTANCE" in config:
        config = {**settings_of(config["QUART_CHAT_INSTANCE"]), **config}
    with (
        patch.object(assets, "Assets", _make_assets),
        patch.object(registry, "entry_points", _find_entry_points),
    ):
        return create_app(config, assistants=[SlowAssistant()])


_make_assets = cache(assets.Assets)
_find_entry_points = cache(entry_points)
_write_builder = Rule._compile_builder
_builders: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}


def _compile_builder(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    """What makes the addresses of a route; it depends on nothing but what is the key here."""
    converters = tuple((name, type(value)) for name, value in rule._converters.items())
    defaults = tuple((rule.defaults or {}).items())
    key = (rule.rule, rule.subdomain, rule.host, defaults, converters, append_unknown)
    if key not in _builders:
        _builders[key] = _write_builder(rule, append_unknown)
    return _builders[key]


# For every app of the process, also those that tests make otherwise.
patch.object(Quart, "test_app_class", PatientTestApp).start()
patch.object(Rule, "_compile_builder", _compile_builder).start()
patch.object(lifespan, "open_storage", open_copy).start()
# A hash is made to take long: a tenth of a second with each password that a test sets or shows.
patch.object(accounts, "Hasher", partial(Hasher, memory=8, passes=1)).start()


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line with this application."""
    return main(arguments, factory=create_test_app)


if __name__ == "__main__":
    sys.exit(run())
