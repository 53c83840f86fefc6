"""What becomes of a page when its connection, or the server, goes away."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.tab import set_hidden
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

INTERRUPTED = "The server stopped before the answer was complete. What was written is kept."


async def test_a_killed_server_comes_back_and_the_page_shows_what_was_kept(
    open_tab: OpenTab, server: Server
) -> None:
    tab = await open_tab(quiet=False)
    await tab.ask("count 1000 20ms")
    await expect(tab.answer()).to_contain_text("50 ")
    await asyncio.to_thread(server.kill)
    await expect(tab.page.locator(".notice")).to_have_text("The connection is lost. Reconnecting…")
    await asyncio.to_thread(server.start)
    await tab.until_ended("error")
    await expect(tab.round(1).locator(".outcome")).to_have_text(INTERRUPTED)
    await expect(tab.answer()).to_contain_text("1 2 3 4 5 ")
    await expect(tab.page.locator(".notice")).to_be_hidden()
    fresh = await open_tab(tab.page.url)
    assert await fresh.content() == await tab.content()


async def test_a_restart_is_survived_and_the_chat_goes_on(
    open_tab: OpenTab, server: Server
) -> None:
    tab = await open_tab(quiet=False)
    await tab.ask("count 1000 20ms")
    await expect(tab.answer()).to_contain_text("5 ")
    await asyncio.to_thread(server.terminate)
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)
    await tab.until_ended("error")
    await expect(tab.round(1).locator(".outcome")).to_have_text(INTERRUPTED)
    await tab.ask("count 3 1ms")
    await tab.until_ended("complete", 2)
    await expect(tab.page.locator("chat-round")).to_have_count(2)


async def test_a_hidden_tab_lets_go_and_catches_up(open_tab: OpenTab) -> None:
    hidden = await open_tab()
    await hidden.ask("count 80 20ms")
    await expect(hidden.answer()).to_contain_text("10 ")
    async with hidden.page.expect_event(
        "requestfailed", lambda request: "/api/stream" in request.url
    ):
        await set_hidden(hidden.page, True)
    shown = await open_tab(hidden.page.url)
    await shown.until_ended("complete")
    await shown.ask("count 4 1ms")
    await shown.until_ended("complete", 2)
    await expect(hidden.page.locator("chat-round")).to_have_count(1)
    await set_hidden(hidden.page, False)
    await hidden.until_ended("complete", 2)
    assert await hidden.content() == await shown.content()


async def test_a_tab_that_was_offline_catches_up(open_tab: OpenTab) -> None:
    away = await open_tab(quiet=False)
    await away.ask("count 1 1ms")
    await away.until_ended("complete")
    shown = await open_tab(away.page.url)
    await away.page.context.set_offline(True)
    await shown.ask("count 2 1ms")
    await shown.until_ended("complete", 2)
    await away.page.context.set_offline(False)
    await away.until_ended("complete", 2)
    assert await away.content() == await shown.content()


async def test_a_chat_that_is_gone_leads_to_a_new_one(open_tab: OpenTab) -> None:
    away = await open_tab(quiet=False)
    await away.ask("count 1 1ms")
    await away.until_ended("complete")
    await set_hidden(away.page, True)
    other = await open_tab(away.page.url)
    await other.page.get_by_role("button", name="Delete this chat").click()
    await other.page.wait_for_url("**/")
    await set_hidden(away.page, False)
    await away.page.wait_for_url("**/")
    await expect(away.page.locator(".chats-empty")).to_be_visible()


async def test_a_server_that_refuses_is_asked_again(open_tab: OpenTab) -> None:
    tab = await open_tab(quiet=False)
    await tab.ask("count 1 1ms")
    await tab.until_ended("complete")
    await set_hidden(tab.page, True)
    await tab.page.route("**/api/stream?*", lambda route: route.fulfill(status=503))
    async with tab.page.expect_response(lambda response: response.status == 503):
        await set_hidden(tab.page, False)
    await tab.page.unroute("**/api/stream?*")
    await tab.ask("count 2 1ms")
    await tab.until_ended("complete", 2)
