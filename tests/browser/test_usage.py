"""What an answer took is said in the same words by the server and by the browser."""

from __future__ import annotations

import pytest
from playwright.async_api import Page
from quart import Quart

from tests.web.test_usage import USAGES, describe

pytestmark = pytest.mark.asyncio(loop_scope="session")

DESCRIBE = """async ([usages, author]) => {
  const { describeUsage } = await import("/js/chat/usage.js");
  return usages.map((usage) => describeUsage(usage, author));
}"""


@pytest.mark.parametrize("author", ["tiny", "Poet"])
async def test_what_an_answer_took_is_said_alike(app: Quart, modules: Page, author: str) -> None:
    async with app.test_request_context("/"):
        expected = [await describe(app, usage, author) for usage in USAGES]
    items = [usage.to_item() for usage in USAGES]
    assert await modules.evaluate(DESCRIBE, [items, author]) == expected
