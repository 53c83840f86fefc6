"""What an answer took, in words, as far as its assistant knows."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from itertools import product
from pathlib import Path

import pytest
from quart import Quart

from quart_chat import create_app
from quart_chat.assistants.decorator import assistant
from quart_chat.assistants.protocol import Output, Question, Text, Usage
from tests.web.streams import ask, workflow_id

USAGES = [
    Usage("tiny", *values) for values in product((None, 9), (None, 1234), (None, 5.5), (None, 70.0))
]
"""An answer of which each of what may be unknown is known, or is not."""


async def describe(app: Quart, usage: Usage, author: str = "tiny") -> str:
    """The words of the page."""
    macro = '{% from "_round.html" import usage %}{{ usage(used, author) }}'
    template = app.jinja_env.from_string(macro)
    return str(await template.render_async(used=usage, author=author)).strip()


@pytest.mark.parametrize(
    ("usage", "words"),
    [
        (Usage("tiny"), ""),
        (Usage("tiny", 37, 310, 99.4), "37 in · 310 out · 99.4 tok/s"),
        (Usage("tiny", 37, 310, 299.4), "37 in · 310 out · 299 tok/s"),
        (Usage("tiny", None, 5), "5 out"),
        (Usage("tiny", 9), ""),
        (Usage("tiny", 9, 5, None, 70.0), "9 in · 5 out"),
        (Usage("tiny", None, None, 7.5), "7.5 tok/s"),
    ],
)
async def test_what_is_not_known_is_left_out(app: Quart, usage: Usage, words: str) -> None:
    async with app.test_request_context("/"):
        assert await describe(app, usage) == words


@pytest.mark.parametrize(
    ("author", "words"), [("tiny", "9 in · 5 out"), ("Poet", "tiny · 9 in · 5 out")]
)
async def test_a_model_is_named_where_the_author_is_not_the_model(
    app: Quart, author: str, words: str
) -> None:
    async with app.test_request_context("/"):
        assert await describe(app, Usage("tiny", 9, 5), author) == words


async def test_a_chat_opens_whatever_is_known(tmp_path: Path) -> None:
    @assistant("mine")
    async def mine(question: Question) -> AsyncGenerator[Output, None]:
        yield Text("Hello")
        yield USAGES[int(question.prompt)]

    app = create_app({"QUART_CHAT_INSTANCE": tmp_path / "instance"}, assistants=[mine])
    async with app.test_app() as running:
        client = running.test_client()
        for number in range(len(USAGES)):
            chat = workflow_id(await ask(client, str(number), assistant="mine"))
            assert (await client.get(f"/chat/{chat}")).status_code == 200, USAGES[number]
