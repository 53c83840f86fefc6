"""The pages in Chromium: opened, weighed, and while a long answer is written."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from playwright.async_api import async_playwright

from benchmarks import long_answers, long_chats
from tests.answer import LONG_ANSWERS
from tests.browser.tab import ARGUMENTS, Tab, find_chromium
from tests.browser.weight import weigh_pages
from tests.long_chat import write_long_chat
from tests.server import TEST_SERVER, Server

ROUNDS = 500
"""Of the chat that is opened: a prompt and an answer each."""


async def measure(answers: int) -> dict[str, float]:
    """Measure with so many of the kinds of long answers."""
    with (
        TemporaryDirectory() as folder,
        Server(instance=Path(folder) / "instance", command=TEST_SERVER) as server,
    ):
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=find_chromium(), args=ARGUMENTS
            )
            chat = write_long_chat(server.instance, ROUNDS)
            openings = [
                await long_chats.opened(browser, f"{server.url}/chat/{chat}")
                for _ in range(long_chats.OPENINGS)
            ]
            tasks = [
                max(await long_answers.measure(browser, server.url, prompt, away=False))
                for prompt in list(LONG_ANSWERS)[:answers]
            ]
            context = await browser.new_context(base_url=server.url)
            page = await context.new_page()
            await page.goto("/")
            weighed = await weigh_pages(Tab(page))
            await browser.close()
    return {
        "interactive_ms": median(each["interactive"] for each in openings),
        "task_ms": max(tasks),
        "weight_kb": max(page.size for page in weighed) / 1024,
        "foreign": float(sum(page.foreign for page in weighed)),
    }
