"""The list of chats: one stop of Tab, folded away beside the page, and with room on a phone."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.keyboard import Keyboard
from tests.browser.tab import Tab
from tests.browser.test_page import violations

pytestmark = pytest.mark.asyncio(loop_scope="session")

WIDE = {"width": 1280, "height": 800}
SMALL_PHONE = {"width": 360, "height": 640}
STOPS = """[...document.querySelectorAll(".chats-days :is(a, button)")]
  .filter((element) => element.tabIndex === 0 && element.checkVisibility())"""
# Elements of the list that lie over one another.
OVERLAPS = """(root) => {
  const shown = [...root.querySelectorAll("a, button, input, h2")]
    .filter((element) => element.checkVisibility({ opacityProperty: true }))
    .map((element) => [element, element.getBoundingClientRect()]);
  const area = root.querySelector(".chats-days").getBoundingClientRect();
  const clipped = shown.map(([element, { left, right, top, bottom }]) => {
    const scrolled = element.closest(".chats-days");
    return [element, left, right, scrolled ? Math.max(top, area.top) : top,
      scrolled ? Math.min(bottom, area.bottom) : bottom];
  }).filter(([, , , top, bottom]) => bottom > top);
  return clipped.flatMap(([one, l1, r1, t1, b1], index) => clipped.slice(index + 1)
    .filter(([other]) => !one.contains(other) && !other.contains(one))
    .filter(([, l2, r2, t2, b2]) =>
      Math.min(r1, r2) - Math.max(l1, l2) > 1 && Math.min(b1, b2) - Math.max(t1, t2) > 1)
    .map(([other]) => `${one.outerHTML.slice(0, 80)} / ${other.outerHTML.slice(0, 80)}`));
}"""
SHIFTS = """new Promise((resolve) => {
  new PerformanceObserver((list) => resolve(list.getEntries().map((entry) => entry.value)))
    .observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve([]), 100)));
})"""


async def fill(page: Page, count: int) -> None:
    for number in range(count):
        data = {
            "prompt": f"chat {number} with a title that is longer than its row",
            "assistant": "slow",
        }
        await page.request.post("/api/chatbot/start/stream", data=data)


async def filled(open_tab: OpenTab, count: int, **options: object) -> tuple[Tab, Keyboard]:
    tab = await open_tab(**options)
    await fill(tab.page, count)
    await tab.page.reload()
    await tab.page.evaluate("customElements.whenDefined('chat-app').then(() => true)")
    return tab, Keyboard(tab.page)


async def test_the_list_is_one_stop_of_tab(open_tab: OpenTab) -> None:
    tab, keys = await filled(open_tab, 4, viewport=WIDE)
    links = tab.page.locator(".chats-days .chat-link")
    await keys.go(links.first)
    assert await tab.page.evaluate(f"{STOPS}.length") == 1
    await keys.press("ArrowDown", "ArrowDown")
    await keys.expect_at(links.nth(2))
    assert await tab.page.evaluate(f"{STOPS}.length") == 1
    await keys.press("Tab")
    await keys.expect_at(tab.page.get_by_role("link", name="Documents", exact=True))
    # Back it goes to where one was.
    await keys.press("Shift+Tab")
    await keys.expect_at(links.nth(2))
    await keys.press("ArrowRight")
    await keys.expect_at(tab.page.locator(".chat-more").nth(2))
    await keys.press("ArrowLeft", "End")
    await keys.expect_at(links.nth(3))
    await keys.press("Home", "ArrowUp")
    await keys.expect_at(links.first)


async def test_tab_leads_to_the_chat_that_is_shown(open_tab: OpenTab) -> None:
    tab, keys = await filled(open_tab, 3, viewport=WIDE)
    await tab.page.locator(".chats-days .chat-link").nth(1).click()
    await tab.page.wait_for_url("**/chat/*")
    await tab.page.evaluate("customElements.whenDefined('chat-app').then(() => true)")
    await keys.go(tab.page.locator("#search"))
    await keys.press("Tab")
    await keys.expect_at(tab.page.locator(".chats-days .chat-link").nth(1))


async def test_the_stop_outlasts_chats_that_come_and_go(open_tab: OpenTab) -> None:
    tab, keys = await filled(open_tab, 3, viewport=WIDE)
    other = await open_tab("/")
    links = tab.page.locator(".chats-days .chat-link")
    await keys.go(links.first)
    await fill(other.page, 1)
    await expect(links).to_have_count(4)
    await keys.expect_at(links.nth(1))
    assert await tab.page.evaluate(f"{STOPS}.length") == 1
    await keys.press("Delete")
    await expect(links).to_have_count(3)
    assert await tab.page.evaluate(f"{STOPS}.length") == 1
    # Also where the chat that is the stop is deleted while the focus is elsewhere.
    await keys.go(tab.page.locator("#prompt"))
    stop = await tab.page.evaluate(f"{STOPS}[0].closest('.chat-row').dataset.id")
    await other.page.request.delete(f"/api/chatbot/workflows/{stop}")
    await expect(links).to_have_count(2)
    assert await tab.page.evaluate(f"{STOPS}.length") == 1


async def test_what_a_search_found_is_one_stop_too(open_tab: OpenTab) -> None:
    tab, keys = await filled(open_tab, 3, viewport=WIDE)
    await keys.go(tab.page.locator("#search"))
    await keys.seek("title")
    found = tab.page.locator(".found .chat-link")
    await expect(found).to_have_count(3)
    await keys.press("Tab", "ArrowDown")
    await keys.expect_at(found.nth(1))
    await keys.press("Tab")
    await keys.expect_at(tab.page.get_by_role("link", name="Documents", exact=True))


async def test_the_list_folds_away_and_stays_so(open_tab: OpenTab) -> None:
    tab, keys = await filled(open_tab, 2, viewport=WIDE)
    sidebar, menu = tab.page.locator(".sidebar"), tab.page.locator(".menu")
    await expect(menu).to_be_hidden()
    await keys.go(tab.page.get_by_role("button", name="Hide the list"), "Shift+Tab")
    await keys.press("Enter")
    await expect(sidebar).to_be_hidden()
    await keys.expect_at(menu)
    for path in ("/", "/documents", "/handbook/"):
        await tab.page.goto(path)
        await expect(sidebar).to_be_hidden()
        await expect(menu).to_be_visible()
    await tab.page.goto("/")
    await tab.page.locator("#prompt").focus()
    await keys.press("Control+b")
    await expect(sidebar).to_be_visible()
    await keys.expect_at(tab.page.locator("#prompt"))
    await keys.press("Control+b")
    await menu.click()
    await expect(sidebar).to_be_visible()
    await expect(menu).to_be_hidden()
    await tab.page.reload()
    await expect(sidebar).to_be_visible()


@pytest.mark.parametrize("folded", [False, True])
async def test_nothing_moves_as_the_page_loads(open_tab: OpenTab, folded: bool) -> None:
    tab, keys = await filled(open_tab, 3, viewport=WIDE)
    if folded:
        await keys.press("Control+b")
        await expect(tab.page.locator(".sidebar")).to_be_hidden()
    await tab.page.reload()
    await tab.page.evaluate("customElements.whenDefined('chat-app').then(() => true)")
    assert sum(await tab.page.evaluate(SHIFTS)) < 0.01
    assert await tab.page.locator(".sidebar").is_visible() is not folded


@pytest.mark.parametrize("locale", ["en", "de"])
async def test_on_a_phone_more_than_four_chats_are_seen_and_nothing_lies_on_anything(
    open_tab: OpenTab, locale: str
) -> None:
    tab, _keys = await filled(
        open_tab, 8, viewport=SMALL_PHONE, has_touch=True, is_mobile=True, locale=locale
    )
    await tab.page.locator(".menu").click()
    sidebar = tab.page.locator(".sidebar")
    await expect(sidebar).to_be_visible()
    seen = await tab.page.evaluate(
        """() => {
          const area = document.querySelector(".chats-days").getBoundingClientRect();
          return [...document.querySelectorAll(".chats-days .chat-row")].filter((row) => {
            const { top, bottom } = row.getBoundingClientRect();
            return top >= area.top && bottom <= Math.min(area.bottom, innerHeight);
          }).length;
        }"""
    )
    assert seen > 4
    assert await sidebar.evaluate(OVERLAPS) == []
    await expect(tab.page.locator(".language").last).to_be_in_viewport(ratio=1)
    assert await violations(tab.page) == []
    # The same button that has opened the list closes it.
    await tab.page.locator(".fold").click()
    await expect(sidebar).to_be_hidden()
