"""Asking, and watching the answer arrive."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenTab
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


async def test_the_steps_and_the_answer_arrive_while_they_are_made(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("count 2000 20ms")
    running = tab.page.locator(".live > chat-round")
    await expect(running.locator(".prompt-text")).to_have_text("count 2000 20ms")
    await expect(running.locator(".step")).to_have_count(2)
    await expect(running.locator(".steps-summary")).to_contain_text("Counting to 2000")
    await expect(running.locator(".step").first).to_be_hidden()
    await expect(tab.answer()).to_have_text(re.compile(r"^1 2 3 4 5( \d+)*\s*$"))
    seen = len(await tab.answer().inner_text())
    await tab.page.wait_for_function(
        "seen => document.querySelector('.live .prose').innerText.length > seen + 20", arg=seen
    )
    await tab.page.keyboard.press("Escape")
    await tab.until_ended("stopped")


async def test_an_answer_that_is_complete_is_in_the_log(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("count 20 1ms")
    await tab.until_ended("complete")
    await expect(tab.answer()).to_have_text(" ".join(map(str, range(1, 21))))
    summary = tab.round(1).locator(".steps-summary")
    await expect(summary).to_contain_text(re.compile(r"^Reading the question · 1 more step · .*s$"))


async def test_the_steps_take_one_line_and_open_with_a_click(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("count 20 20ms")
    line = tab.round(1).locator(".steps .steps-summary")
    await expect(line).to_be_visible()
    await tab.until_ended("complete")
    await expect(tab.round(1).locator(".step").first).to_be_hidden()
    shown = await line.inner_text()
    await tab.page.reload()
    await expect(line).to_have_text(shown)
    await line.click()
    await expect(tab.round(1).locator(".step").first).to_be_visible()


async def test_the_librarian_answers_with_sources(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.page.locator(".example", has_text="How do I upload a document?").click()
    await tab.until_ended("complete")
    await expect(tab.answer().locator("blockquote").first).to_be_visible()
    line = tab.round(1).locator(".steps .steps-summary")
    await expect(line).to_have_text(re.compile(r"^Searched .* · \d found · .*\d\.\d s$"))
    # What the text quotes is not said twice.
    source = tab.round(1).locator(".source").first
    await expect(source).to_be_hidden()
    await tab.round(1).locator(".sources > summary").click()
    await expect(source.locator(".source-quote")).not_to_be_empty()
    await source.locator("a").click()
    await expect(tab.page).to_have_url(re.compile("/handbook/"))
    await expect(tab.page.locator("main h1")).to_be_visible()


async def test_a_first_question_gives_the_chat_its_address_and_title(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("count 7 3ms")
    await tab.until_ended("complete")
    await expect(tab.page).to_have_url(re.compile(r"/chat/[0-9a-f]{32}$"))
    await expect(tab.page).to_have_title("count 7 3ms · quart-chat")
    await expect(tab.page.locator("h1")).to_have_text("count 7 3ms")
    await expect(tab.row("count 7 3ms").locator("a")).to_have_attribute("aria-current", "page")
    await expect(tab.page.locator("#prompt")).to_have_value("")


async def test_going_back_shows_the_page_for_a_new_chat(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("count 7 4ms")
    await tab.until_ended("complete")
    await tab.page.go_back()
    await expect(
        tab.page.get_by_role("heading", name="What would you like to know?")
    ).to_be_visible()
    await expect(tab.page.locator("chat-round")).to_have_count(0)
    await expect(tab.row("count 7 4ms")).to_be_visible()


async def test_a_chat_goes_on_with_further_questions(open_tab: OpenTab) -> None:
    tab = await open_tab()
    for number in (1, 2, 3):
        await tab.ask(f"count {number} 1ms")
        await tab.until_ended("complete", number)
    prompts = tab.page.locator(".prompt-text")
    assert await prompts.all_inner_texts() == ["count 1 1ms", "count 2 1ms", "count 3 1ms"]


async def test_a_reload_in_mid_answer_loses_and_doubles_nothing(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("count 2000 20ms")
    await expect(tab.answer()).to_contain_text("20 ")
    await tab.page.reload()
    await expect(tab.answer()).to_contain_text("20 ")
    await expect(tab.page.locator(".live .answer")).to_have_attribute("aria-busy", "true")
    before = await tab.answer().inner_text()
    await tab.page.wait_for_function(
        "seen => document.querySelector('.live .prose').innerText.length > seen + 20",
        arg=len(before),
    )
    await tab.page.keyboard.press("Escape")
    await tab.until_ended("stopped")
    numbers = (await tab.answer().inner_text()).split()
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    await expect(tab.page.locator("chat-round")).to_have_count(1)


async def test_two_tabs_show_the_same(open_tab: OpenTab) -> None:
    first = await open_tab()
    await first.ask("count 100 20ms")
    await expect(first.answer()).to_contain_text("10 ")
    second = await open_tab(first.page.url)
    await expect(second.answer()).to_contain_text("10 ")
    for tab in (first, second):
        await tab.until_ended("complete")
    await second.ask("count 5 1ms")
    for tab in (first, second):
        await tab.until_ended("complete", 2)
    assert await first.content() == await second.content()
    fresh = await open_tab(first.page.url)
    assert await fresh.content() == await first.content()


async def test_a_question_may_have_several_lines(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.page.select_option("#assistant", "slow")
    await tab.page.locator("#prompt").press_sequentially("one")
    await tab.page.keyboard.press("Shift+Enter")
    await tab.page.locator("#prompt").press_sequentially("two")
    await tab.page.keyboard.press("Enter")
    await tab.until_ended("complete")
    await expect(tab.round(1).locator(".prompt-text")).to_have_text("one\ntwo", use_inner_text=True)


async def test_a_blank_question_is_not_sent(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.page.fill("#prompt", "  \n ")
    await tab.page.press("#prompt", "Enter")
    await tab.ask("count 1 1ms")
    await tab.until_ended("complete")
    await expect(tab.page.locator("chat-round")).to_have_count(1)


async def test_a_question_that_could_not_be_sent_stays_and_can_be_sent_again(
    open_tab: OpenTab,
) -> None:
    tab = await open_tab(quiet=False)
    await tab.page.route("**/start/stream", lambda route: route.abort())
    await tab.ask("count 4 1ms")
    unsent = tab.page.locator(".unsent")
    await expect(unsent).to_contain_text("Not sent. The server can't be reached.")
    await expect(unsent.locator(".prompt-text")).to_have_text("count 4 1ms")
    await tab.page.unroute("**/start/stream")
    await unsent.get_by_role("button", name="Try again").click()
    await tab.until_ended("complete")
    await expect(unsent).to_have_count(0)
    await expect(tab.page.locator("#prompt")).to_have_value("")


async def test_the_server_says_why_it_refuses_a_question(open_tab: OpenTab) -> None:
    tab = await open_tab(quiet=False)
    await tab.page.fill("#prompt", "x" * 32_001)
    await tab.page.press("#prompt", "Enter")
    unsent = tab.page.locator(".unsent")
    await expect(unsent).to_contain_text("Your message is too long: 32,001 of 32,000 characters.")
    await unsent.get_by_role("button", name="Edit").click()
    await expect(unsent).to_have_count(0)
    assert len(await tab.page.input_value("#prompt")) == 32_001


async def test_a_question_that_arrived_although_its_answer_did_not_is_not_asked_twice(
    open_tab: OpenTab,
) -> None:
    tab = await open_tab(quiet=False)
    await tab.ask("count 1 1ms")
    await tab.until_ended("complete")
    await tab.page.evaluate(
        """() => {
          const real = window.fetch;
          window.fetch = async (...args) => {
            await real(...args);
            throw new TypeError("cut");
          };
        }"""
    )
    await tab.ask("count 2 1ms")
    await tab.until_ended("complete", 2)
    await expect(tab.page.locator("#prompt")).to_have_value("")
    await expect(tab.page.locator(".unsent")).to_have_count(0)


async def test_a_failed_answer_says_why_and_keeps_what_was_written(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("fail")
    await tab.until_ended("error")
    await expect(tab.answer()).to_have_text("Well")
    await expect(tab.round(1).locator(".outcome")).to_have_text("The words have run out.")


async def test_the_end_stays_in_view_unless_somebody_reads_above(open_tab: OpenTab) -> None:
    tab = await open_tab(viewport={"width": 360, "height": 480})
    await tab.ask("count 9000 2ms")
    at_end = "() => innerHeight + scrollY >= document.documentElement.scrollHeight - 2"
    await expect(tab.answer()).to_contain_text("300 ")
    await tab.page.wait_for_function(at_end)
    await tab.page.mouse.move(180, 200)
    await tab.page.mouse.wheel(0, -400)
    button = tab.page.locator(".to-end")
    await expect(button).to_be_visible()
    await expect(tab.answer()).to_contain_text("900 ")
    await tab.page.keyboard.press("Escape")
    await tab.until_ended("stopped")
    assert not await tab.page.evaluate(at_end)
    await button.click()
    await tab.page.wait_for_function(at_end)
    await expect(button).to_be_hidden()
