"""The list of chats, alike in every tab."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def start(tab: Tab, prompt: str) -> None:
    """Start a chat and leave it."""
    await tab.page.goto("/")
    await tab.ask(prompt)
    await tab.until_ended("complete")


async def test_a_new_chat_appears_in_every_tab_and_shows_that_it_runs(open_tab: OpenTab) -> None:
    first, second = await open_tab(), await open_tab()
    await first.ask("wait")
    row = second.row("wait")
    await expect(row).to_have_attribute("data-status", "running")
    await expect(row.locator(".chat-state")).to_be_visible()
    await expect(first.page.locator(".stop")).to_be_visible()
    await first.page.keyboard.press("Escape")
    await expect(row).to_have_attribute("data-status", "idle")
    await row.locator("a").click()
    await second.until_ended("stopped")


async def test_a_new_title_is_in_every_tab(open_tab: OpenTab) -> None:
    first = await open_tab()
    await start(first, "count 1 1ms")
    second, elsewhere = await open_tab(first.page.url), await open_tab("/")
    await first.page.locator(".rename summary").click()
    await expect(first.page.locator("#title")).to_be_focused()
    await expect(first.page.locator("#title")).to_have_value("count 1 1ms")
    await first.page.keyboard.type("Numbers")
    await first.page.keyboard.press("Enter")
    for tab in (first, second):
        await expect(tab.page.locator("h1")).to_have_text("Numbers")
        await expect(tab.page).to_have_title("Numbers · quart-chat")
    await expect(first.page.locator("#title")).to_be_hidden()
    await expect(elsewhere.row("Numbers")).to_be_visible()
    await expect(elsewhere.row("count 1 1ms")).to_have_count(0)


async def test_a_title_that_is_refused_says_why(open_tab: OpenTab) -> None:
    tab = await open_tab(quiet=False)
    await start(tab, "count 1 1ms")
    await tab.page.locator(".rename summary").click()
    await tab.page.fill("#title", "x" * 201)
    await tab.page.keyboard.press("Enter")
    await expect(tab.page.locator(".notice")).to_contain_text("201 characters")
    await expect(tab.page.locator("h1")).to_have_text("count 1 1ms")


async def test_the_latest_chat_comes_first_and_a_pinned_one_before_it(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await start(tab, "count 1 1ms")
    first = tab.page.url
    await start(tab, "count 2 1ms")
    names = tab.page.locator(".chat-name")
    await expect(names).to_have_text(["count 2 1ms", "count 1 1ms"])
    other = await open_tab(first)
    await other.page.get_by_role("button", name="Pin this chat").click()
    for each in (tab, other):
        await expect(each.page.locator(".chat-name")).to_have_text(["count 1 1ms", "count 2 1ms"])
    await start(tab, "count 3 1ms")
    order = ["count 1 1ms", "count 3 1ms", "count 2 1ms"]
    for each in (tab, other):
        await expect(each.page.locator(".chat-name")).to_have_text(order)
    await other.page.get_by_role("button", name="Pin this chat").click()
    order = ["count 3 1ms", "count 2 1ms", "count 1 1ms"]
    for each in (tab, other):
        await expect(each.page.locator(".chat-name")).to_have_text(order)


async def test_a_deleted_chat_is_gone_from_every_tab(open_tab: OpenTab) -> None:
    first = await open_tab()
    await start(first, "count 1 1ms")
    second, elsewhere = await open_tab(first.page.url), await open_tab("/")
    await first.page.locator(".delete summary").click()
    await first.page.get_by_role("button", name="Delete", exact=True).click()
    for tab in (first, second):
        await expect(tab.page).to_have_url(re.compile(r":\d+/$"))
    await expect(elsewhere.row("count 1 1ms")).to_have_count(0)
    await expect(elsewhere.page.locator(".chats-empty")).to_be_visible()


async def test_deleting_is_asked_about_first(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await start(tab, "count 1 1ms")
    await tab.page.locator(".delete summary").click()
    await expect(tab.page.get_by_text("Delete this chat and all it holds?")).to_be_visible()
    await tab.page.keyboard.press("Escape")
    await expect(tab.page.get_by_text("Delete this chat and all it holds?")).to_be_hidden()
    await expect(tab.row("count 1 1ms")).to_be_visible()


async def test_new_chat_leads_to_an_empty_page(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await start(tab, "count 1 1ms")
    await tab.page.get_by_role("link", name="New chat").click()
    await expect(tab.page.locator("chat-round")).to_have_count(0)
    await expect(tab.page.get_by_role("heading", level=1)).to_have_text(
        "What would you like to know?"
    )
