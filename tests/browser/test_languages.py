"""The pages in German, as a person with a German browser or a click on the switch has them."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenTab

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_what_scripts_say_is_german_and_stays_so_after_a_reload(open_tab: OpenTab) -> None:
    tab = await open_tab(locale="de-DE")
    await tab.ask("count 2 0ms")
    await tab.until_ended("complete")
    await expect(tab.round(1).locator(".steps-count")).to_have_text("2 Schritte")
    await expect(tab.page.locator("#announcer")).to_have_text("Chatbot-Verarbeitung abgeschlossen")
    await tab.page.reload()
    await expect(tab.round(1).locator(".steps-count")).to_have_text("2 Schritte")
    await expect(tab.page.locator("html")).to_have_attribute("lang", "de")


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
