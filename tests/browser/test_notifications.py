"""What a tab says of an answer while nobody looks: by icon, title and notification."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab, set_hidden
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

LONG = "count 400 20ms"

# A browser without a screen has nowhere to show one: what it was given is written down instead.
RECORD = """
window.notified = [];
let permission = "default";
window.Notification = class {
  static get permission() { return permission; }
  static async requestPermission() {
    window.asked = (window.asked ?? 0) + 1;
    permission = window.answer ?? "granted";
    return permission;
  }
};
ServiceWorkerRegistration.prototype.showNotification = async (title, options) => {
  window.notified.push({ title, ...options });
};
"""


async def open_recording(open_tab: OpenTab) -> Tab:
    tab = await open_tab("/offline")
    await tab.page.context.add_init_script(RECORD)
    await tab.page.goto("/")
    return tab


def lets_go(page: Page) -> AbstractAsyncContextManager[object]:
    """The page closes its stream in the block."""
    return page.expect_event("requestfailed", lambda request: "/api/stream" in request.url)


async def ask(tab: Tab) -> str:
    """Ask what takes eight seconds to answer; the chat's id."""
    await tab.ask(LONG)
    await expect(tab.page).to_have_title(f"● {LONG} · quart-chat")
    return tab.page.url.rpartition("/")[2]


async def turn_on(page: Page) -> None:
    switch = page.get_by_role("button", name="Notify me of answers")
    await switch.click()
    await expect(switch).to_have_attribute("aria-pressed", "true")


async def notified(page: Page, count: int) -> list[dict[str, object]]:
    await page.wait_for_function("(count) => window.notified.length >= count", arg=count)
    found: list[dict[str, object]] = await page.evaluate("window.notified")
    return found


async def test_icon_and_title_show_a_running_answer(open_tab: OpenTab) -> None:
    tab = await open_tab()
    icon = tab.page.locator('link[rel="icon"]')
    await tab.ask("wait")
    await expect(tab.page).to_have_title("● wait · quart-chat")
    assert "favicon-running.svg" in str(await icon.get_attribute("href"))
    await tab.page.reload()
    await expect(tab.page).to_have_title("● wait · quart-chat")
    assert "favicon-running.svg" in str(await icon.get_attribute("href"))
    await tab.page.locator("#prompt").press("Escape")
    await expect(tab.page).to_have_title("wait · quart-chat")
    assert "favicon.svg" in str(await icon.get_attribute("href"))


async def test_nobody_is_asked_before_they_ask(open_tab: OpenTab) -> None:
    tab = await open_recording(open_tab)
    await ask(tab)
    async with lets_go(tab.page):
        await set_hidden(tab.page, True)
    assert await tab.page.evaluate("window.asked") is None


async def test_the_end_of_an_answer_in_a_hidden_tab_is_told(open_tab: OpenTab) -> None:
    tab = await open_recording(open_tab)
    await turn_on(tab.page)
    chat = await ask(tab)
    async with lets_go(tab.page):
        await set_hidden(tab.page, True)
        [told] = await notified(tab.page, 1)
    assert (told["title"], told["body"]) == (LONG, "The answer is complete.")
    assert told["data"] == {"path": f"/chat/{chat}"}
    await set_hidden(tab.page, False)
    await tab.ask("count 3 1ms")
    await tab.until_ended("complete", 2)
    assert len(await notified(tab.page, 1)) == 1


async def test_a_refusal_is_said_and_nothing_is_switched_on(open_tab: OpenTab) -> None:
    tab = await open_recording(open_tab)
    await tab.page.evaluate("window.answer = 'denied'")
    switch = tab.page.get_by_role("button", name="Notify me of answers")
    await switch.click()
    await expect(tab.page.locator(".notify-refused")).to_contain_text("does not allow")
    await expect(switch).to_have_attribute("aria-pressed", "false")


async def test_of_many_hidden_tabs_one_keeps_its_stream_and_tells_of_all(
    open_tab: OpenTab, server: Server
) -> None:
    first = await open_recording(open_tab)
    await turn_on(first.page)
    second = Tab(await first.page.context.new_page())
    await second.page.goto(server.url)
    await turn_on(second.page)
    chats = [await ask(first), await ask(second)]
    await expect(first.page.locator('.chat-row[data-status="running"]')).to_have_count(2)
    await set_hidden(first.page, True)
    await first.page.wait_for_function(
        "navigator.locks.query().then(({ held }) => held.length === 1)"
    )
    async with lets_go(second.page):
        await set_hidden(second.page, True)
    assert sorted(str(told["tag"]) for told in await notified(first.page, 2)) == sorted(chats)
    assert await second.page.evaluate("window.notified") == []


async def test_what_somebody_sees_in_another_tab_is_not_told(
    open_tab: OpenTab, server: Server
) -> None:
    hidden = await open_recording(open_tab)
    await turn_on(hidden.page)
    await ask(hidden)
    shown = Tab(await hidden.page.context.new_page())
    await shown.page.goto(hidden.page.url)
    async with lets_go(hidden.page):
        await set_hidden(hidden.page, True)
        await shown.until_ended("complete")
    assert await hidden.page.evaluate("window.notified") == []
