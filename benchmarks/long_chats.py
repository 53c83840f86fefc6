"""How long chats open and how typing in them feels: ``python -m benchmarks.long_chats``.

Opens a chat in Chromium, on a server of its own, and prints medians in milliseconds. Needs what the
tests need (``make .venv/.test chromium``).

- first byte: until the page begins to arrive; the server has read and rendered by then
- painted: until the first content is on the screen
- interactive: until every script has run and the question field takes input
- a key: what the main thread of the page does for one key that is typed, and the most that an
  event took from the key to what it changed, in steps of 8 ms
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from tests.browser.tab import ARGUMENTS
from tests.browser.weight import PAINTED
from tests.long_chat import write_long_chat
from tests.server import TEST_SERVER, Server

KEYS = "What would be the shortest way to say all of this again? "
OPENINGS = 7

OPENED = """() => {
  const [page] = performance.getEntriesByType("navigation");
  return {
    "first byte": page.responseStart,
    interactive: page.domContentLoadedEventEnd,
    rounds: document.querySelectorAll("chat-round").length,
  };
}"""

WATCH_EVENTS = """() => {
  window.slowest = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      window.slowest = Math.max(window.slowest, duration);
    }
  }).observe({ type: "event", durationThreshold: 16 });
}"""

LOAD_ALL = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  while (!document.querySelector(".earlier-link").hidden) {
    scrollTo({ top: 0, behavior: "instant" });
    await frame();
  }
  scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
  await frame();
}"""


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, nargs="*", default=[5, 500, 5000])
    sizes: list[int] = parser.parse_args().rounds
    with (
        TemporaryDirectory() as folder,
        Server(instance=Path(folder) / "instance", command=TEST_SERVER) as server,
    ):
        async with async_playwright() as playwright:
            path = shutil.which("chromium")
            browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
            for rounds in sizes:
                chat = write_long_chat(server.instance, rounds)
                await measure(browser, f"{server.url}/chat/{chat}", rounds)
            await browser.close()


async def measure(browser: Browser, url: str, rounds: int) -> None:
    openings = [await opened(browser, url) for _ in range(OPENINGS)]
    figures = {name: median(each[name] for each in openings) for name in openings[0]}
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(url)
    figures |= await typed(page, "a key")
    if rounds <= 1000:
        await page.evaluate(LOAD_ALL)
        figures |= await typed(page, "a key with all rounds loaded")
    print(f"{2 * rounds:,} messages")
    for name, figure in figures.items():
        print(f"  {name:40} {figure:8.1f}")
    await context.close()


async def opened(browser: Browser, url: str) -> dict[str, float]:
    """Open the page as somebody does who has never been here."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(url)
    painted = await page.evaluate(PAINTED)
    found: dict[str, float] = await page.evaluate(OPENED)
    await context.close()
    return {"painted": painted} | found


async def typed(page: Page, name: str) -> dict[str, float]:
    await page.evaluate(WATCH_EVENTS)
    await page.focus("#prompt")
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable")
    before = await busy(session)
    for key in KEYS:
        await page.keyboard.press(key)
    spent = await busy(session) - before
    slowest = await page.evaluate("window.slowest")
    await page.fill("#prompt", "")
    await session.detach()
    return {name: 1000 * spent / len(KEYS), f"{name}, slowest event": slowest}


async def busy(session: Any) -> float:
    """Seconds that the page's main thread has worked."""
    metrics = (await session.send("Performance.getMetrics"))["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


if __name__ == "__main__":
    asyncio.run(main())
