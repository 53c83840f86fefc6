"""A person's first ten minutes, from the first page to a shared chat, in one go.

``make browser ARGS="tests/browser/test_first_minutes.py -m 'browser' --basetemp=build/minutes"``
keeps the pictures of each view.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.assistants.openai.endpoint import (
    Exchange,
    FakeEndpoint,
    delta,
    end,
    fake_endpoint,
    refuse,
    say,
    talk,
)
from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab
from tests.browser.test_page import violations
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

Scheme = Literal["light", "dark"]

HEIGHTS = {1280: 860, 360: 740}
REASON = "CUDA out of memory: tried to allocate 2.1 GiB"

IN_SUITE = {(1280, "light", "en"), (360, "dark", "de")}
"""The two that have nothing in common; the others take a minute more and find little else."""


@dataclass(frozen=True)
class Words:
    """What the person writes, and the model."""

    locale: str
    mistaken: str
    meant: str
    about_document: str
    document: bytes
    thought: str
    answer: tuple[str, str]
    from_document: str


WORDS = {
    "en": Words(
        locale="en-GB",
        mistaken="How long do I boil an edge?",
        meant="How long do I boil an egg?",
        about_document="When can I give notice?",
        document=b"# Lease\n\n## Notice\n\nThe period of **notice** is three months.\n",
        thought="The person means a hen's egg of medium size.",
        answer=(
            "It depends on how firm you like the yolk:\n\n| Yolk | Minutes |\n|---|---:|\n",
            "| soft | 6 |\n| waxy | 8 |\n| firm | 10 |\n\nStart counting when the water **boils**.",
        ),
        from_document="You can give notice at any time; the period is three months [1].",
    ),
    "de": Words(
        locale="de-DE",
        mistaken="Wie lange koche ich ein Ey?",
        meant="Wie lange koche ich ein Ei?",
        about_document="Wann kann ich kündigen?",
        document="# Mietvertrag\n\n## Kündigung\n\nDie **Kündigung** ist mit einer Frist von drei"
        " Monaten möglich.\n".encode(),
        thought="Gemeint ist ein mittelgroßes Hühnerei.",
        answer=(
            "Das hängt davon ab, wie fest das Eigelb sein soll:\n\n"
            "| Eigelb | Minuten |\n|---|---:|\n",
            "| weich | 6 |\n| wachsweich | 8 |\n| fest | 10 |\n\nGezählt wird ab dem **Kochen**.",
        ),
        from_document="Sie können jederzeit kündigen, die Frist beträgt drei Monate [1].",
    ),
}


@dataclass
class Visit:
    """The tab of one person, and the pictures of what they see."""

    tab: Tab
    endpoint: FakeEndpoint
    words: Words
    width: int
    scheme: Scheme
    folder: Path

    @property
    def page(self) -> Page:
        return self.tab.page

    async def look(self, name: str, page: Page | None = None) -> None:
        """See that nothing is wrong with the view, and keep a picture of it."""
        page = page or self.page
        await page.wait_for_load_state()  # The page of a link may have only its address yet.
        await page.evaluate("document.fonts.ready")
        assert await page.evaluate("document.documentElement.scrollWidth") <= self.width
        assert await violations(page, self.scheme) == []
        number = len(await asyncio.to_thread(list, self.folder.iterdir()))
        await page.screenshot(path=self.folder / f"{number:02}-{name}.png")

    async def ask(self, prompt: str) -> None:
        await self.page.fill("#prompt", prompt)
        await self.page.click("chat-composer .send")

    async def go(self, path: str) -> None:
        """Follow a link of the frame, which lies behind a button where there is little room."""
        if await self.page.locator(".menu").is_visible():
            await self.page.click(".menu")
        await self.page.locator(f'.sidebar a[href="{path}"]').first.click()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def server(endpoint: FakeEndpoint, tmp_path: Path) -> Iterator[Server]:
    env = {"OPENAI_BASE_URL": endpoint.url, "OPENAI_MODEL": "tiny"}
    with Server(instance=tmp_path / "instance", env=env) as server:
        yield server


CASES = [
    pytest.param(*case, marks=() if case in IN_SUITE else pytest.mark.long)
    for case in product(HEIGHTS, ("light", "dark"), WORDS)
]


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("width", "scheme", "language"), CASES)
async def test_a_person_finds_their_way(
    open_tab: OpenTab,
    endpoint: FakeEndpoint,
    tmp_path: Path,
    width: int,
    scheme: Scheme,
    language: str,
) -> None:
    words = WORDS[language]
    tab = await open_tab(
        viewport={"width": width, "height": HEIGHTS[width]},
        color_scheme=scheme,
        locale=words.locale,
        has_touch=width == 360,
        reduced_motion="reduce",
    )
    folder = tmp_path / "pictures"
    await asyncio.to_thread(folder.mkdir)
    visit = Visit(tab, endpoint, words, width, scheme, folder)
    await visit.look("first-page")
    await ask_and_stop(visit)
    await edit(visit)
    await upload(visit)
    await ask_about_document(visit)
    await meet_an_error(visit)
    await share(visit)
    await change_settings(visit)


async def ask_and_stop(visit: Visit) -> None:
    """Ask, see a mistake in the question, and stop the answer."""

    async def begin(exchange: Exchange) -> None:
        exchange.begin()
        await exchange.send(delta(reasoning_content=visit.words.thought))
        await exchange.send(say(visit.words.answer[0]))
        await exchange.hang()

    visit.endpoint.script(begin)
    await visit.ask(visit.words.mistaken)
    await expect(visit.tab.answer()).to_contain_text(visit.words.answer[0][:20])
    await visit.look("answering")
    await visit.page.click("chat-composer .stop")
    await visit.tab.until_ended("stopped")
    await visit.look("stopped")


async def edit(visit: Visit) -> None:
    """Mend the question; its answer takes the place of the one that was stopped."""
    thought = delta(reasoning_content=visit.words.thought)
    visit.endpoint.script(talk(thought, say(*visit.words.answer), end(64)))
    await visit.tab.round(1).locator(".edit").click()
    editor = visit.page.locator("prompt-editor textarea")
    await editor.fill(visit.words.meant)
    await visit.look("editing")
    await visit.page.click("prompt-editor .button-primary")
    await visit.tab.until_ended("complete", 2)
    await expect(visit.tab.answer(2).locator("table")).to_be_visible()
    await expect(visit.page.locator(".prompt-text")).to_have_text([visit.words.meant])
    await visit.look("answered")


async def upload(visit: Visit) -> None:
    """Bring a document, and see what was read of it."""
    await visit.go("/documents")
    await expect(visit.page.locator("#files")).to_be_attached()
    await visit.look("no-documents")
    file: Any = {"name": "lease.md", "mimeType": "text/markdown", "buffer": visit.words.document}
    await visit.page.set_input_files("#files", file)
    row = visit.page.locator(".document", has_text="lease.md")
    await expect(row).to_have_attribute("data-status", "ready")
    await visit.look("documents")
    await row.get_by_role("link", name="lease.md").click()
    await expect(visit.page.locator(".passage")).not_to_have_count(0)
    await visit.look("document")


async def ask_about_document(visit: Visit) -> None:
    """Ask about it from its own page."""
    visit.endpoint.script(talk(say(visit.words.from_document), end(16)))
    await visit.page.click(".document-actions .button-primary")
    await expect(visit.page.locator(".chip", has_text="lease.md")).to_be_visible()
    await visit.look("asking-about-it")
    await visit.ask(visit.words.about_document)
    await visit.tab.until_ended("complete")
    await expect(visit.tab.answer().locator("a", has_text="1")).to_be_visible()
    await visit.look("answer-from-document")


async def meet_an_error(visit: Visit) -> None:
    """The model fails; the page says why, and a second try goes well."""
    visit.endpoint.script(refuse(400, {"error": {"message": REASON}}))
    await visit.ask(visit.words.meant)
    await visit.tab.until_ended("error", 2)
    await expect(visit.tab.round(2).locator(".outcome")).to_contain_text(REASON)
    await visit.look("error")
    visit.endpoint.script(talk(say(*visit.words.answer), end(64)))
    await visit.tab.round(2).locator(".again-same").click()
    await visit.tab.until_ended("complete", 3)
    await visit.look("answered-at-second-try")


async def share(visit: Visit) -> None:
    """Make a link, and look at what others see behind it."""
    await visit.page.locator("chat-heading .menu-button").click()
    await visit.look("menu")
    await command(visit.page, "share").click()
    await visit.page.locator("main .button-primary").click()
    link = await visit.page.locator("#link").input_value()
    await visit.look("share")
    reader = await visit.page.context.new_page()
    await reader.goto(link)
    await expect(reader.locator("chat-round")).to_have_count(2)
    await visit.look("shared", reader)
    await reader.close()


async def change_settings(visit: Visit) -> None:
    """Choose the other colours, which hold at once and everywhere."""
    await visit.go("/settings")
    await visit.look("settings")
    other: Scheme = "dark" if visit.scheme == "light" else "light"
    await visit.page.locator(f'input[name="theme"][value="{other}"]').check(force=True)
    await expect(visit.page.locator("html")).to_have_attribute("data-theme", other)
    visit.scheme = other
    await visit.go("/")
    await expect(visit.page.locator(".chat-row")).to_have_count(2)
    await visit.look("other-colours")


def command(page: Page, name: str) -> Locator:
    return page.locator(f'[role="menuitem"][data-command="{name}"]')
