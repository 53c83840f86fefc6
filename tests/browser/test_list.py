"""The list of chats, alike in every tab."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.keyboard import Keyboard
from tests.browser.tab import Tab, open_live, set_hidden, slow_timers
from tests.browser.test_preferences import COVERED, TINY
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def ask_many(tab: Tab, count: int) -> None:
    """Start chats of the titles "kiwi 0", "kiwi 1" and so on, one after the other."""
    for number in range(count):
        await tab.page.request.post(
            "/api/chatbot/start/stream",
            data={"prompt": f"kiwi {number}", "assistant": "slow"},
        )


def set_times(server: Server, times: dict[str, datetime]) -> None:
    """Set when chats were changed last, by title."""
    with closing(sqlite3.connect(server.instance / "chat.sqlite")) as database:
        rows = [(moment.timestamp(), title) for title, moment in times.items()]
        database.executemany("UPDATE workflows SET updated_at = ? WHERE title = ?", rows)
        database.commit()


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
    await first.page.locator(".title-text").click()
    await expect(first.page.locator(".title-field")).to_be_focused()
    await expect(first.page.locator(".title-field")).to_have_value("count 1 1ms")
    await first.page.keyboard.type("Numbers")
    await first.page.keyboard.press("Enter")
    for tab in (first, second):
        await expect(tab.page.locator("h1")).to_have_text("Numbers")
        await expect(tab.page).to_have_title("Numbers · quart-chat")
    await expect(first.page.locator(".title-field")).to_have_count(0)
    await expect(elsewhere.row("Numbers")).to_be_visible()
    await expect(elsewhere.row("count 1 1ms")).to_have_count(0)


async def test_a_title_that_is_refused_says_why(open_tab: OpenTab) -> None:
    tab = await open_tab(quiet=False)
    await start(tab, "count 1 1ms")
    await tab.rename("\u200b")
    await expect(tab.page.locator(".notice")).to_contain_text("write something")
    await expect(tab.page.locator(".title-field")).to_have_attribute("aria-invalid", "true")
    await tab.page.keyboard.press("Escape")
    await expect(tab.page.locator("h1")).to_have_text("count 1 1ms")


async def test_the_latest_chat_comes_first_and_a_pinned_one_before_it(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await start(tab, "count 1 1ms")
    first = tab.page.url
    await start(tab, "count 2 1ms")
    names = tab.page.locator(".chat-name")
    await expect(names).to_have_text(["count 2 1ms", "count 1 1ms"])
    other = await open_tab(first)
    await other.choose("Pin")
    for each in (tab, other):
        await expect(each.page.locator(".chat-name")).to_have_text(["count 1 1ms", "count 2 1ms"])
    await start(tab, "count 3 1ms")
    order = ["count 1 1ms", "count 3 1ms", "count 2 1ms"]
    for each in (tab, other):
        await expect(each.page.locator(".chat-name")).to_have_text(order)
    await other.choose("Unpin")
    order = ["count 3 1ms", "count 2 1ms", "count 1 1ms"]
    for each in (tab, other):
        await expect(each.page.locator(".chat-name")).to_have_text(order)


async def test_a_deleted_chat_is_gone_from_every_tab_and_comes_back(open_tab: OpenTab) -> None:
    first = await open_tab()
    await start(first, "count 1 1ms")
    second, elsewhere = await open_tab("/offline"), await open_tab("/")
    chat = first.page.url
    # A page that connects after the chat is gone is refused, and the browser says so.
    await open_live(second.page, chat)
    await first.choose("Delete")
    for tab in (first, second):
        await expect(tab.page).to_have_url(re.compile(r":\d+/$"))
        await expect(tab.page.locator(".notice")).to_contain_text("Chat deleted.")
    await expect(elsewhere.row("count 1 1ms")).to_have_count(0)
    await expect(elsewhere.page.locator(".chats-empty")).to_be_visible()
    await first.page.get_by_role("button", name="Undo").click()
    await expect(first.page).to_have_url(chat)
    await expect(first.answer()).to_have_text("1")
    for tab in (second, elsewhere):
        await expect(tab.row("count 1 1ms")).to_be_visible()


async def test_deleting_in_the_list_is_undone_where_one_is(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await start(tab, "count 1 1ms")
    await start(tab, "count 2 1ms")
    here = tab.page.url
    await slow_timers(tab.page)
    await tab.row("count 1 1ms").locator(".chat-link").focus()
    await tab.page.keyboard.press("Delete")
    await expect(tab.row("count 1 1ms")).to_have_count(0)
    await expect(tab.row("count 2 1ms").locator(".chat-link")).to_be_focused()
    # The live list may be faster than the answer that offers to undo it.
    await expect(tab.page.locator(".notice")).to_contain_text("Chat deleted.")
    await tab.page.keyboard.press("Control+z")
    await expect(tab.row("count 1 1ms")).to_be_visible()
    await expect(tab.page.locator(".notice")).to_have_text("The chat was restored.")
    assert tab.page.url == here


async def test_to_undo_is_on_offer_until_it_is_closed(open_tab: OpenTab) -> None:
    tab = await open_tab(quiet=False)
    await start(tab, "count 1 1ms")
    await start(tab, "count 2 1ms")
    await tab.page.clock.install()
    await tab.row("count 1 1ms").locator(".chat-link").focus()
    await tab.page.keyboard.press("Delete")
    notice = tab.page.locator(".notice")
    await expect(notice).to_contain_text("Chat deleted.")
    await tab.page.clock.fast_forward("30:00")
    await expect(notice.get_by_role("button", name="Undo")).to_be_visible()
    # What is more urgent comes before it, and leaves it there.
    await tab.page.evaluate("document.querySelector('chat-notice').failure('Too bad.')")
    await expect(notice).to_have_text("Too bad.")
    await tab.page.clock.fast_forward("30:00")
    await expect(notice).to_contain_text("Chat deleted.")
    await notice.get_by_role("button", name="Close").click()
    await expect(notice).to_be_empty()


async def test_deleting_a_running_chat_stops_it(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("count 1000 20ms")
    await expect(tab.answer()).to_contain_text("3 ")
    await tab.choose("Delete")
    await tab.page.get_by_role("button", name="Undo").click()
    await tab.until_ended("stopped")
    await expect(tab.answer()).to_contain_text("1 2 3")


async def test_a_chat_is_renamed_in_its_row(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await start(tab, "count 1 1ms")
    other = await open_tab("/")
    row = other.row("count 1 1ms")
    await row.hover()
    await row.get_by_role("button", name="Options: count 1 1ms").click()
    await other.page.get_by_role("menuitem", name="Rename").click()
    field = other.page.get_by_role("textbox", name="Title")
    await expect(field).to_be_focused()
    await other.page.keyboard.type("Kiwi")
    await other.page.keyboard.press("Enter")
    for each in (tab, other):
        await expect(each.row("Kiwi")).to_be_visible()
    await expect(other.row("Kiwi").locator(".chat-link")).to_be_focused()
    await other.page.keyboard.press("F2")
    await expect(field).to_be_focused()
    await other.page.keyboard.type("Not this")
    await other.page.keyboard.press("Escape")
    await expect(field).to_have_count(0)
    await expect(other.row("Kiwi").locator(".chat-link")).to_be_focused()
    await other.page.keyboard.press("F2")
    await expect(field).to_be_focused()
    await other.page.keyboard.type("On leaving it")
    await other.page.locator("#prompt").focus()
    await expect(tab.row("On leaving it")).to_be_visible()


async def test_a_refused_title_stays_in_its_field(open_tab: OpenTab) -> None:
    tab = await open_tab(quiet=False)
    await start(tab, "count 1 1ms")
    await tab.row("count 1 1ms").locator(".chat-link").focus()
    await tab.page.keyboard.press("F2")
    await expect(tab.page.locator(".title-field")).to_be_focused()
    await tab.page.keyboard.type("\u200b")
    await tab.page.keyboard.press("Enter")
    await expect(tab.page.locator(".notice")).to_contain_text("write something")
    await expect(tab.page.locator(".title-field")).to_have_attribute("aria-invalid", "true")
    await tab.page.keyboard.press("Escape")
    await expect(tab.row("count 1 1ms").locator(".chat-link")).to_be_visible()


async def test_a_double_click_renames_the_chat_that_is_shown(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await start(tab, "count 1 1ms")
    link = tab.row("count 1 1ms").locator(".chat-link")
    await expect(link).to_have_attribute("aria-current", "page")
    await link.dblclick()
    await expect(tab.page.locator(".title-field")).to_be_focused()
    await tab.page.keyboard.press("Escape")
    await tab.page.locator(".title-text").dblclick()
    await expect(tab.page.locator(".title-field")).to_be_focused()


async def test_a_chat_is_pinned_in_its_row_and_keeps_the_focus(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await start(tab, "count 1 1ms")
    await start(tab, "count 2 1ms")
    for item, order in (("Pin", ["1", "2"]), ("Unpin", ["2", "1"])):
        row = tab.row("count 1 1ms")
        await row.hover()
        await row.locator(".chat-more").click()
        await tab.page.get_by_role("menuitem", name=item, exact=True).click()
        await expect(tab.page.locator(".chat-name")).to_have_text(
            [f"count {number} 1ms" for number in order]
        )
        await expect(row.locator(".chat-link")).to_be_focused()


async def test_the_focus_stays_when_the_list_is_reordered(open_tab: OpenTab) -> None:
    first = await open_tab()
    await start(first, "count 1 1ms")
    await start(first, "count 2 1ms")
    second = await open_tab("/")
    link = second.row("count 1 1ms").locator(".chat-link")
    await link.focus()
    await first.row("count 1 1ms").locator(".chat-link").click()
    await first.ask("again")
    await expect(second.page.locator(".chat-name").first).to_have_text("count 1 1ms")
    await expect(link).to_be_focused()


async def test_the_arrows_go_through_the_list(open_tab: OpenTab) -> None:
    tab = await open_tab()
    for number in (1, 2, 3):
        await start(tab, f"count {number} 1ms")
    await tab.page.locator("#search").focus()
    await expect(tab.page.locator("chat-search:defined")).to_have_count(1)
    for key, number in (
        ("ArrowDown", 3),
        ("ArrowDown", 2),
        ("End", 1),
        ("ArrowDown", 1),
        ("ArrowUp", 2),
        ("Home", 3),
        ("ArrowUp", 3),
    ):
        await tab.page.keyboard.press(key)
        await expect(tab.row(f"count {number} 1ms").locator(".chat-link")).to_be_focused()


async def test_an_answer_that_nobody_saw_is_marked_in_every_tab(open_tab: OpenTab) -> None:
    asking, other = await open_tab(), await open_tab("/")
    await asking.ask("count 300 20ms")
    await expect(asking.answer()).to_contain_text("2 ")
    await set_hidden(asking.page, True)
    unread = other.row("count 300 20ms").locator(".chat-unread")
    await expect(unread).to_be_visible()
    third = await open_tab("/")
    await expect(third.row("count 300 20ms").locator(".chat-unread")).to_be_visible()
    await set_hidden(asking.page, False)
    await expect(unread).to_be_hidden()
    await expect(third.row("count 300 20ms")).to_have_attribute("data-unread", "0")


async def test_an_answer_that_is_seen_is_not_marked(open_tab: OpenTab) -> None:
    tab, other = await open_tab(), await open_tab("/")
    await tab.ask("count 3 1ms")
    await tab.until_ended("complete")
    for each in (tab, other):
        await expect(each.row("count 3 1ms")).to_have_attribute("data-unread", "0")
        await expect(each.row("count 3 1ms")).to_have_attribute("data-status", "idle")


async def test_more_is_loaded_as_the_list_scrolls(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await ask_many(tab, 65)
    await tab.page.goto("/")
    rows = tab.page.locator(".chats-days .chat-row")
    await expect(rows).to_have_count(30)
    for count in (60, 65):
        await tab.page.locator(".chats-days").evaluate("(list) => list.scrollTo(0, 1e6)")
        await expect(rows).to_have_count(count)
    names = await tab.page.locator(".chat-name").all_text_contents()
    assert names == [f"kiwi {number}" for number in reversed(range(65))]
    await expect(tab.page.locator(".chats-days .older")).to_be_hidden()


async def test_a_page_that_can_not_be_loaded_is_asked_for_again(open_tab: OpenTab) -> None:
    tab = await open_tab(quiet=False)
    await ask_many(tab, 31)
    await tab.page.route("**/workflows?before=*", lambda route: route.fulfill(status=503))
    await tab.page.goto("/")
    await tab.page.locator(".chats-days").evaluate("(list) => list.scrollTo(0, 1e6)")
    again = tab.page.get_by_role("link", name="Try again")
    await expect(again).to_be_visible()
    await tab.page.unroute("**/workflows?before=*")
    await again.focus()
    await tab.page.keyboard.press("Enter")
    await expect(tab.page.locator(".chats-days .chat-row")).to_have_count(31)
    await expect(tab.row("kiwi 0").locator(".chat-link")).to_be_focused()


async def test_a_search_finds_as_one_types_and_shows_where(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await start(tab, "Grüße an alle <b>")
    await start(tab, "count 30 1ms")
    here = tab.page.url
    search = tab.page.locator("#search")
    await search.press_sequentially("grusse")
    found = tab.page.locator(".found")
    await expect(found.locator(".chat-name")).to_have_text(["Grüße an alle <b>"])
    await expect(found.locator("mark")).to_have_text(["Grüße"])
    await expect(tab.page.locator(".chats-days")).to_be_hidden()
    await search.fill("29")
    await expect(found.locator(".chat-name")).to_have_text(["count 30 1ms"])
    await expect(found.locator(".chat-snippet mark")).to_have_text("29")
    await search.press("ArrowDown")
    await expect(found.locator(".chat-link")).to_be_focused()
    await search.fill("nowhere <i>")
    state = tab.page.locator(".found-state")
    await expect(state).to_have_text("Nothing found for “nowhere <i>”.")
    await search.press("Escape")
    await expect(search).to_have_value("")
    await expect(tab.page.locator(".chats-days .chat-row")).to_have_count(2)
    assert tab.page.url == here


async def test_a_search_survives_reload_and_follows_what_changes(open_tab: OpenTab) -> None:
    tab, other = await open_tab(), await open_tab()
    await start(tab, "kiwi one")
    await start(tab, "kiwi two")
    await tab.page.fill("#search", "kiwi")
    found = tab.page.locator(".found .chat-row")
    await expect(found).to_have_count(2)
    await tab.page.reload()
    await expect(found).to_have_count(2)
    await other.page.goto(tab.page.url.partition("?")[0])
    await other.rename("Renamed")
    await expect(tab.page.locator(".found .chat-name").first).to_have_text("Renamed")
    await other.row("kiwi one").locator(".chat-link").focus()
    await other.page.keyboard.press("Delete")
    await expect(found).to_have_count(1)
    await found.locator(".chat-link").click()
    await expect(tab.page.locator("#search")).to_have_value("kiwi")


async def test_a_search_that_fails_says_so(open_tab: OpenTab) -> None:
    tab = await open_tab(quiet=False)
    await tab.page.route("**/workflows?q=*", lambda route: route.abort())
    await tab.page.fill("#search", "kiwi")
    await expect(tab.page.locator(".found-state")).to_have_text("The server can't be reached.")


async def test_chats_are_grouped_by_the_days_of_the_person(
    open_tab: OpenTab, server: Server
) -> None:
    tab = await open_tab(timezone_id="Pacific/Kiritimati")
    await ask_many(tab, 5)
    page = tab.page
    now = datetime(2026, 3, 15, 20, tzinfo=UTC)  # the 16th, 10 o'clock, where the person is
    set_times(
        server,
        {
            "kiwi 4": now - timedelta(hours=9),  # 01:00 on the 16th
            "kiwi 3": now - timedelta(hours=11),  # 23:00 on the 15th
            "kiwi 2": now - timedelta(days=7),
            "kiwi 1": now - timedelta(days=8),
            "kiwi 0": now - timedelta(days=40),
        },
    )
    await page.clock.install(time=now)
    await page.goto("/")
    days = page.locator(".chats-day")
    today = page.locator('[data-group="today"] .chat-name')
    await expect(days).to_have_text(
        ["Today", "Yesterday", "Previous 7 days", "March 2026", "February 2026"]
    )
    await expect(today).to_have_text(["kiwi 4"])
    await page.clock.fast_forward("15:00:00")
    await expect(days).to_have_text(["Yesterday", "Previous 7 days", "March 2026", "February 2026"])
    await expect(page.locator('[data-group="yesterday"] .chat-name')).to_have_text(["kiwi 4"])
    await expect(page.locator('[data-group="week"] .chat-name')).to_have_text(["kiwi 3"])


async def test_a_long_title_stays_in_its_row(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await start(tab, "x" * 300)
    row = tab.page.locator(".chat-row")
    box = await row.bounding_box()
    assert box is not None
    assert box["width"] < 260
    assert box["height"] < 50


async def test_choosing_the_chat_that_is_shown_closes_the_list_on_a_phone(
    open_tab: OpenTab,
) -> None:
    tab = await open_tab(viewport={"width": 360, "height": 740})
    await tab.ask("count 1 1ms")
    await tab.until_ended("complete")
    await tab.page.locator(".menu").click()
    await tab.row("count 1 1ms").locator(".chat-link").click()
    await expect(tab.page.locator(".sidebar")).to_be_hidden()


async def test_new_chat_leads_to_an_empty_page(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await start(tab, "count 1 1ms")
    await tab.page.get_by_role("link", name="New chat").click()
    await expect(tab.page.locator("chat-round")).to_have_count(0)
    await expect(tab.page.get_by_role("heading", level=1)).to_have_text(
        "What would you like to know?"
    )


async def test_what_a_search_found_is_opened_where_it_is(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await start(tab, "count 400 0ms")
    for number, prompt in enumerate(["kiwi", "papaya"], 2):
        await tab.ask(prompt)
        await tab.until_ended("complete", number)
    await tab.page.fill("#search", "kiwi")
    await tab.page.locator(".found .chat-link").click()
    await expect(tab.round(3)).to_have_count(0)
    await expect(tab.round(2).locator(".prompt-text")).to_be_in_viewport()
    await expect(tab.page.locator("#search")).to_have_value("kiwi")
    # Its answer is the newest there is: nothing comes later.
    await tab.page.fill("#search", "papaya")
    await expect(tab.page.locator(".found mark")).to_have_text("papaya")
    await tab.page.locator(".found .chat-link").click()
    await expect(tab.round(3).locator(".prompt-text")).to_be_in_viewport()
    await expect(tab.page.locator(".later")).to_have_count(0)


async def test_an_example_is_asked_and_a_draft_stays(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.page.fill("#prompt", "half a question")
    await tab.page.locator(".example").first.click()
    await tab.until_ended("complete")
    await expect(tab.page.locator("#prompt")).to_have_value("half a question")
    await tab.page.reload()
    await expect(tab.page.locator("#prompt")).to_have_value("half a question")


async def test_in_a_tiny_window_all_of_it_is_reached_by_keys(open_tab: OpenTab) -> None:
    first = await open_tab()
    await first.ask("count 2 1ms")
    await first.until_ended("complete")
    for path in ("/", "/settings", "/handbook/"):
        tab = await open_tab(path, viewport=TINY)
        keys = Keyboard(tab.page)
        await keys.go(tab.page.locator(".menu"))
        await keys.press("Enter")
        await keys.expect_at(tab.page.locator(".sidebar a").first)
        await keys.go(tab.page.locator(".language").last)
        assert await tab.page.evaluate(COVERED.replace("main", ".sidebar")) == []
