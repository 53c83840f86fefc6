"""Code in answers and in questions, and long questions."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.test_page import violations
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


async def test_a_block_of_code_has_a_bar_with_language_wrap_and_copy(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("answer 0ms")
    await tab.until_ended("complete")
    bar = tab.page.locator(".code-bar").first
    await expect(bar.locator(".code-language")).to_have_text("python")
    await expect(bar.locator(".copy-code")).to_be_visible()
    await bar.locator(".wrap-code").click()
    await expect(bar.locator(".wrap-code")).to_have_attribute("aria-pressed", "true")
    await expect(tab.page.locator(".code pre").first).to_have_css("white-space", "pre-wrap")
    await bar.locator(".wrap-code").click()
    await expect(tab.page.locator(".code pre").first).to_have_css("white-space", "pre")
    assert await violations(tab.page) == []


async def test_code_has_colours_while_it_is_written(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("answer 4ms")
    found = await tab.page.wait_for_function(
        """() => {
          const words = [...(CSS.highlights.get("keyword") ?? [])].map(String);
          const spans = document.querySelectorAll(".code span[class=k]").length;
          return words.length > 10 && { words, spans };
        }"""
    )
    coloured = await found.json_value()
    assert (set(coloured["words"]), coloured["spans"]) == ({"def", "return"}, 0)
    await tab.until_ended("complete")
    await tab.page.wait_for_function("() => CSS.highlights.get('keyword').size === 0")
    await expect(tab.page.locator(".code span.k").first).to_be_visible()


async def test_a_long_question_is_folded_until_its_reader_unfolds_it(open_tab: OpenTab) -> None:
    prompt = "Why?\n```js\nlet x = 1;\n```\n" + "A long question. " * 1700
    tab = await open_tab()
    await tab.ask(prompt)
    await tab.until_ended("complete")
    for _ in range(2):
        text = tab.page.locator(".prompt-text")
        button = tab.page.get_by_role("button", name="Show all")
        assert await text.evaluate("text => text.clientHeight") < 300
        await expect(text.locator("code.block")).to_contain_text("let x = 1;")
        await expect(text.locator("span[hidden]").first).to_be_hidden()
        await button.click()
        assert await text.evaluate("text => text.clientHeight") > 1000
        await tab.page.get_by_role("button", name="Show less").click()
        await expect(text).to_have_class(re.compile("folded"))
        assert (await text.evaluate("text => text.textContent")).strip() == prompt.strip()
        assert await violations(tab.page) == []
        await tab.page.reload()


async def test_a_question_that_comes_again_stays_unfolded(open_tab: OpenTab) -> None:
    prompt = "Why?\n`x`\n" + "A long question. " * 200
    tab = await open_tab()
    await tab.ask(prompt)
    await tab.until_ended("complete")
    await tab.page.get_by_role("button", name="Show all").click()
    await tab.round(1).evaluate("round => round.ask({ content: round.prompt })")
    await tab.page.get_by_role("button", name="Show less").click()
    await expect(tab.page.locator(".prompt-text")).to_have_class(re.compile("folded"))
    await expect(tab.page.get_by_role("button", name="Show all")).to_be_visible()


async def test_a_short_question_has_no_such_button(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("What is `x`?")
    await tab.until_ended("complete")
    await expect(tab.page.locator(".prompt-text code")).to_have_text("`x`")
    await expect(tab.page.locator(".show-all")).to_be_hidden()
