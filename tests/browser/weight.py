"""What a page loads by itself: how much, and in how many files."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.async_api import Page, expect

from tests.browser.tab import Tab

WEIGHT = 75 * 1024
"""Bytes of scripts and styles that a page may load by itself, compressed."""

PAINTED = """() => new Promise((resolve) => {
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
    if (entry.name === "first-contentful-paint") resolve(entry.startTime);
  })).observe({ type: "paint", buffered: true });
})"""
"""When the first content is on the screen: the browser may say so later than it runs scripts."""

# What a person waits for, as the browser itself measures it.
_TIMES = """async () => {
  await customElements.whenDefined("chat-app");
  const [page] = performance.getEntriesByType("navigation");
  return {
    interactive: page.domContentLoadedEventEnd,
    "whole page": performance.now(),
  };
}"""
# Scripts that a page loads without being asked to where there are many chats, models to choose,
# code that is being written, or a queue.
_BY_ITSELF = (
    "js/list/page-link.js",
    "js/composer/chat-choice.js",
    "js/markdown/colours.js",
    "js/chat/chat-queue.js",
)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A page that has been loaded, and has shown an answer.

    Attributes:
        size: Bytes of the scripts and styles that were loaded or may be, compressed.
        files: Scripts and styles that were loaded.
        foreign: Requests to other servers.
        times: Milliseconds until the page was there, by name.
    """

    name: str
    size: int
    files: int
    foreign: int
    times: dict[str, float]


async def weigh_pages(tab: Tab) -> list[Weighed]:
    """Weigh the page of a new chat and that of a chat, with a long list and an answer."""
    page = tab.page
    await _fill_list(page)
    urls: set[str] = set()
    page.on("request", lambda request: urls.add(request.url))
    weighed = []
    # First on the page of a new chat, then on the page of that chat.
    for number, name in enumerate(("new chat", "chat"), start=1):
        urls.clear()
        async with page.expect_response(re.compile(r"/page-link\.js$")):
            await page.reload()
        painted = await page.evaluate(PAINTED)
        times = {"first contentful paint": painted} | await page.evaluate(_TIMES)
        await tab.ask("count 3 1ms")
        await tab.until_ended("complete", number)
        await expect(tab.answer(number).locator("p")).to_have_text("1 2 3")
        host = urlsplit(page.url).netloc
        foreign = sum(urlsplit(url).netloc not in {host, ""} for url in urls)
        size = await weigh(page, urls)
        weighed.append(Weighed(name, size, len(_files(urls)), foreign, times))
    return weighed


async def _fill_list(page: Page) -> None:
    """Start chats until the list has a second page."""
    while not (await (await page.request.get("/api/chatbot/workflows")).json())["next"]:
        data = {"prompt": "count 1 1ms", "assistant": "slow"}
        await page.request.post("/api/chatbot/start/stream", data=data)


def _files(urls: set[str]) -> list[str]:
    """The scripts and styles among what was loaded."""
    return sorted(url for url in urls if urlsplit(url).path.endswith((".js", ".css")))


async def weigh(page: Page, urls: set[str]) -> int:
    """The bytes of the scripts and styles that were loaded or may be, compressed."""
    (script,) = await page.evaluate(
        "[...document.querySelectorAll('script[src]')].map((s) => s.src)"
    )
    responses = {url: await page.request.get(url) for url in _files(urls)}
    for name in _BY_ITSELF:
        # Only a page that may load the script has a file of it.
        url = f"{script}/{name}"
        responses[url] = await page.request.get(url)
    bodies = [await response.body() for response in responses.values() if response.ok]
    return sum(len(gzip.compress(body, 9)) for body in bodies)
