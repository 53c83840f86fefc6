"""Takes pictures of every view: ``python -m tests.browser.screenshots [--docs] [view ...]``.

Every view in both widths, both schemes and both languages, on a server of its own with a model that
waits where a picture is to be taken. They go to ``build/screenshots``; with ``--docs`` those that
README and the handbook show are taken anew, where they are.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, async_playwright

from tests.assistants.openai.endpoint import (
    Exchange,
    FakeEndpoint,
    Script,
    end,
    fake_endpoint,
    refuse,
    say,
    talk,
)
from tests.browser.tab import ARGUMENTS, find_chromium
from tests.server import ROOT, Server

TAKEN = ROOT / "build/screenshots"
SHOWN = ROOT / "docs/images"
SERVER = (str(Path(sys.executable).with_name("quart-chat")), "serve")
HEIGHTS = {1280: 860, 360: 740}
QUALITY = 82
PATIENCE = 2.0
"""Seconds for a page to close."""


@dataclass(frozen=True)
class Content:
    """What is asked and answered in the pictures of one language."""

    locale: str
    questions: tuple[str, ...]
    prompt: str
    halves: tuple[str, str]


CODE = """\
```python
from bisect import bisect_left


def find(values: list[int], wanted: int) -> int | None:
    at = bisect_left(values, wanted)
    found = at < len(values) and values[at] == wanted
    return at if found else None
```

"""
FORMULA = r"$\lceil \log_2(n + 1) \rceil$"
CONTENTS = {
    "en": Content(
        "en-GB",
        ("How do I run it behind nginx?", "How do I resume a stream?", "What is a context?"),
        "Explain binary search, with code and its cost.",
        (
            "Binary search finds a value in a **sorted** list by halving what is left of it:\n\n"
            "1. Look at the middle.\n2. Go on in the half that can hold the value.\n\n" + CODE,
            f"Each look halves the list, so $n$ values need at most {FORMULA} looks:\n\n"
            "| values | looks |\n|---:|---:|\n| 1,000 | 10 |\n| 1,000,000 | 20 |\n",
        ),
    ),
    "de": Content(
        "de-DE",
        ("Wie läuft es hinter nginx?", "Was ist ein Cursor?", "Wie stoppe ich einen Lauf?"),
        "Erkläre die binäre Suche mit Code und Aufwand.",
        (
            "Die binäre Suche halbiert bei jedem Blick, was von einer **sortierten** Liste noch"
            " in Frage kommt:\n\n1. In die Mitte sehen.\n2. In der Hälfte weitersuchen, in der der"
            " Wert stehen kann.\n\n" + CODE,
            f"Für $n$ Werte genügen also {FORMULA} Blicke:\n\n"
            "| Werte | Blicke |\n|---:|---:|\n| 1.000 | 10 |\n| 1.000.000 | 20 |\n",
        ),
    ),
}


@dataclass
class Site:
    """What the pictures are taken of.

    Attributes:
        answered: The address of a chat that the Librarian has answered.
        document: The address of a document.
    """

    url: str
    endpoint: FakeEndpoint
    content: Content
    answered: str = ""
    document: str = ""

    async def half_an_answer(self, exchange: Exchange) -> None:
        """Answer half, and then wait for as long as somebody listens."""
        exchange.begin()
        await exchange.send(say(self.content.halves[0]))
        await exchange.hang()

    @property
    def whole_answer(self) -> Script:
        return talk(say(*self.content.halves), end(164))


View = Callable[[Page, Site], Awaitable[None]]


async def send(page: Page, url: str, prompt: str, assistant: str) -> None:
    await page.goto(url)
    await page.select_option("#assistant", assistant)
    await page.fill("#prompt", prompt)
    await page.press("#prompt", "Enter")


async def ask(page: Page, url: str, prompt: str, assistant: str) -> str:
    """Ask in a new chat, wait for the end, and return the chat's address."""
    await send(page, url, prompt, assistant)
    await page.locator(".log > chat-round").wait_for()
    return page.url


async def fill(page: Page, site: Site) -> None:
    """Give the site chats and a document."""
    for question in site.content.questions[:-1]:
        await ask(page, site.url, question, "librarian")
    await page.goto(f"{site.url}/documents")
    await page.set_input_files("input[type=file]", str(ROOT / "docs/reference/events.md"))
    await page.locator('[data-status="ready"]').first.wait_for()
    site.document = await page.locator('a[href^="/documents/"]').first.get_attribute("href") or ""
    site.answered = await ask(page, site.url, site.content.questions[-1], "librarian")


# Views


async def empty(page: Page, site: Site) -> None:
    await page.goto(site.url)


async def chat(page: Page, site: Site) -> None:
    await page.goto(site.answered)
    await page.locator(".steps-summary").first.click()


async def asked(page: Page, site: Site) -> None:
    """A question that the model has not begun to answer."""
    site.endpoint.script(lambda exchange: exchange.hang())
    await send(page, site.url, site.content.prompt, "model")
    await page.locator(".steps-summary").wait_for()


async def arriving(page: Page, site: Site) -> None:
    """An answer half way."""
    site.endpoint.script(site.half_an_answer)
    await send(page, site.url, site.content.prompt, "model")
    await page.locator(".answer .prose pre").wait_for()


async def answer(page: Page, site: Site) -> None:
    site.endpoint.script(site.whole_answer)
    await ask(page, site.url, site.content.prompt, "model")
    await page.locator(".answer table").wait_for()


async def failed(page: Page, site: Site) -> None:
    site.endpoint.script(refuse(401, {"error": {"message": "Incorrect API key provided"}}))
    await ask(page, site.url, site.content.prompt, "model")


async def documents(page: Page, site: Site) -> None:
    await page.goto(f"{site.url}/documents")


async def document(page: Page, site: Site) -> None:
    await page.goto(f"{site.url}{site.document}?passage=3")


async def versions(page: Page, site: Site) -> None:
    """A question that was edited, and is being edited again."""
    site.endpoint.script(site.whole_answer)
    await ask(page, site.url, site.content.prompt, "model")
    await edit(page, site.content.questions[0])
    await page.press("prompt-editor textarea", "Enter")
    await page.locator(".versions").first.wait_for()
    await page.locator('.log > chat-round[data-status="complete"]').wait_for()
    await edit(page, site.content.questions[1])


async def edit(page: Page, prompt: str) -> None:
    await page.locator("chat-round .edit").first.click()
    await page.fill("prompt-editor textarea", prompt)


async def search(page: Page, site: Site) -> None:
    await page.goto(f"{site.url}/?q=nginx")
    if await page.locator(".menu").is_visible():
        await page.click(".menu")


async def doctor(page: Page, site: Site) -> None:
    await page.goto(f"{site.url}/doctor")
    await page.locator(".doctor-start").click()
    await page.locator(".doctor-findings li").first.wait_for()


async def share(page: Page, site: Site) -> None:
    await page.goto(f"{site.answered}/share")
    make = page.locator(".button-primary")
    if await make.is_visible():
        await make.click()
    await page.locator(".share-link").wait_for()


async def shared(page: Page, site: Site) -> None:
    await share(page, site)
    await page.goto(await page.input_value("#link"))


async def transfer(page: Page, site: Site) -> None:
    await page.goto(f"{site.url}/transfer")


async def settings(page: Page, site: Site) -> None:
    await page.goto(f"{site.url}/settings")


async def offline(page: Page, site: Site) -> None:
    await page.goto(f"{site.url}/offline")


async def handbook(page: Page, site: Site) -> None:
    await page.goto(f"{site.url}/handbook/")


async def error(page: Page, site: Site) -> None:
    await page.goto(f"{site.url}/chat/{'0' * 32}")


VIEWS: dict[str, View] = {
    view.__name__: view
    for view in (
        empty,
        chat,
        asked,
        arriving,
        answer,
        failed,
        documents,
        document,
        versions,
        search,
        share,
        shared,
        transfer,
        settings,
        doctor,
        handbook,
        offline,
        error,
    )
}


async def shoot(page: Page, path: Path) -> None:
    await page.evaluate("document.fonts.ready")
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    session = await page.context.new_cdp_session(page)
    taken: dict[str, Any] = await session.send(
        "Page.captureScreenshot", {"format": "webp", "quality": QUALITY}
    )
    await asyncio.to_thread(path.write_bytes, base64.b64decode(taken["data"]))


async def take_all(browser: Browser, site: Site, paths: list[Path], language: str) -> None:
    """Take the pictures of one language."""
    for width, height in HEIGHTS.items():
        for scheme in ("light", "dark"):
            ending = f"-{width}-{scheme}-{language}"
            wanted = [path for path in paths if path.stem.endswith(ending)]
            context = await browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if scheme == "dark" else "light",
                reduced_motion="reduce",
                locale=site.content.locale,
            )
            for path in wanted:
                page = await context.new_page()
                await VIEWS[path.stem.removesuffix(ending)](page, site)
                await shoot(page, path)
                await forget(page, site)
                # Chromium does not always tell that a page with a service worker has closed.
                with suppress(TimeoutError):
                    await asyncio.wait_for(page.close(), PATIENCE)
            with suppress(TimeoutError):
                await asyncio.wait_for(context.close(), PATIENCE)


async def forget(page: Page, site: Site) -> None:
    """Delete the chat that a view has made for itself."""
    place = urlsplit(page.url).path
    if place.startswith("/chat/") and page.url != site.answered:
        await page.request.delete(
            f"{site.url}/api/chatbot/workflows/{place.removeprefix('/chat/')}",
            headers={"Origin": site.url},
        )


@asynccontextmanager
async def running_site(content: Content) -> AsyncIterator[Site]:
    async with fake_endpoint() as endpoint:
        with TemporaryDirectory() as folder:
            server = Server(
                instance=Path(folder) / "instance",
                command=SERVER,
                env={"OPENAI_BASE_URL": endpoint.url, "OPENAI_MODEL": "tiny"},
            )
            await asyncio.to_thread(server.start)
            try:
                yield Site(server.url, endpoint, content)
            finally:
                server.kill()


def choose_paths(views: list[str], *, docs: bool) -> list[Path]:
    """Where the pictures of some views go, or of all."""
    if docs:
        paths = sorted(SHOWN.glob("*.webp"))
    else:
        kinds = product(VIEWS, HEIGHTS, ("light", "dark"), CONTENTS)
        paths = [TAKEN / f"{'-'.join(map(str, kind))}.webp" for kind in kinds]
    return [path for path in paths if not views or path.stem.partition("-")[0] in views]


async def main(paths: list[Path]) -> None:
    TAKEN.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        for language, content in CONTENTS.items():
            async with running_site(content) as site:
                page = await browser.new_page(locale=content.locale)
                await fill(page, site)
                await page.close()
                await take_all(browser, site, paths, language)
        await browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("view", nargs="*", help=f"of {', '.join(VIEWS)}; all of them by default")
    parser.add_argument("--docs", action="store_true", help="take those in docs/images anew")
    arguments = parser.parse_args()
    if unknown := set(arguments.view) - set(VIEWS):
        parser.error(f"There is no view {', '.join(sorted(unknown))}.")
    asyncio.run(main(choose_paths(arguments.view, docs=arguments.docs)))
