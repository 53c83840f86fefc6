"""Makes the pictures in docs/images: ``python -m tests.browser.screenshots``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, Page, async_playwright

from tests.browser.tab import ARGUMENTS
from tests.server import ROOT, Server

IMAGES = ROOT / "docs/images"
QUESTIONS = (
    "How do I run it behind nginx?",
    "How do I write an assistant?",
    "How do I resume a stream?",
    "What does the stop route answer?",
)
WIDTHS = (1280, 360)
SERVER = (str(Path(sys.executable).with_name("quart-chat")), "serve")


async def ask(page: Page, url: str) -> str:
    """Fill the list of chats; the address of the last one."""
    for question in QUESTIONS:
        await page.goto(url)
        await page.fill("#prompt", question)
        await page.press("#prompt", "Enter")
        await page.locator(".log > chat-round").wait_for()
    return page.url


async def shoot(browser: Browser, url: str, width: int, scheme: str) -> None:
    page = await browser.new_page(
        viewport={"width": width, "height": 600},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    await page.goto(url)
    await page.locator(".steps-summary").first.click()
    height = await page.evaluate("document.documentElement.scrollHeight")
    await page.set_viewport_size({"width": width, "height": height})
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    await page.screenshot(path=IMAGES / f"chat-{width}-{scheme}.png")
    await page.close()


async def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        server = Server(instance=Path(folder) / "instance", command=SERVER)
        await asyncio.to_thread(server.start)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=ARGUMENTS
            )
            page = await browser.new_page()
            url = await ask(page, server.url)
            await page.close()
            for width in WIDTHS:
                for scheme in ("light", "dark"):
                    await shoot(browser, url, width, scheme)
            await browser.close()
        server.kill()


if __name__ == "__main__":
    asyncio.run(main())
