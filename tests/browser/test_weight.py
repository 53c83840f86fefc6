"""What a page loads by itself: how much, at most, and in how many files."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenTab
from tests.conftest import FIGURES

pytestmark = pytest.mark.asyncio(loop_scope="session")

WEIGHT = 75 * 1024
# What a person waits for, as the browser itself measures it.
TIMES = """async () => {
  const painted = (name) => new Promise((resolve) => {
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
      if (entry.name === name) resolve(entry.startTime);
    })).observe({ type: "paint", buffered: true });
  });
  await customElements.whenDefined("chat-app");
  const [page] = performance.getEntriesByType("navigation");
  return {
    "first contentful paint": await painted("first-contentful-paint"),
    interactive: page.domContentLoadedEventEnd,
    "whole page": performance.now(),
  };
}"""
# Scripts that a page loads without being asked to where there are many chats, models to choose,
# code that is being written, or a queue.
BY_ITSELF = (
    "js/list/page-link.js",
    "js/composer/chat-choice.js",
    "js/markdown/colours.js",
    "js/chat/chat-queue.js",
)


def files(urls: set[str]) -> list[str]:
    """The scripts and styles among what was loaded."""
    return sorted(url for url in urls if urlsplit(url).path.endswith((".js", ".css")))


async def weight(page: Page, urls: set[str]) -> int:
    """The bytes of the scripts and styles that were loaded or may be, compressed."""
    (script,) = await page.evaluate(
        "[...document.querySelectorAll('script[src]')].map((s) => s.src)"
    )
    responses = {url: await page.request.get(url) for url in files(urls)}
    for name in BY_ITSELF:
        # Only a page that may load the script has a file of it.
        url = f"{script}/{name}"
        responses[url] = await page.request.get(url)
    bodies = [await response.body() for response in responses.values() if response.ok]
    return sum(len(gzip.compress(body, 9)) for body in bodies)


async def fill_list(page: Page) -> None:
    """Start chats until the list has a second page."""
    while not (await (await page.request.get("/api/chatbot/workflows")).json())["next"]:
        data = {"prompt": "count 1 1ms", "assistant": "slow"}
        await page.request.post("/api/chatbot/start/stream", data=data)


async def test_a_page_is_light_with_a_long_list_and_an_answer(
    open_tab: OpenTab, record_property: Callable[[str, object], None]
) -> None:
    tab = await open_tab()
    await fill_list(tab.page)
    found = []
    urls: set[str] = set()
    tab.page.on("request", lambda request: urls.add(request.url))
    # First on the page of a new chat, then on the page of that chat.
    for number, name in enumerate(("new chat", "chat"), start=1):
        urls.clear()
        async with tab.page.expect_response(re.compile(r"/page-link\.js$")):
            await tab.page.reload()
        times = await tab.page.evaluate(TIMES)
        await tab.ask("count 3 1ms")
        await tab.until_ended("complete", number)
        await expect(tab.answer(number).locator("p")).to_have_text("1 2 3")
        size = await weight(tab.page, urls)
        figures = {"weight": f"{size / 1024:.1f} KB", "files": f"{len(files(urls))}"}
        figures |= {key: f"{value:.0f} ms" for key, value in times.items()}
        found.append(f"{name}: " + ", ".join(f"{key} {value}" for key, value in figures.items()))
        assert size <= WEIGHT
    record_property(FIGURES, "; ".join(found))
