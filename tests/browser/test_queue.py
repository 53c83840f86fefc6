"""Questions that wait for the answer before them, as people see and handle them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.async_api import Locator, Route, expect

from tests.browser.conftest import OpenTab
from tests.browser.keyboard import Keyboard
from tests.browser.tab import Tab
from tests.browser.test_page import expect_no_overflow, violations
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

SOON = "Queued · sent when this answer is done"
HELD = "Waiting for you · questions are not sent after a stop or an error"
CHAT = re.compile("/chat/")


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


def queued(tab: Tab, text: str | None = None) -> Locator:
    return tab.page.locator(".queued", has_text=text)


async def expect_queue(tab: Tab, *texts: str) -> None:
    await expect(tab.page.locator(".queued-text")).to_have_text(list(texts))


async def expect_state(tab: Tab, text: str) -> None:
    await expect(tab.page.locator(".queue-state > :visible")).to_have_text(text)


async def begin(open_tab: OpenTab, prompt: str = "wait", **options: object) -> Tab:
    """A tab with a chat that is being answered."""
    tab = await open_tab(**options)
    await tab.ask(prompt)
    await expect(tab.page).to_have_url(CHAT)
    await expect(tab.page.locator(".stop")).to_be_visible()
    return tab


async def add(tab: Tab, *prompts: str) -> None:
    """Send questions with the keyboard; each is queued."""
    for prompt in prompts:
        await tab.page.fill("#prompt", prompt)
        await tab.page.press("#prompt", "Enter")
        await expect(queued(tab, prompt)).to_be_visible()
        await expect(tab.page.locator(".unsent")).to_have_count(0)
        await expect(tab.page.locator("#prompt")).to_have_value("")


async def press(tab: Tab, text: str, name: str) -> None:
    await queued(tab, text).get_by_role("button", name=name).click()


async def test_questions_that_are_sent_during_an_answer_follow_it_in_every_tab(
    open_tab: OpenTab,
) -> None:
    # Long enough to queue two questions in two tabs on a busy machine.
    first = await begin(open_tab, "count 40 400ms")
    second = await open_tab(first.page.url)
    await add(first, "count 2 1ms")
    await add(second, "count 3 1ms")
    for tab in (first, second):
        await expect_queue(tab, "count 2 1ms", "count 3 1ms")
        await expect_state(tab, SOON)
    ended = first.page.locator('.log > chat-round[data-round="1"]')
    await expect(ended).to_have_attribute("data-status", "complete", timeout=50_000)
    for tab in (first, second):
        for number in (1, 2, 3):
            await tab.until_ended("complete", number)
        await expect(tab.answer(2)).to_have_text("1 2")
        await expect(tab.answer(3)).to_have_text("1 2 3")
        await expect(tab.page.locator("chat-queue")).to_be_hidden()
    assert await first.content() == await second.content()


async def test_a_queue_is_there_after_a_reload_and_waits_after_a_stop(open_tab: OpenTab) -> None:
    tab = await begin(open_tab)
    await add(tab, "count 2 1ms", "count 3 1ms")
    await tab.page.reload()
    await expect_queue(tab, "count 2 1ms", "count 3 1ms")
    await expect_state(tab, SOON)
    await tab.page.get_by_role("button", name="Stop the answer").click()
    await tab.until_ended("stopped")
    await expect_state(tab, HELD)
    await tab.page.reload()
    await expect_queue(tab, "count 2 1ms", "count 3 1ms")
    await expect_state(tab, HELD)
    await press(tab, "count 3 1ms", "Send now")
    await tab.until_ended("complete", 3)
    await expect(tab.answer(2)).to_have_text("1 2 3")
    await expect(tab.answer(3)).to_have_text("1 2")


async def test_a_question_is_sent_at_once_in_the_place_of_the_answer(open_tab: OpenTab) -> None:
    first = await begin(open_tab)
    second = await open_tab(first.page.url)
    await add(first, "wait", "count 3 1ms")
    await press(second, "count 3 1ms", "Send now")
    for tab in (first, second):
        await tab.until_ended("stopped")
        await tab.until_ended("complete", 2)
        await expect(tab.answer(2)).to_have_text("1 2 3")
        await expect(tab.round(3)).to_have_attribute("data-status", "running")
        await expect_queue(tab)
    await first.page.keyboard.press("Escape")


async def test_a_question_goes_back_to_the_field_of_the_tab_that_removed_it(
    open_tab: OpenTab,
) -> None:
    first = await begin(open_tab)
    second = await open_tab(first.page.url)
    await add(first, "one line\nand another", "stays")
    await second.page.fill("#prompt", "half a thought")
    await press(second, "one line", "Remove from the queue")
    await expect(second.page.locator("#prompt")).to_have_value(
        "half a thought\n\none line\nand another"
    )
    await expect(second.page.locator("#prompt")).to_be_focused()
    for tab in (first, second):
        await expect_queue(tab, "stays")
    await expect(first.page.locator("#prompt")).to_have_value("")


async def test_an_edit_is_seen_in_the_other_tab_and_sent(open_tab: OpenTab) -> None:
    first = await begin(open_tab)
    second = await open_tab(first.page.url)
    await add(first, "count 2 1ms")
    await queued(second).get_by_role("link", name="Edit the queued question").click()
    field = queued(second).locator("textarea")
    await expect(field).to_be_focused()
    await expect(field).to_have_value("count 2 1ms")
    await field.fill("count 4 1ms")
    await queued(second).get_by_role("button", name="Save").click()
    for tab in (first, second):
        await expect_queue(tab, "count 4 1ms")
    await press(first, "count 4 1ms", "Send now")
    await second.until_ended("complete", 2)
    await expect(second.answer(2)).to_have_text("1 2 3 4")


async def test_what_is_edited_while_it_is_sent_is_not_lost(open_tab: OpenTab) -> None:
    first = await begin(open_tab)
    second = await open_tab(first.page.url)
    await add(first, "wait")
    await queued(second).get_by_role("link", name="Edit the queued question").click()
    await queued(second).locator("textarea").fill("wait, and more")
    await press(first, "wait", "Send now")
    await expect(second.page.locator("#prompt")).to_have_value("wait, and more")
    await expect(second.page.locator("chat-notice")).to_contain_text(
        "The question was sent or removed before your change was saved."
    )
    await first.page.keyboard.press("Escape")


async def test_the_keyboard_alone_queues_edits_removes_and_sends(open_tab: OpenTab) -> None:
    tab = await begin(open_tab)
    keyboard = Keyboard(tab.page)
    field = tab.page.locator("#prompt")
    await keyboard.expect_at(field)
    for prompt in ("first", "count 3 1ms"):
        await keyboard.write(prompt)
        await keyboard.press("Enter")
        await expect(queued(tab, prompt)).to_be_visible()
        await expect(field).to_have_value("")
    # Up edits the last question, Escape closes the editor and stops nothing.
    await keyboard.press("ArrowUp")
    editor = queued(tab).nth(1).locator("textarea")
    await keyboard.expect_at(editor)
    await keyboard.press("Escape")
    await keyboard.expect_at(queued(tab).nth(1).locator(".queued-edit"))
    await expect(tab.page.locator(".stop")).to_be_visible()
    await keyboard.press("Enter")
    await keyboard.expect_at(editor)
    await keyboard.press("End", "Backspace", "Backspace", "Backspace", "Backspace", "Backspace")
    await keyboard.write("2 1ms")
    await keyboard.press("Enter")
    await expect_queue(tab, "first", "count 2 1ms")
    await keyboard.expect_at(queued(tab).nth(1).locator(".queued-edit"))
    await keyboard.go(queued(tab, "first").get_by_role("button", name="Remove"), "Shift+Tab")
    await keyboard.press("Enter")
    await keyboard.expect_at(field)
    await expect(field).to_have_value("first")
    await keyboard.go(queued(tab, "count").get_by_role("button", name="Send now"), "Shift+Tab")
    await keyboard.press("Enter")
    await tab.until_ended("complete", 2)
    await keyboard.expect_at(field)
    await expect(tab.answer(2)).to_have_text("1 2")


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
async def test_a_queue_fits_a_narrow_page_and_names_its_parts(
    open_tab: OpenTab, locale: str
) -> None:
    tab = await begin(open_tab, viewport={"width": 360, "height": 640}, locale=locale)
    await add(tab, "short", "a long question " * 30, "x" * 300)
    for scheme in ("light", "dark"):
        await tab.page.emulate_media(color_scheme=scheme)
        assert await violations(tab.page, scheme) == []
    await expect_no_overflow(tab.page)
    await queued(tab, "short").locator(".queued-edit").click()
    assert await violations(tab.page) == []
    await tab.page.keyboard.press("Escape")
    await tab.page.locator("#prompt").fill("there is room for both buttons")
    for button in (".send", ".stop"):
        await expect(tab.page.locator(button)).to_be_in_viewport(ratio=1)
    await expect_no_overflow(tab.page)
    await tab.page.locator(".stop").click()
    await tab.until_ended("stopped")
    assert await violations(tab.page) == []
    await expect_no_overflow(tab.page)


@pytest.mark.parametrize("what", ["queue", "remove"])
async def test_a_response_that_is_lost_loses_no_question(open_tab: OpenTab, what: str) -> None:
    tab = await begin(open_tab, quiet=False)

    async def lose(route: Route) -> None:
        if route.request.method in ("POST" if what == "queue" else "DELETE"):
            await route.fetch()
            await route.abort()
        else:
            await route.continue_()

    await tab.page.route("**/queue**", lose)
    if what == "queue":
        await tab.page.fill("#prompt", "only once")
        await tab.page.press("#prompt", "Enter")
        await expect_queue(tab, "only once")
        await expect(tab.page.locator(".unsent")).to_have_count(0)
        await expect(tab.page.locator("#prompt")).to_have_value("")
    else:
        await add(tab, "only once")
        await press(tab, "only once", "Remove from the queue")
        await expect_queue(tab)
        await expect(tab.page.locator("#prompt")).to_have_value("only once")


async def test_a_question_that_can_not_be_queued_says_why_and_is_tried_again(
    open_tab: OpenTab,
) -> None:
    tab = await begin(open_tab, quiet=False)
    await tab.page.route("**/queue", lambda route: route.abort())
    await tab.page.fill("#prompt", "one more")
    await tab.page.press("#prompt", "Enter")
    unsent = tab.page.locator(".queue .unsent")
    await expect(unsent).to_contain_text("Not sent. The server can't be reached.")
    assert await violations(tab.page) == []
    await tab.page.unroute("**/queue")
    await unsent.get_by_role("button", name="Try again").click()
    await expect_queue(tab, "one more")
    await expect(unsent).to_have_count(0)


async def test_a_page_that_takes_a_chat_for_idle_queues_as_well(open_tab: OpenTab) -> None:
    tab = await begin(open_tab, quiet=False)
    await tab.page.evaluate("document.querySelector('chat-app').dataset.running = 'false'")
    await tab.page.fill("#prompt", "later")
    await tab.page.press("#prompt", "Enter")
    await expect_queue(tab, "later")
    await expect(tab.page.locator(".unsent")).to_have_count(0)


async def test_a_queue_survives_a_crash_of_the_server(
    open_tab: OpenTab, start_server: Callable[..., Server]
) -> None:
    server = start_server()
    tab = await open_tab(f"{server.url}/", quiet=False)
    await tab.ask("wait")
    await expect(tab.page).to_have_url(CHAT)
    await expect(tab.page.locator(".stop")).to_be_visible()
    await add(tab, "count 2 1ms", "count 3 1ms")
    server.kill()
    server.start()
    await tab.until_ended("error")
    await expect_queue(tab, "count 2 1ms", "count 3 1ms")
    await expect_state(tab, HELD)
    await press(tab, "count 2 1ms", "Send now")
    await tab.until_ended("complete", 3)
    await expect(tab.answer(3)).to_have_text("1 2 3")


async def test_a_queue_is_handled_without_scripts(open_tab: OpenTab) -> None:
    first = await begin(open_tab)
    await add(first, "stays", "count 2 1ms")
    await first.page.get_by_role("button", name="Stop the answer").click()
    await first.until_ended("stopped")
    tab = await open_tab(first.page.url, java_script_enabled=False)
    page = tab.page
    await expect_queue(tab, "stays", "count 2 1ms")
    await queued(tab, "count").get_by_role("link", name="Edit").click()
    await page.get_by_label("Edit the queued question").fill("count 4 1ms")
    await page.get_by_role("button", name="Save").click()
    await expect_queue(tab, "stays", "count 4 1ms")
    await press(tab, "stays", "Remove from the queue")
    await expect(page.get_by_label("The question was removed from the queue")).to_have_value(
        "stays"
    )
    await page.get_by_role("link", name="Back to the chat").click()
    await press(tab, "count 4 1ms", "Send now")
    await expect(tab.round(2)).to_have_attribute("data-status", "complete")
    await expect(tab.answer(2)).to_have_text("1 2 3 4")
    await expect_queue(tab)
