"""Who signs an answer is the same on the server and in the browser."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from tests.web.test_author import CASES, TITLES

pytestmark = pytest.mark.asyncio(loop_scope="session")

SIGN = """async ([answers, titles]) => {
  const { author } = await import("/js/chat/author.js");
  return answers.map((answer) => author(answer, titles));
}"""


async def test_an_answer_is_signed_alike(modules: Page) -> None:
    answers = [
        {"assistant": name, "usage": None if usage is None else usage.to_item()}
        for name, usage, _ in CASES
    ]
    signed = await modules.evaluate(SIGN, [answers, TITLES])
    assert signed == [signed_by for _, _, signed_by in CASES]
