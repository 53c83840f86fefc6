"""The longest task of a page that shows a long answer.

``python -m benchmarks.long_answers [--away] [answer ...]``

A real server writes answers of up to 200,000 characters, and with 300 formulas; a real Chromium
shows them as they come, to a reader at their end or, with ``--away``, to one who has scrolled up.
While a task runs the page answers to nothing. Printed is the longest task while the answer is
written, the longest from half a second before its end until two seconds later, and the longest
while the page is loaded again, as Chromium traces them: in CPU time, since what else the machine
does is not the page's cost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

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
# There is more above what is in view.
UNTIL_IT_SCROLLS = """async () => {
  while (document.documentElement.scrollHeight < 2 * innerHeight)
    await new Promise(requestAnimationFrame);
}"""
QUIET = 2000


Events = list[dict[str, Any]]


@asynccontextmanager
async def traced(browser: Browser, page: Page) -> AsyncIterator[Events]:
    """The events of Chromium's trace, in a list that is filled at the end."""
    events: Events = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json"
        await browser.start_tracing(page=page, path=path, categories=CATEGORIES)
        yield events
        await page.wait_for_timeout(QUIET)
        await browser.stop_tracing()
        events += json.loads(path.read_text("utf-8"))["traceEvents"]


async def measure(browser: Browser, url: str, prompt: str, *, away: bool) -> list[float]:
    """Milliseconds of the longest task: until the end, from half a second before, on loading."""
    page = await browser.new_page()
    await page.goto(url)
    await page.evaluate(NOTE_END)
    async with traced(browser, page) as events:
        await Tab(page).ask(prompt)
        if away:
            await page.evaluate(UNTIL_IT_SCROLLS)
            await page.mouse.move(600, 300)
            await page.mouse.wheel(0, -400)
        await page.wait_for_selector(".log > chat-round", timeout=300_000)
    ended = next(event for event in events if event["name"] == "ended")
    async with traced(browser, page) as loading:
        await page.reload()
        await page.evaluate("performance.mark('ended')")
    loaded = next(event for event in loading if event["name"] == "ended")
    await page.close()
    tasks = tasks_beside(ended, events)
    writing = [task for task in tasks if task["ts"] + task["dur"] < ended["ts"]]
    ending = [task for task in tasks if task["ts"] + task["dur"] >= ended["ts"] - 500_000]
    return [longest(writing), longest(ending), longest(tasks_beside(loaded, loading))]


def tasks_beside(mark: dict[str, Any], events: Events) -> Events:
    """The tasks of the thread on which a mark was set."""
    return [
        event
        for event in events
        if event["name"] in TASKS
        and (event["pid"], event["tid"]) == (mark["pid"], mark["tid"])
        and "tdur" in event
    ]


def longest(tasks: Events) -> float:
    return max((task["tdur"] for task in tasks), default=0) / 1000


async def main(prompts: list[str], *, away: bool) -> int:
    print(f"{'answer':>24}{'characters':>12}{'written':>12}{'at the end':>12}{'loaded':>12}")
    worst = 0.0
    chromium = shutil.which("chromium")
    with (
        TemporaryDirectory() as folder,
        Server(instance=Path(folder) / "instance", command=TEST_SERVER) as server,
    ):
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            for prompt in prompts:
                figures = await measure(browser, server.url, prompt, away=away)
                shown = "".join(f"{figure:>9.0f} ms" for figure in figures)
                print(f"{prompt:>24}{len(LONG_ANSWERS[prompt]()):>12,}{shown}", flush=True)
                worst = max(worst, *figures)
            await browser.close()
    print(f"longest task: {worst:.0f} ms of {BUDGET_MS} ms")
    return int(worst > BUDGET_MS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.long_answers")
    parser.add_argument("--away", action="store_true", help="scroll up while it is written")
    parser.add_argument("answers", nargs="*", metavar="answer", help=", ".join(LONG_ANSWERS))
    options = parser.parse_args()
    sys.exit(asyncio.run(main(options.answers or list(LONG_ANSWERS), away=options.away)))
