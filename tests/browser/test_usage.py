"""What an answer took is said in the same words by the server and by the browser."""

from __future__ import annotations

import pytest
from playwright.async_api import Page
from quart import Quart

from tests.web.test_usage import USAGES, describe

pytestmark = pytest.mark.asyncio(loop_scope="session")

DESCRIBE = """async (usages) => {
  const { describeUsage } = await import("/js/chat/usage.js");
  return usages.map(describeUsage);
}"""


async def test_what_an_answer_took_is_said_alike(app: Quart, modules: Page) -> None:
    async with app.test_request_context("/"):
        expected = [await describe(app, usage) for usage in USAGES]
    assert await modules.evaluate(DESCRIBE, [usage.to_item() for usage in USAGES]) == expected
