"""The moment of sending: a question is shown at once, and once, however slow the way is."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab
from tests.browser.test_page import expect_no_overflow, violations
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

# The most often that a question was shown at the same time, and whether it was ever away again.
WATCH = """() => {
  window.most = 0;
  window.lost = false;
  let shown = false;
  const look = () => {
    const texts = [...document.querySelectorAll(".prompt-text")].map((text) => text.textContent);
    const count = texts.filter((text) => text === "count 3 1ms").length;
    window.most = Math.max(window.most, count);
    if (shown && count === 0) window.lost = true;
    shown ||= count > 0;
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
}"""


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


async def hold(tab: Tab) -> asyncio.Event:
    """Keep what is sent from the server until the event is set."""
    go = asyncio.Event()

    async def wait(route: Route) -> None:
        await go.wait()
        await route.continue_()

    await tab.page.route("**/start/stream", wait)
    return go


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("width", [360, 1280])
async def test_a_question_is_shown_at_once_and_once(
    open_tab: OpenTab, first: bool, width: int
) -> None:
    tab = await open_tab(viewport={"width": width, "height": 640})
    if not first:
        await tab.ask("count 300 0ms")
        await tab.until_ended("complete")
    go = await hold(tab)
    await tab.page.evaluate(WATCH)
    await tab.ask("count 3 1ms")
    unsent = tab.page.locator(".unsent")
    await expect(unsent.locator(".prompt-text")).to_have_text("count 3 1ms")
    await expect(unsent.locator(".prompt-text")).to_be_in_viewport(ratio=1)
    await expect(unsent.locator(".unsent-state")).to_have_text("Sending…")
    await expect(unsent.get_by_role("button", name="Try again")).to_be_hidden()
    await expect(tab.page.locator("#prompt")).to_have_value("")
    # The next question can be written meanwhile.
    await tab.page.locator("#prompt").fill("and then")
    await expect(unsent.locator(".unsent-state")).to_be_visible()
    assert await violations(tab.page) == []
    if width == 360:
        await expect_no_overflow(tab.page)
    go.set()
    await tab.until_ended("complete", 1 if first else 2)
    await expect(unsent).to_have_count(0)
    await expect(tab.page.locator("#prompt")).to_have_value("and then")
    assert await tab.page.evaluate("[window.most, window.lost]") == [1, False]
    await tab.page.reload()
    await expect(tab.page.locator("#prompt")).to_have_value("and then")


async def test_a_question_takes_the_place_that_its_round_will_have(open_tab: OpenTab) -> None:
    tab = await open_tab(viewport={"width": 360, "height": 640})
    await tab.ask("count 300 0ms")
    await tab.until_ended("complete")
    go = await hold(tab)
    await tab.ask("count 3 1ms")
    before = await tab.page.locator(".unsent .prompt-text").bounding_box()
    go.set()
    await tab.until_ended("complete", 2)
    after = await tab.round(2).locator(".prompt-text").bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) < 2


@pytest.mark.parametrize("prompt", ["count 2 1ms", "wait"])
async def test_the_next_question_is_sent_although_the_response_to_the_last_is_still_to_come(
    open_tab: OpenTab, prompt: str
) -> None:
    """The stream has shown that it has arrived: as a round, or in the queue."""
    tab = await open_tab()
    await tab.ask(prompt)
    if prompt == "wait":
        await expect(tab.page.locator(".stop")).to_be_visible()
    else:
        await tab.until_ended("complete")
    go = asyncio.Event()

    async def answer_late(route: Route) -> None:
        response = await route.fetch()
        await go.wait()
        await route.fulfill(response=response)

    await tab.page.route(re.compile("/start/stream$|/queue$"), answer_late)
    for number in (2, 3):
        await tab.ask(f"count {number} 1ms")
        if prompt == "wait":
            await expect(tab.page.locator(".queued-text")).to_have_count(number - 1)
        else:
            await tab.until_ended("complete", number)
    go.set()
    await expect(tab.page.locator("chat-composer")).not_to_have_attribute("aria-busy", "true")
    await expect(tab.page.locator(".unsent")).to_have_count(0)
    await expect(tab.page.locator("#prompt")).to_have_value("")
    await tab.page.keyboard.press("Escape")
    await expect(tab.page.locator(".stop")).to_be_hidden()
    # What is still fetched when the page is closed fails, in the midst of the next test.
    await tab.page.unroute_all(behavior="wait")


async def test_a_question_that_failed_is_edited_in_the_field_or_kept_over_a_reload(
    open_tab: OpenTab,
) -> None:
    tab = await open_tab(quiet=False, locale="de-DE")
    await tab.page.route("**/start/stream", lambda route: route.abort())
    await tab.ask("count 4 1ms")
    unsent = tab.page.locator(".unsent")
    await expect(unsent).to_contain_text("Nicht gesendet. Der Server ist nicht erreichbar.")
    assert await violations(tab.page) == []
    await tab.page.reload()
    await expect(tab.page.locator("#prompt")).to_have_value("count 4 1ms")
    await tab.page.press("#prompt", "Enter")
    # By the keyboard alone.
    await unsent.get_by_role("button", name="Bearbeiten").focus()
    await tab.page.keyboard.press("Enter")
    await expect(unsent).to_have_count(0)
    await expect(tab.page.locator("#prompt")).to_have_value("count 4 1ms")
    await expect(tab.page.locator("#prompt")).to_be_focused()


async def test_several_that_failed_are_each_sent_again(open_tab: OpenTab) -> None:
    tab = await open_tab(quiet=False)
    await tab.page.route("**/start/stream", lambda route: route.abort())
    await tab.ask("count 1 1ms")
    await expect(tab.page.locator(".unsent[data-failed]")).to_have_count(1)
    await tab.ask("count 2 1ms")
    await expect(tab.page.locator(".unsent[data-failed]")).to_have_count(2)
    await tab.page.unroute("**/start/stream")
    await tab.page.locator(".unsent-again").last.click()
    await tab.until_ended("complete")
    await expect(tab.page.locator(".unsent")).to_have_count(1)
    await tab.page.locator(".unsent-again").click()
    await tab.until_ended("complete", 2)
    await expect(tab.page.locator(".unsent")).to_have_count(0)
    assert await tab.page.locator("chat-round .prompt-text").all_inner_texts() == [
        "count 2 1ms",
        "count 1 1ms",
    ]
