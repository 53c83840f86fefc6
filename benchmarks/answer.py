"""What showing a long answer costs the browser: ``python -m benchmarks.answer``.

A real server writes an answer of 16 KB with code, lists and a table of 300 rows in pieces of 1 to
20 characters; a real Chromium shows it as it comes. Printed is the time that the page spends in
scripts from the question to the end, as Chromium itself counts it.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, CDPSession, async_playwright

from tests.answer import long_answer, pieces
from tests.browser.tab import ARGUMENTS, Tab
from tests.server import TEST_SERVER, Server

RUNS = 5
# Milliseconds between two pieces.
PAUSES = (0, 2, 5)
BUDGET_MS = 400
# Waits within the page: looking in from outside would cost it more than all it does by itself.
ENDED = """() => new Promise((done) => {
  const log = document.querySelector(".log");
  new MutationObserver(() => log.childElementCount && done()).observe(log, { childList: true });
})"""
FIGURES = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration", "TaskDuration")


async def measure(browser: Browser, url: str, pause: int) -> dict[str, float]:
    """Ask for the answer in a page of its own; milliseconds by figure."""
    page = await browser.new_page()
    await page.goto(url)
    tab = Tab(page)
    session = await page.context.new_cdp_session(page)
    # In CPU time: what else the machine does is not this page's cost.
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = await _metrics(session)
    ended = asyncio.create_task(page.evaluate(ENDED))
    await tab.ask(f"answer {pause}ms")
    await ended
    after = await _metrics(session)
    await page.close()
    return {name: 1000 * (after[name] - before[name]) for name in FIGURES}


async def _metrics(session: CDPSession) -> dict[str, float]:
    answer = await session.send("Performance.getMetrics")
    return {metric["name"]: metric["value"] for metric in answer["metrics"]}


async def main() -> int:
    text = long_answer()
    print(f"{len(text):,} characters in {len(list(pieces(text))):,} pieces, median of {RUNS} runs")
    print(f"{'pause':>8}" + "".join(f"{name:>22}" for name in FIGURES))
    worst = 0.0
    chromium = shutil.which("chromium")
    with (
        TemporaryDirectory() as folder,
        Server(instance=Path(folder) / "instance", command=TEST_SERVER) as server,
    ):
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            for pause in PAUSES:
                runs = [await measure(browser, server.url, pause) for _ in range(RUNS)]
                median = {name: statistics.median(run[name] for run in runs) for name in FIGURES}
                print(f"{pause:>5} ms" + "".join(f"{median[name]:>19.0f} ms" for name in FIGURES))
                worst = max(worst, median["ScriptDuration"])
            await browser.close()
    print(f"scripts: {worst:.0f} ms of {BUDGET_MS} ms")
    return int(worst > BUDGET_MS)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
