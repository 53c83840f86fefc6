"""The page of a deleted chat leaves for another one, unless its user is on the way elsewhere."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Browser, Route, expect

from tests.browser.conftest import OpenTab
from tests.browser.tab import PATIENCE, Tab
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

ELSEWHERE = "/settings"


async def set_out_and_lose(tab: Tab, other: Tab) -> asyncio.Event:
    """Click a link to another page, and lose the chat of this one while that page is on its way.

    It arrives once the returned event is set. Until then Playwright reads nothing of the page, so
    the page tells itself that the chat has left the list.
    """
    asked, let_in = asyncio.Event(), asyncio.Event()

    async def delay(route: Route) -> None:
        asked.set()
        await let_in.wait()
        await route.continue_()

    await tab.page.route(f"**{ELSEWHERE}", delay)
    await tab.page.evaluate(
        """(elsewhere) => {
          const [row, list] = [".chat-row", "chat-list"].map((s) => document.querySelector(s));
          new MutationObserver(() => row.isConnected || console.log("gone"))
            .observe(list, { childList: true, subtree: true });
          setTimeout(() => document.querySelector(`a[href="${elsewhere}"]`).click());
        }""",
        ELSEWHERE,
    )
    chat = tab.page.url.rsplit("/", 1)[1]
    await asyncio.wait_for(asked.wait(), PATIENCE / 1000)
    async with tab.page.expect_console_message(lambda message: message.text == "gone"):
        assert (await other.page.request.delete(f"/api/chatbot/workflows/{chat}")).ok
    return let_in


async def test_a_user_on_the_way_elsewhere_arrives_there(open_tab: OpenTab) -> None:
    other = await open_tab()
    await other.ask("count 1 1ms")
    await other.until_ended("complete")
    tab = await open_tab(other.page.url, quiet=False, service_workers="block")
    let_in = await set_out_and_lose(tab, other)
    let_in.set()
    await tab.page.wait_for_url(f"**{ELSEWHERE}")


@pytest.mark.long
async def test_the_way_back_leads_past_a_chat_that_was_deleted_meanwhile(
    keeping_browser: Browser, open_tab: OpenTab, server: Server
) -> None:
    """The browser keeps the page as it was left: on the way elsewhere, and its chat deleted."""
    other = await open_tab()
    await other.ask("count 1 1ms")
    await other.until_ended("complete")
    context = await keeping_browser.new_context(base_url=server.url, service_workers="block")
    kept = Tab(await context.new_page())
    await kept.page.goto(other.page.url)
    await kept.until_ended("complete")
    let_in = await set_out_and_lose(kept, other)
    let_in.set()
    await kept.page.wait_for_url(f"**{ELSEWHERE}")
    await kept.page.go_back(wait_until="commit")
    await kept.page.wait_for_url(f"{server.url}/")
    await expect(kept.page.get_by_role("button", name="Undo")).to_be_visible()
    await context.close()
