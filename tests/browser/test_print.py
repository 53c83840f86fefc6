"""A chat, a shared chat and a document become a clean PDF."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from playwright.async_api import Page, expect
from pypdf import PdfReader

from tests.browser.conftest import OpenTab
from tests.browser.test_documents import file, upload
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

LINKS = "[the page](https://example.org/a) and https://example.org/b and [inside](/handbook/)"
LONG_LINE = f"word_{'x' * 300}_end"
# What can be pressed or written in, and is still on the paper.
CONTROLS = "button, input, textarea, select, nav, form, summary"
LEFT = f"""() => [...document.querySelectorAll("{CONTROLS}")]
  .filter((element) => element.checkVisibility() && !element.matches(".title-text, :disabled"))
  .map((element) => element.outerHTML.slice(0, 120))"""
WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > innerWidth)
    .map((element) => element.outerHTML.slice(0, 120))"""
DARK = """() => ["html", ".prose", ".prompt-text", "h1", "pre"].flatMap((place) => {
  const element = document.querySelector(place);
  if (!element) return [];
  const { backgroundColor, color } = getComputedStyle(element);
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const lightness = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return a ? (r + g + b) / 765 : 1;
  };
  const fine = lightness(backgroundColor) > 0.8 && lightness(color) < 0.6;
  return fine ? [] : [`${place}: ${color} on ${backgroundColor}`];
})"""


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


async def printed(page: Page) -> str:
    """The text of the page as a PDF, without line breaks."""
    data = await page.pdf(format="A4", print_background=True)
    return " ".join(part.extract_text() for part in PdfReader(BytesIO(data)).pages)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


async def expect_clean(page: Page) -> None:
    await page.emulate_media(media="print")
    assert await page.evaluate(LEFT) == []
    assert await page.evaluate(DARK) == []
    assert await page.evaluate(WIDE) == []
    await page.emulate_media(media="null")


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_chat_is_printed_without_the_page_around_it(open_tab: OpenTab, theme: str) -> None:
    options: dict[str, Any] = {"color_scheme": theme, "locale": "en-GB"}
    tab = await open_tab(**options)
    await tab.ask("answer 0ms")
    await tab.until_ended("complete")
    for reload in (False, True):
        if reload:
            await tab.page.reload()
        await expect_clean(tab.page)
        text = await printed(tab.page)
        assert text.count("answer 0ms") == 2  # the title and the question
        assert str(datetime.now(UTC).year) in text[:60]
        assert "That is all." in text
        assert "step_74" in text
        for button in ("Regenerate", "Copy", "New chat", "Documents", "Settings", "Enter to send"):
            assert button not in text


async def test_links_are_printed_with_their_addresses_and_code_is_wrapped(
    open_tab: OpenTab,
) -> None:
    tab = await open_tab()
    answer = f"{LINKS}\n\n```\n{LONG_LINE}\n```"
    messages = [{"sender": "human", "text": "Where?"}, {"sender": "assistant", "text": answer}]
    chat = {"uuid": "to-be-printed", "name": "Printed", "chat_messages": messages}
    export: Any = file("claude.json", json.dumps([chat]))
    imported = await tab.page.request.post("/api/chatbot/import", multipart={"files": export})
    await tab.page.goto(f"/chat/{(await imported.json())['taken'][0]['id']}")
    text = squeezed(await printed(tab.page))
    assert "thepage(https://example.org/a)" in text
    assert text.count("https://example.org/b") == 1
    assert LONG_LINE in text
    assert "(/handbook/)" not in text


async def test_a_shared_chat_and_a_document_are_printed(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("count 3 0ms")
    await tab.until_ended("complete")
    chat = tab.page.url.rpartition("/")[2]
    made = await tab.page.request.post(f"/api/chatbot/workflows/{chat}/share")
    await tab.page.goto((await made.json())["path"])
    await expect_clean(tab.page)
    text = await printed(tab.page)
    assert text.lstrip().startswith("count 3 0ms")
    assert "1 2 3" in text
    assert "View only" not in text
    await tab.page.goto("/documents")
    passages = "".join(f"# Part {n}\n\nThe text of part {n}.\n\n" for n in range(60))
    await upload(tab.page, file("printed.md", passages))
    row = tab.page.locator(".document", has_text="printed.md")
    await expect(row).to_have_attribute("data-status", "ready")
    await row.get_by_role("link").click()
    await expect(tab.page.locator(".passage")).to_have_count(60)
    await expect_clean(tab.page)
    text = await printed(tab.page)
    assert text.lstrip().startswith("printed.md")
    assert str(datetime.now(UTC).year) in text
    # Also what has never been in view.
    assert "The text of part 59." in text
    assert "Ask about this" not in text
