"""What a tab says of an answer while nobody looks: by icon, title and notification."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.conftest import OpenTab
from tests.browser.tab import ARGUMENTS, Tab, set_hidden
from tests.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

LONG = "count 300 20ms"

# Counts how often somebody is asked, and asks.
COUNT = """
window.asked = 0;
const ask = Notification.requestPermission;
Notification.requestPermission = () => { window.asked += 1; return ask.call(Notification); };
"""
SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  const shown = await registration.getNotifications();
  return shown.map(({ title, body, tag, data, lang }) => ({ title, body, tag, data, lang }));
}"""

# Nobody can click on a notification that a browser without a screen shows.
CLICK = """async () => {
  const [notification] = await registration.getNotifications();
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser(whole_chromium: str) -> AsyncIterator[Browser]:
    """Its build without windows has no notifications."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=whole_chromium, args=ARGUMENTS)
        yield browser
        await browser.close()


async def open_allowed(open_tab: OpenTab) -> Tab:
    """A tab of somebody who allows notifications when asked."""
    return await open_tab(permissions=["notifications"])


def lets_go(page: Page) -> AbstractAsyncContextManager[object]:
    """The page closes its stream in the block."""
    return page.expect_event("requestfailed", lambda request: "/api/stream" in request.url)


async def ask(tab: Tab) -> str:
    """Ask what takes six seconds to answer; the chat's id."""
    await tab.ask(LONG)
    await expect(tab.page).to_have_title(f"● {LONG} · quart-chat")
    return tab.page.url.rpartition("/")[2]


async def turn_on(page: Page) -> None:
    switch = page.get_by_role("button", name="Notify me of answers")
    await switch.click()
    await expect(switch).to_have_attribute("aria-pressed", "true")


async def until(page: Page, condition: str) -> None:
    """Ask an asynchronous function of the page with each frame until it says yes."""
    await page.evaluate(f"""async () => {{
      while (!(await ({condition})())) await new Promise(requestAnimationFrame);
    }}""")


async def notified(page: Page, count: int = 0) -> list[dict[str, object]]:
    """The notifications that the browser shows for the page, once there are so many."""
    await until(page, f"async () => (await ({SHOWN})()).length >= {count}")
    found: list[dict[str, object]] = await page.evaluate(SHOWN)
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
    tab = await open_tab("/offline")
    await tab.page.add_init_script(COUNT)
    await tab.page.goto("/")
    await ask(tab)
    async with lets_go(tab.page):
        await set_hidden(tab.page, True)
    assert await tab.page.evaluate("window.asked") == 0
    await tab.page.get_by_role("button", name="Notify me of answers").click()
    assert await tab.page.evaluate("window.asked") == 1


async def test_the_end_of_an_answer_in_a_hidden_tab_is_told_until_it_is_clicked(
    open_tab: OpenTab,
) -> None:
    tab = await open_allowed(open_tab)
    await turn_on(tab.page)
    chat = await ask(tab)
    async with lets_go(tab.page):
        await set_hidden(tab.page, True)
        [told] = await notified(tab.page, 1)
    assert (told["title"], told["body"], told["lang"]) == (LONG, "The answer is complete.", "en")
    assert told["data"] == {"path": f"/chat/{chat}"}
    [worker] = tab.page.context.service_workers
    await worker.evaluate(CLICK)
    await until(tab.page, f"async () => (await ({SHOWN})()).length === 0")


async def test_an_answer_that_is_seen_is_not_told(open_tab: OpenTab) -> None:
    tab = await open_allowed(open_tab)
    await turn_on(tab.page)
    await tab.ask("count 3 1ms")
    await tab.until_ended("complete")
    assert await notified(tab.page) == []


async def test_a_refusal_is_said_and_nothing_is_switched_on(open_tab: OpenTab) -> None:
    tab = await open_tab()  # a browser without a screen refuses, since it can't ask anybody
    switch = tab.page.get_by_role("button", name="Notify me of answers")
    await switch.click()
    await expect(tab.page.locator(".notify-refused")).to_contain_text("does not allow")
    await expect(switch).to_have_attribute("aria-pressed", "false")


async def test_of_many_hidden_tabs_one_keeps_its_stream_and_tells_of_all(
    open_tab: OpenTab, server: Server
) -> None:
    first = await open_allowed(open_tab)
    await turn_on(first.page)
    second = Tab(await first.page.context.new_page())
    await second.page.goto(server.url)
    await expect(second.page.get_by_role("button", name="Notify me of answers")).to_have_attribute(
        "aria-pressed", "true"
    )
    chats = [await ask(first), await ask(second)]
    await expect(first.page.locator('.chat-row[data-status="running"]')).to_have_count(2)
    await set_hidden(first.page, True)
    watching = "held.some(({ name }) => name === 'quart-chat-watch')"
    await until(first.page, f"() => navigator.locks.query().then(({{ held }}) => {watching})")
    async with lets_go(second.page):
        await set_hidden(second.page, True)
    async with lets_go(first.page):
        told = await notified(first.page, 2)
    assert sorted(str(one["tag"]) for one in told) == sorted(chats)


async def test_what_somebody_sees_in_another_tab_is_not_told(
    open_tab: OpenTab, server: Server
) -> None:
    hidden = await open_allowed(open_tab)
    await turn_on(hidden.page)
    await ask(hidden)
    shown = Tab(await hidden.page.context.new_page())
    await shown.page.goto(hidden.page.url)
    async with lets_go(hidden.page):
        await set_hidden(hidden.page, True)
        await shown.until_ended("complete")
    assert await notified(hidden.page) == []
