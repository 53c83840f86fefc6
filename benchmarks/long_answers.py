"""The longest task of a page that shows a long answer: ``python -m benchmarks.long_answers``.

A real server writes 200,000 characters in one paragraph, and 300 formulas; a real Chromium shows
them as they come. While a task runs the page answers to nothing. Printed is the longest task while
the answer is written, and the longest from half a second before its end until two seconds later, as
Chromium traces them: in CPU time, since what else the machine does is not the page's cost.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.async_api import Browser, async_playwright

from tests.answer import LONG_ANSWERS
from tests.browser.tab import ARGUMENTS, Tab
from tests.server import TEST_SERVER, Server

BUDGET_MS = 100
TASKS = {"RunTask", "ThreadControllerImpl::RunTask"}
CATEGORIES = [
    "toplevel",
    "devtools.timeline",
    "disabled-by-default-devtools.timeline",
    "blink.user_timing",
]
# The page itself notes the moment at which the round goes to the log.
NOTE_END = """() => {
  const log = document.querySelector(".log");
  new MutationObserver(() => log.childElementCount && performance.mark("ended"))
    .observe(log, { childList: true });
}"""
QUIET = 2000


async def trace(browser: Browser, url: str, prompt: str) -> list[dict[str, Any]]:
    """The events of Chromium's trace while an answer is asked for and shown."""
    page = await browser.new_page()
    await page.goto(url)
    await page.evaluate(NOTE_END)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json"
        await browser.start_tracing(page=page, path=path, categories=CATEGORIES)
        await Tab(page).ask(prompt)
        await page.wait_for_selector(".log > chat-round", timeout=300_000)
        await page.wait_for_timeout(QUIET)
        await browser.stop_tracing()
        events: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["traceEvents"]
    await page.close()
    return events


def longest(events: list[dict[str, Any]]) -> tuple[float, float]:
    """Milliseconds of the longest task until the end, and from half a second before it on."""
    ended = next(event for event in events if event["name"] == "ended")
    thread = (ended["pid"], ended["tid"])
    tasks = [
        event
        for event in events
        if event["name"] in TASKS and (event["pid"], event["tid"]) == thread and "tdur" in event
    ]
    writing = [task["tdur"] for task in tasks if task["ts"] + task["dur"] < ended["ts"]]
    ending = [task["tdur"] for task in tasks if task["ts"] + task["dur"] >= ended["ts"] - 500_000]
    return max(writing, default=0) / 1000, max(ending, default=0) / 1000


async def main() -> int:
    print(f"{'answer':>10}{'characters':>12}{'written':>12}{'at the end':>12}")
    worst = 0.0
    chromium = shutil.which("chromium")
    with (
        TemporaryDirectory() as folder,
        Server(instance=Path(folder) / "instance", command=TEST_SERVER) as server,
    ):
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            for prompt, text in LONG_ANSWERS.items():
                written, end = longest(await trace(browser, server.url, prompt))
                print(f"{prompt:>10}{len(text()):>12,}{written:>9.0f} ms{end:>9.0f} ms")
                worst = max(worst, written, end)
            await browser.close()
    print(f"longest task: {worst:.0f} ms of {BUDGET_MS} ms")
    return int(worst > BUDGET_MS)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
