"""The settings in a browser: seen at once, in every tab, by the keyboard alone, without scripts."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.keyboard import Keyboard
from tests.browser.tab import Tab
from tests.browser.test_page import violations
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

BACKGROUND = "getComputedStyle(document.documentElement).backgroundColor"
SIZE = "getComputedStyle(document.documentElement).fontSize"


async def background(page: Page) -> str:
    found: str = await page.evaluate(BACKGROUND)
    return found


async def chat_of(tab: Tab) -> str:
    """Have a chat, and return its id."""
    await tab.ask("count 1 0ms")
    await tab.until_ended("complete")
    return tab.page.url.rpartition("/")[2]


async def test_a_theme_and_a_size_are_seen_at_once_and_stay(open_tab: OpenTab) -> None:
    tab = await open_tab("/settings", color_scheme="light", quiet=False)
    page = tab.page
    light = await background(page)
    await page.get_by_text("Dark", exact=True).click()
    dark = await background(page)
    assert dark != light
    await page.get_by_text("Very large", exact=True).click()
    assert await page.evaluate(SIZE) == "21px"
    await expect(page.locator("#appearance [role=status]")).to_have_text("Saved.")
    await page.goto("/")
    assert (await background(page), await page.evaluate(SIZE)) == (dark, "21px")
    # A page has its colours from the server, before any script has run.
    await page.context.route("**/*.js*", lambda route: route.abort())
    await page.goto("/documents")
    assert await background(page) == dark


async def test_other_tabs_follow_the_look(open_tab: OpenTab) -> None:
    tab = await open_tab("/settings", color_scheme="light")
    other = await tab.page.context.new_page()
    await other.goto("/")
    light = await background(other)
    await tab.page.get_by_text("Dark", exact=True).click()
    await expect(other.locator("html")).to_have_attribute("data-theme", "dark")
    assert await background(other) != light
    await tab.page.get_by_text("System", exact=True).click()
    await expect(other.locator("html")).not_to_have_attribute("data-theme", "dark")
    assert await background(other) == light


async def test_what_is_set_goes_before_the_system_and_paper_is_light(open_tab: OpenTab) -> None:
    tab = await open_tab("/settings", color_scheme="dark")
    page = tab.page
    dark = await background(page)
    await page.get_by_text("Light", exact=True).click()
    light = await background(page)
    assert light != dark
    await page.get_by_text("Dark", exact=True).click()
    await page.emulate_media(color_scheme="light")
    assert await background(page) == dark
    await page.emulate_media(media="print")
    assert await background(page) == "rgb(255, 255, 255)"
    await page.emulate_media(media="screen")
    await page.get_by_text("System", exact=True).click()
    assert await background(page) == light


async def test_a_look_that_can_not_be_stored_is_said(open_tab: OpenTab, server: Server) -> None:
    tab = await open_tab("/settings", quiet=False)
    await asyncio.to_thread(server.kill)
    await tab.page.get_by_text("Dark", exact=True).click()
    await expect(tab.page.locator("#appearance [role=status]")).to_have_text(
        "Not saved. The server can't be reached."
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
async def test_axe_finds_nothing_in_a_theme_that_was_chosen(
    open_tab: OpenTab, theme: str, width: int
) -> None:
    tab = await open_tab(
        color_scheme="light" if theme == "dark" else "dark",
        viewport={"width": width, "height": 740},
        reduced_motion="reduce",
    )
    id_ = await chat_of(tab)
    await tab.page.context.add_cookies(
        [{"name": name, "value": value, "url": tab.page.url} for name, value in
         (("theme", theme), ("text", "larger"))]
    )  # fmt: skip
    for path in ("/settings", "/settings/delete-all", f"/chat/{id_}/settings", f"/chat/{id_}"):
        await tab.page.goto(path)
        assert await violations(tab.page, theme) == []
        wide, window = await tab.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= window


async def test_the_keyboard_alone_sets_a_theme_and_how_new_chats_begin(open_tab: OpenTab) -> None:
    tab = await open_tab("/settings")
    page, keys = tab.page, Keyboard(tab.page)
    await keys.go(page.locator("[name=theme]:checked"))
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await keys.go(page.locator("#choice"))
    await page.keyboard.type("Slow")
    await keys.go(page.locator("#instructions"))
    await page.keyboard.type("Be brief.")
    await keys.go(page.locator("#new-chats .button-primary"))
    await page.keyboard.press("Enter")
    await expect(page.locator("#new-chats .settings-saved")).to_have_text("Saved.")
    await page.goto("/")
    await expect(page.locator("#assistant")).to_have_value("slow")


async def test_the_settings_of_a_chat_are_told_to_every_tab(open_tab: OpenTab) -> None:
    first = await open_tab()
    id_ = await chat_of(first)
    path = f"/chat/{id_}/settings"
    second, typing = await open_tab(path), await open_tab(path)
    await typing.page.fill("#extra", '{"mine": 1}')
    change = {
        "systemPrompt": "Be brief.",
        "parameters": {"temperature": 0.5, "extra": {"seed": 7}},
    }
    await first.page.request.patch(f"/api/chatbot/workflows/{id_}", data=change)
    await expect(second.page.locator("#temperature")).to_have_value("0.5")
    await expect(second.page.locator("#extra")).to_have_value('{\n  "seed": 7\n}')
    await expect(second.page.locator("#system_prompt")).to_have_value("Be brief.")
    # What is being typed stays, and the page says what saving it does.
    await expect(typing.page.locator(".settings-saved")).to_contain_text("Another tab has changed")
    await expect(typing.page.locator("#extra")).to_have_value('{"mine": 1}')
    await first.page.request.patch(f"/api/chatbot/workflows/{id_}", data={"parameters": None})
    await expect(second.page.locator("#temperature")).to_have_value("")
    await expect(second.page.locator("#extra")).to_have_value("")


async def test_a_rename_leaves_what_is_shown_as_it_is(open_tab: OpenTab) -> None:
    tab = await open_tab()
    id_ = await chat_of(tab)
    await tab.page.goto(f"/chat/{id_}/settings")
    await tab.page.fill("#temperature", "0.25")
    await tab.page.request.patch(f"/api/chatbot/workflows/{id_}", data={"title": "Renamed"})
    await expect(tab.page.locator("h1")).to_have_text("Renamed")
    await expect(tab.page.locator("#temperature")).to_have_value("0.25")
    await expect(tab.page.locator(".settings-saved")).to_be_hidden()


async def test_all_chats_go_from_every_tab_and_come_back(open_tab: OpenTab) -> None:
    watching = await open_tab()
    for number in (1, 2):
        data = {"prompt": f"count {number} 0ms", "assistant": "slow"}
        await watching.page.request.post("/api/chatbot/start/stream", data=data)
    rows = watching.page.locator(".chat-row")
    await expect(rows).to_have_count(2)
    reading = await open_tab()
    await reading.ask("count 2000 20ms")
    await expect(reading.answer()).to_contain_text("3")
    tab = await open_tab("/settings")
    page = tab.page
    await page.locator("#your-chats > form button").click()
    dialog = page.get_by_role("alertdialog")
    await expect(dialog).to_have_accessible_name("Delete all 3 chats?")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(rows).to_have_count(3)
    await page.locator("#your-chats > form button").click()
    await dialog.get_by_role("button", name="Delete all chats").click()
    await expect(page.locator("#your-chats")).to_contain_text("3 chats deleted.")
    await expect(rows).to_have_count(0)
    # The chat that was being read has left for a page that offers it back.
    await expect(reading.page.locator("chat-notice")).to_contain_text("Chat deleted.")
    await page.get_by_role("button", name="Undo").click()
    await expect(page.locator("#your-chats")).to_contain_text("3 chats restored.")
    await expect(rows).to_have_count(3)


async def test_without_scripts_all_of_it_works(open_tab: OpenTab) -> None:
    tab = await open_tab("/settings", java_script_enabled=False, color_scheme="light", quiet=False)
    page = tab.page
    await page.get_by_text("Dark", exact=True).click()
    await page.locator("#appearance").get_by_role("button", name="Save").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await page.select_option("#language", "de")
    await page.get_by_role("button", name="Change language").click()
    await expect(page.locator("html")).to_have_attribute("lang", "de")
    await page.goto("/")
    await page.select_option("#assistant", "slow")
    await page.fill("#prompt", "count 1 0ms")
    await page.locator(".send").click()
    await expect(tab.round(1)).to_have_attribute("data-status", "complete")
    await page.goto(f"{page.url}/settings")
    await page.fill("#temperature", "0,7")
    await page.fill("#extra", "{")
    await page.locator(".button-primary").click()
    await expect(page.locator("#extra-fault")).to_contain_text("kein gültiges JSON")
    await expect(page.locator("#temperature")).to_have_value("0,7")
    await page.fill("#extra", "")
    await page.fill("#preset-name", "Genau")
    await page.locator(".button-primary").click()
    await expect(page.locator(".settings-saved")).to_have_text("Gespeichert.")
    await expect(page.locator("#preset")).to_have_text(re.compile("Genau"))
    await page.goto("/settings")
    await page.locator("#your-chats > form button").click()
    dialog = page.get_by_role("alertdialog")
    await dialog.get_by_role("button", name="Alle Chats löschen").click()
    await expect(page.locator("#your-chats")).to_contain_text("1 Chat gelöscht.")
    await page.get_by_role("button", name="Rückgängig").click()
    await expect(page.locator("#your-chats")).to_contain_text("1 Chat wiederhergestellt.")
