"""What becomes of a page when its connection, or the server, goes away."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Browser, Route, async_playwright, expect

from tests.browser.conftest import OpenTab
from tests.browser.tab import (
    ARGUMENTS,
    STREAM,
    Tab,
    expect_noticed,
    note_notices,
    set_hidden,
    set_offline,
    slow_timers,
    watch,
)
from tests.chaos.proxy import ChaosProxy
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

INTERRUPTED = "The server stopped before the answer was complete. What was written is kept."


async def test_a_killed_server_comes_back_and_the_page_shows_what_was_kept(
    open_tab: OpenTab, server: Server
) -> None:
    tab = await open_tab(quiet=False)
    await tab.ask("count 1000 20ms")
    await expect(tab.answer()).to_contain_text("50 ")
    await note_notices(tab.page)
    await asyncio.to_thread(server.kill)
    await expect(tab.page.locator(".notice")).to_have_text(
        "Connection lost. We'll reconnect automatically."
    )
    await asyncio.to_thread(server.start)
    await tab.until_ended("error")
    await expect(tab.round(1).locator(".outcome")).to_have_text(INTERRUPTED)
    await expect(tab.answer()).to_contain_text("1 2 3 4 5 ")
    await expect_noticed(tab.page, "Connected again.")
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


async def hide_in_mid_answer(open_tab: OpenTab, prompt: str) -> Tab:
    """A tab that has seen an answer begin, and has let go of its connection."""
    hidden = await open_tab()
    await hidden.ask(prompt)
    await expect(hidden.answer()).to_contain_text("10 ")
    async with hidden.page.expect_event(
        "requestfailed", lambda request: "/api/stream" in request.url
    ):
        await set_hidden(hidden.page, True)
    return hidden


async def test_a_hidden_tab_lets_go_and_catches_up(open_tab: OpenTab) -> None:
    hidden = await hide_in_mid_answer(open_tab, "count 80 20ms")
    shown = await open_tab(hidden.page.url)
    await shown.until_ended("complete")
    await shown.ask("count 4 1ms")
    await shown.until_ended("complete", 2)
    await expect(hidden.page.locator("chat-round")).to_have_count(1)
    await set_hidden(hidden.page, False)
    for number in (1, 2):
        await hidden.until_ended("complete", number)
    assert await hidden.content() == await shown.content()


async def test_a_page_that_reads_rounds_anew_shows_how_those_have_ended(open_tab: OpenTab) -> None:
    """Of what it has missed it is told that another round is the last before it is told of that."""
    hidden = await hide_in_mid_answer(open_tab, "count 2000 20ms")
    shown = await open_tab(hidden.page.url)
    await shown.page.get_by_role("button", name="Stop the answer").click()
    await shown.until_ended("stopped")
    await shown.ask("count 4 1ms")
    await shown.until_ended("complete", 2)
    workflows = await shown.page.request.get("/api/chatbot/workflows")
    (workflow,) = (await workflows.json())["workflows"]

    async def tell_of_the_list_alone(route: Route) -> None:
        cursor = parse_qs(urlsplit(route.request.url).query)["since"][0]
        entry = {"type": "workflow", "createdAt": 0, "item": workflow}
        body = f"data: {json.dumps(entry)}\nid: {cursor}\n\n"
        await route.fulfill(body=body, content_type="text/event-stream")

    await hidden.page.route(STREAM, tell_of_the_list_alone, times=1)
    async with hidden.page.expect_response("**/rounds"):
        await set_hidden(hidden.page, False)
    await hidden.until_ended("complete", 2)
    await hidden.until_ended("stopped", 1)
    assert await hidden.content() == await shown.content()


async def test_a_tab_that_was_offline_catches_up(open_tab: OpenTab) -> None:
    away = await open_tab(quiet=False)
    await away.ask("count 1 1ms")
    await away.until_ended("complete")
    shown = await open_tab(away.page.url)
    await set_offline(away.page, True)
    await shown.ask("count 2 1ms")
    await shown.until_ended("complete", 2)
    await set_offline(away.page, False)
    await away.until_ended("complete", 2)
    assert await away.content() == await shown.content()


async def test_a_chat_that_is_gone_can_be_brought_back(
    open_tab: OpenTab,
) -> None:
    away = await open_tab(quiet=False)
    await away.ask("count 1 1ms")
    await away.until_ended("complete")
    await set_hidden(away.page, True)
    other = await open_tab(away.page.url)
    await other.choose("Delete")
    await other.page.wait_for_url("**/")
    await set_hidden(away.page, False)
    await away.page.wait_for_url("**/")
    await expect(away.page.locator(".chats-empty")).to_be_visible()
    await away.page.get_by_role("button", name="Undo").click()
    await expect(away.answer()).to_have_text("1")


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


async def test_ten_windows_in_view_all_work(open_tab: OpenTab) -> None:
    """HTTP/1.1 has six connections for all of them."""
    first = await open_tab()
    await first.ask("count 1 1ms")
    await first.until_ended("complete")
    context = first.page.context
    tabs = [first]
    for _ in range(9):
        tab = Tab(await context.new_page())
        watch(tab, first.page.url.partition("/chat/")[0])
        await tab.page.goto(first.page.url)
        assert not await tab.page.evaluate("document.hidden")
        tabs.append(tab)
    await tabs[4].page.bring_to_front()
    await tabs[4].ask("count 2 1ms")
    for tab in tabs:
        await tab.until_ended("complete", 2)
    contents = [await tab.content() for tab in tabs]
    assert contents == contents[:1] * 10
    await tabs[0].ask("wait")
    await expect(tabs[9].row("count 1 1ms")).to_have_attribute("data-status", "running")
    await tabs[7].page.locator(".stop").click()
    for tab in tabs:
        await tab.until_ended("stopped", 3)
    assert [complaint for tab in tabs for complaint in tab.complaints] == []


async def test_a_seat_that_is_left_goes_to_a_window_that_waits(open_tab: OpenTab) -> None:
    first = await open_tab()
    await first.ask("count 1 1ms")
    await first.until_ended("complete")
    pages = [await first.page.context.new_page() for _ in range(3)]
    async with first.page.expect_event("requestfailed"):
        for page in pages:
            await page.goto(first.page.url)
    async with first.page.expect_request("**/api/stream?*"):
        for page in pages:
            await page.close()
    await first.ask("count 2 1ms")
    await first.until_ended("complete", 2)


async def test_a_frozen_tab_wakes_and_catches_up(open_tab: OpenTab) -> None:
    frozen = await open_tab()
    await frozen.ask("count 60 20ms")
    await expect(frozen.answer()).to_contain_text("3 ")
    session = await frozen.page.context.new_cdp_session(frozen.page)
    await session.send("Page.setWebLifecycleState", {"state": "frozen"})
    shown = await open_tab(frozen.page.url)
    await shown.until_ended("complete")
    await session.send("Page.setWebLifecycleState", {"state": "active"})
    await frozen.until_ended("complete")
    assert await frozen.content() == await shown.content()


async def test_a_network_that_goes_and_comes_back_is_told_quietly(open_tab: OpenTab) -> None:
    tab = await open_tab(quiet=False)
    await tab.ask("count 150 20ms")
    await expect(tab.answer()).to_contain_text("3 ")
    await note_notices(tab.page)
    await set_offline(tab.page, True)
    notice = tab.page.locator(".notice")
    await expect(notice).to_have_text("You are offline. We'll reconnect automatically.")
    await set_offline(tab.page, False)
    await expect_noticed(tab.page, "Connected again.")
    await expect(notice).to_be_hidden()
    await tab.until_ended("complete")
    await expect(tab.answer()).to_contain_text("149 150")


async def test_a_server_that_falls_silent_is_noticed(
    open_tab: OpenTab, start_server: Callable[..., Server]
) -> None:
    """A connection may be dead although neither side has closed it."""
    server = start_server(env={"QUART_CHAT_EVENTS_KEEPALIVE": "0.5"})
    tab = await open_tab(server.url, quiet=False)
    await tab.ask("count 1 1ms")
    await tab.until_ended("complete")
    os.kill(server.process.pid, signal.SIGSTOP)
    await expect(tab.page.locator(".notice")).to_have_text(
        "Connection lost. We'll reconnect automatically."
    )
    os.kill(server.process.pid, signal.SIGCONT)
    await expect(tab.page.locator(".notice")).to_be_hidden()
    await tab.ask("count 2 1ms")
    await tab.until_ended("complete", 2)


async def test_a_short_gap_is_not_worth_a_word(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("count 1 1ms")
    await tab.until_ended("complete")
    await note_notices(tab.page)
    await slow_timers(tab.page)  # A gap that lasts is one of the machine.
    for _ in range(3):
        await tab.page.evaluate("window.dispatchEvent(new Event('online'))")
    await tab.ask("count 2 1ms")
    await tab.until_ended("complete", 2)
    assert [text for text in await tab.page.evaluate("noticed") if text] == []


async def test_back_and_forth_end_where_they_were(open_tab: OpenTab) -> None:
    tab, other = await open_tab(), await open_tab()
    await tab.ask("count 100 20ms")
    await expect(tab.answer()).to_contain_text("3 ")
    chat = tab.page.url
    await tab.page.goto("/documents")
    await other.page.goto(chat)
    await other.until_ended("complete")
    await tab.page.go_back()
    await tab.until_ended("complete")
    assert await tab.content() == await other.content()
    await tab.page.go_forward()
    await expect(tab.page).to_have_url(re.compile("/documents$"))
    await tab.page.go_back()
    await tab.ask("count 2 1ms")
    await tab.until_ended("complete", 2)


async def leave_and_come_back(tab: Tab, url: str) -> None:
    """Go to another page and back to this one, which the browser has kept as it was."""
    await tab.page.evaluate("addEventListener('pageshow', (event) => (window.back = event))")
    await tab.page.goto(url)
    await tab.page.go_back(wait_until="commit")
    assert await tab.page.evaluate("window.back.persisted")


@pytest.mark.long
async def test_a_page_from_the_cache_of_the_way_back_goes_on(
    keeping_browser: Browser, open_tab: OpenTab, server: Server
) -> None:
    """Browsers keep the page as it was and show it again, without its connection."""
    other = await open_tab()
    await other.ask("count 50 20ms")
    await expect(other.answer()).to_contain_text("3 ")
    kept = Tab(await keeping_browser.new_page())
    watch(kept, server.url)
    await kept.page.goto(other.page.url)
    await expect(kept.answer()).to_contain_text("5 ")
    await leave_and_come_back(kept, f"{server.url}/handbook/")
    await other.until_ended("complete")
    await other.ask("count 2 1ms")
    await other.until_ended("complete", 2)
    await kept.until_ended("complete", 2)
    assert await kept.content() == await other.content()
    assert kept.complaints == []
    await kept.page.close()


@pytest.mark.long
@pytest.mark.parametrize("key", ["Enter", "Escape"])
async def test_an_edit_that_is_done_comes_back_from_no_cache(
    keeping_browser: Browser, open_tab: OpenTab, server: Server, key: str
) -> None:
    other = await open_tab()
    await other.ask("count 1 1ms")
    await other.until_ended("complete")
    kept = Tab(await keeping_browser.new_page())
    await kept.page.goto(other.page.url)
    await kept.page.locator(".prompt").hover()
    await kept.page.locator("a.edit").click()
    field = kept.page.locator("prompt-editor textarea")
    await field.fill("count 2 1ms")
    await leave_and_come_back(kept, f"{server.url}/handbook/")
    await expect(field).to_have_value("count 2 1ms")
    await field.press(key)
    await expect(field).to_have_count(0)
    if key == "Enter":
        await kept.until_ended("complete", 2)
    await kept.page.reload()
    await expect(kept.page.locator("chat-round")).to_have_count(1)
    await expect(kept.page.locator("prompt-editor")).to_have_count(0)
    await expect(kept.page.locator("#prompt")).to_have_value("")
    await kept.page.close()


async def test_a_connection_that_is_never_answered_is_given_up(
    open_tab: OpenTab, start_server: Callable[..., Server]
) -> None:
    server = start_server(env={"QUART_CHAT_EVENTS_KEEPALIVE": "0.5"})
    async with ChaosProxy(urlsplit(server.url).port or 0) as proxy:
        tab = await open_tab(f"http://127.0.0.1:{proxy.port}", quiet=False)
        await tab.ask("count 1 1ms")
        await tab.until_ended("complete")
        proxy.dead = True
        await expect(tab.page.locator(".notice")).to_contain_text("Connection lost.")
        proxy.dead = False  # those that were made meanwhile stay so
        await expect(tab.page.locator(".notice")).to_be_hidden()
        await tab.ask("count 2 1ms")
        await tab.until_ended("complete", 2)


async def test_a_window_that_is_hidden_while_it_catches_up_keeps_no_other_from_it(
    open_tab: OpenTab,
) -> None:
    first = await open_tab()
    await first.ask("count 1 1ms")
    await first.until_ended("complete")
    tabs = [first, *[Tab(await first.page.context.new_page()) for _ in range(4)]]
    # The first has given its connection to the others.
    async with first.page.expect_event("requestfailed"):
        for tab in tabs[1:]:
            await tab.page.goto(first.page.url)
    asked = asyncio.Event()

    async def never_answer(route: Route) -> None:
        asked.set()
        await asyncio.Event().wait()

    await first.page.route("**/api/stream?*", never_answer)
    await tabs[4].ask("count 2 1ms")
    await asked.wait()
    await set_hidden(first.page, True)
    await tabs[4].until_ended("complete", 2)
    await tabs[4].ask("count 3 1ms")
    for tab in tabs[1:]:
        await tab.until_ended("complete", 3)


async def test_a_window_that_is_shown_and_focused_connects_once(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("count 1 1ms")
    await tab.until_ended("complete")
    await set_hidden(tab.page, True)
    connections: list[str] = []
    tab.page.on(
        "request",
        lambda request: connections.append(request.url) if "/api/stream" in request.url else None,
    )
    await set_hidden(tab.page, False)
    await tab.page.evaluate("window.dispatchEvent(new Event('focus'))")
    await tab.ask("count 2 1ms")
    await tab.until_ended("complete", 2)
    assert len(connections) == 1


async def test_a_tab_that_rests_does_not_say_that_an_answer_is_being_written(
    open_tab: OpenTab,
) -> None:
    tab = await open_tab()
    await tab.ask("wait")
    await expect(tab.page).to_have_title("● wait · quart-chat")
    await set_hidden(tab.page, True)
    await expect(tab.page).to_have_title("wait · quart-chat")
    await set_hidden(tab.page, False)
    await expect(tab.page).to_have_title("● wait · quart-chat")
    await tab.page.locator("#prompt").press("Escape")
    await expect(tab.page).to_have_title("wait · quart-chat")


@pytest.mark.long
async def test_a_browser_that_may_store_nothing_can_be_used(
    whole_chromium: str, server: Server, tmp_path: Path
) -> None:
    (tmp_path / "Default").mkdir()
    blocked = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (tmp_path / "Default/Preferences").write_text(json.dumps(blocked))
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            tmp_path, executable_path=whole_chromium, args=ARGUMENTS
        )
        tab = Tab(await context.new_page())
        watch(tab, server.url)
        await tab.page.goto(server.url)
        names = "navigator.locks.query().then(() => 'open', (error) => error.name)"
        assert await tab.page.evaluate(names) == "SecurityError"
        await tab.ask("count 3 1ms")
        await tab.until_ended("complete")
        await expect(tab.row("count 3 1ms")).to_have_count(1)
        assert [line for line in tab.complaints if line.startswith("error:")] == []
        await context.close()


async def test_a_page_tells_that_nothing_can_be_stored_and_that_it_can_again(
    open_tab: OpenTab, server: Server
) -> None:
    # Not quiet: what marks the answer as read may meet the missing database.
    tab = await open_tab(quiet=False)
    await tab.ask("count 1 1ms")
    await tab.until_ended("complete")
    await note_notices(tab.page)
    database = server.instance / "chat.sqlite"
    moved = database.with_name("moved")
    await asyncio.to_thread(database.rename, moved)
    notice = tab.page.locator(".notice")
    await expect(notice).to_have_text("The server's database is gone: nothing can be stored.")
    await asyncio.to_thread(moved.rename, database)
    await expect_noticed(tab.page, "The server can store again.")
    await tab.ask("count 2 1ms")
    await tab.until_ended("complete", 2)
