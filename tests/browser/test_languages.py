"""The pages in German, as a person with a German browser or a click on the switch has them."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import FilePayload, Page, expect

from quart_chat.texts import read_catalogue
from tests.browser.conftest import OpenTab
from tests.browser.test_page import PHONE, answered, expect_no_overflow, violations
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATHS = ("/", "/documents", "/handbook/", "/doctor", "/settings", "/offline", "/chat/none")

SAID = """
() => {
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ALL);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.closest('body [lang="en"]')) continue;
    // What a person asked is in the words of that person, also where it is the title of a chat.
    const element = node.closest ? node : node.parentElement;
    if (element.closest(".chat-name, .title, .prompt-text")) continue;
    if (node.nodeType === Node.TEXT_NODE) texts.push(node.data.trim());
    for (const name of ["aria-label", "title", "placeholder", "alt"]) {
      if (node.getAttribute?.(name)) texts.push(node.getAttribute(name));
    }
  }
  return texts;
}
"""


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


async def english(page: Page) -> set[str]:
    """What of the page is English although there is German for it."""
    said = set(await page.evaluate(SAID))
    translated = {
        str(message.id) for message in read_catalogue("de") if message.id != message.string
    }
    return said & translated - {""}


async def test_what_scripts_say_is_german_and_stays_so_after_a_reload(open_tab: OpenTab) -> None:
    tab = await open_tab(locale="de-DE")
    await tab.ask("count 20 20ms")
    await tab.until_ended("complete")
    await expect(tab.round(1).locator(".steps-summary")).to_contain_text("1 weiterer Schritt")
    await expect(tab.page.locator("#announcer")).to_have_text("Chatbot-Verarbeitung abgeschlossen")
    await tab.page.reload()
    await expect(tab.round(1).locator(".steps-summary")).to_contain_text("1 weiterer Schritt")
    await expect(tab.page.locator("html")).to_have_attribute("lang", "de")


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        (
            "de",
            [
                "1 weiterer Schritt",
                "1.234 weitere Schritte",
                "1.234,5",
                "01.01.1970",
                "Nicht gesendet. {x}",
            ],
        ),
        ("en", ["1 more step", "1,234 more steps", "1,234.5", "Jan 1, 1970", "Not sent. {x}"]),
        ("fr", ["1 more step", "1,234 more steps", "1,234.5", "Jan 1, 1970", "Not sent. {x}"]),
    ],
)
async def test_scripts_write_numbers_and_dates_as_the_language_does(
    open_tab: OpenTab, locale: str, expected: list[str]
) -> None:
    tab = await open_tab(locale=locale)
    said = await tab.page.evaluate(
        """async () => {
          const { date, number, plural, t } = await import(
            document.querySelector("script[src]").src.replace(/[^/]+$/, "texts.js"));
          return [
            plural("{count} more step", "{count} more steps", 1),
            plural("{count} more step", "{count} more steps", 1234),
            number(1234.5, 1),
            date(0, { dateStyle: "medium", timeZone: "UTC" }),
            t("Not sent. {reason}", { reason: "{x}" }),
          ];
        }"""
    )
    assert said == expected


async def test_the_switch_stays_on_the_chat_that_is_shown(open_tab: OpenTab) -> None:
    tab = await open_tab(viewport={"width": 1280, "height": 800})
    await tab.ask("count 1 0ms")
    await tab.until_ended("complete")
    address = tab.page.url
    await tab.page.get_by_role("button", name="Deutsch").click()
    await expect(tab.page.get_by_role("button", name="Deutsch")).to_have_attribute(
        "aria-current", "true"
    )
    await expect(tab.page.locator("#prompt")).to_have_attribute(
        "placeholder", "Stellen Sie eine Frage"
    )
    assert tab.page.url == address
    await expect(tab.answer()).to_have_text("1")
    await tab.page.get_by_role("button", name="English").click()
    await expect(tab.page.locator("html")).to_have_attribute("lang", "en")


async def test_without_scripts_the_switch_works_too(open_tab: OpenTab) -> None:
    tab = await open_tab(
        "/documents", java_script_enabled=False, viewport={"width": 1280, "height": 800}
    )
    await tab.page.get_by_role("button", name="Deutsch").click()
    await expect(tab.page.locator(".documents-empty")).to_contain_text("Noch keine Dokumente.")


async def test_an_answered_chat_is_german_and_accessible(open_tab: OpenTab) -> None:
    tab = await answered(open_tab, locale="de-DE", reduced_motion="reduce")
    assert await english(tab.page) == set()
    assert await violations(tab.page) == []
    await tab.page.reload()
    assert await english(tab.page) == set()


@pytest.mark.parametrize("path", PATHS)
async def test_every_page_is_german_and_accessible(open_tab: OpenTab, path: str) -> None:
    # The colours are those of the English page, which is looked at in both schemes.
    tab = await open_tab(path, locale="de", quiet=path != "/chat/none")
    assert await english(tab.page) == set()
    assert await violations(tab.page) == []


async def test_the_list_and_its_search_are_german(open_tab: OpenTab) -> None:
    tab = await open_tab(locale="de", viewport={"width": 1280, "height": 800})
    await tab.ask("Wie lang ist der Weg?")
    await tab.until_ended("complete")
    day = re.compile("^(Heute|Gestern)$")  # midnight may have passed since
    await expect(tab.page.locator(".chats-day", has_text=day).first).to_be_visible()
    await tab.page.locator(".chat-row[data-id] .chat-more").first.click()
    await expect(tab.page.get_by_role("menuitem", name="Umbenennen")).to_be_visible()
    assert await english(tab.page) == set()
    await tab.page.keyboard.press("Escape")
    await tab.page.fill("#search", "xyzzy")
    await expect(tab.page.locator(".found-state")).to_have_text("Nichts gefunden zu „xyzzy“.")
    assert await english(tab.page) == set()


async def test_long_german_words_stay_on_a_phone(open_tab: OpenTab) -> None:
    tab = await answered(open_tab, locale="de", viewport=PHONE)
    await expect_no_overflow(tab.page)
    for path in ("/", "/documents"):
        await tab.page.goto(path)
        await expect_no_overflow(tab.page)
        await tab.page.locator(".menu").click()
        await expect_no_overflow(tab.page)
    await tab.page.get_by_role("button", name="English").click()
    await expect(tab.page.locator("html")).to_have_attribute("lang", "en")


async def test_the_state_of_a_document_is_told_in_german(open_tab: OpenTab) -> None:
    tab = await open_tab("/documents", locale="de")
    notes = FilePayload(name="notizen.txt", mimeType="text/plain", buffer=b"Ein Text. " * 200)
    await tab.page.set_input_files("#files", files=notes)
    row = tab.page.locator(".document", has_text="notizen.txt")
    await expect(row).to_have_attribute("data-status", "ready")
    await expect(row.locator(".document-state")).to_contain_text("Stelle")
    await expect(row.locator(".document-size")).to_have_text("2 KB")
    await expect(row.locator(".document-kind")).to_have_text("Text")
    await row.get_by_role("button", name="Optionen: notizen.txt").click()
    await expect(tab.page.get_by_role("menuitem", name="Dazu fragen")).to_be_visible()
    await tab.page.keyboard.press("Escape")
    assert await english(tab.page) == set()
