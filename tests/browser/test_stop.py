"""Stopping an answer from wherever one is."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


async def expect_stopped(tab: Tab) -> None:
    await tab.until_ended("stopped")
    await expect(tab.round(1).locator(".outcome")).to_have_text("Stopped.")
    await expect(tab.page.locator(".send")).to_be_visible()
    await expect(tab.page.locator(".stop")).to_be_hidden()


async def test_the_button_stops_and_what_was_written_stays(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("count 2000 20ms")
    await expect(tab.answer()).to_contain_text("5 ")
    await tab.page.get_by_role("button", name="Stop the answer").click()
    await expect_stopped(tab)
    await expect(tab.answer()).to_contain_text("1 2 3 4 5")


async def test_escape_stops_before_the_first_word(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("wait")
    await expect(tab.page.locator(".stop")).to_be_visible()
    await tab.page.keyboard.press("Escape")
    await expect_stopped(tab)


async def test_escape_in_an_open_menu_closes_the_menu_alone(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("wait")
    await expect(tab.page.locator(".stop")).to_be_visible()
    await tab.page.locator(".title-text").click()
    await expect(tab.page.locator(".title-field")).to_be_focused()
    await tab.page.keyboard.press("Escape")
    await expect(tab.page.locator(".title-field")).to_have_count(0)
    await expect(tab.page.locator(".stop")).to_be_visible()
    await tab.page.keyboard.press("Escape")
    await expect_stopped(tab)


async def test_another_tab_stops_it(open_tab: OpenTab) -> None:
    first = await open_tab()
    await first.ask("count 2000 20ms")
    await expect(first.answer()).to_contain_text("5 ")
    second = await open_tab(first.page.url)
    await second.page.get_by_role("button", name="Stop the answer").click()
    await expect_stopped(first)
    await expect_stopped(second)
    assert await first.content() == await second.content()
