"""Copying, and the keys that work anywhere."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
from playwright.async_api import expect

from quart_chat.markdown import render_plain
from tests.answer import long_answer
from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab, slow_timers
from tests.browser.test_page import violations
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

CLIPBOARD = ["clipboard-read", "clipboard-write"]


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


async def without_clipboard(tab: Tab) -> None:
    """As on a page that came over HTTP from another machine; what is copied is still to be read."""
    await tab.page.evaluate(
        """() => {
          window.real = navigator.clipboard;
          Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true });
        }"""
    )


async def answered(open_tab: OpenTab) -> Tab:
    tab = await open_tab(permissions=CLIPBOARD)
    await tab.ask("answer 0ms")
    await tab.until_ended("complete")
    return tab


async def copied(tab: Tab) -> str:
    text: str = await tab.page.evaluate("navigator.clipboard.readText()")
    return text


async def test_an_answer_is_copied_as_it_was_written(open_tab: OpenTab) -> None:
    tab = await answered(open_tab)
    await slow_timers(tab.page)
    await tab.page.get_by_role("button", name="Copy the answer as Markdown").click()
    await expect(tab.page.locator("#announcer")).to_have_text("Copied.")
    await expect(tab.page.locator(".copy-answer[data-done]")).to_be_visible()
    assert await copied(tab) == long_answer()


async def test_an_answer_is_copied_for_a_mail(open_tab: OpenTab) -> None:
    tab = await answered(open_tab)
    await tab.page.get_by_role("button", name="Copy", exact=True).click()
    await expect(tab.page.locator("#announcer")).to_have_text("Copied.")
    assert await copied(tab) == render_plain(long_answer(), base=f"{urljoin(tab.page.url, '/')}")
    html = await tab.page.evaluate(
        """async () => {
          const [item] = await navigator.clipboard.read();
          return (await item.getType("text/html")).text();
        }"""
    )
    assert "<strong>Point 3</strong>" in html
    assert "<table" in html


async def test_without_a_clipboard_an_answer_is_copied_as_text(open_tab: OpenTab) -> None:
    tab = await answered(open_tab)
    await without_clipboard(tab)
    await tab.page.get_by_role("button", name="Copy", exact=True).click()
    await expect(tab.page.locator("#announcer")).to_have_text("Copied.")
    text = await tab.page.evaluate("window.real.readText()")
    assert text.startswith("An answer\n\nSentence 0 says something short.")


async def test_a_question_is_copied(open_tab: OpenTab) -> None:
    tab = await answered(open_tab)
    await tab.page.get_by_role("button", name="Copy this question").click()
    await expect(tab.page.locator("#announcer")).to_have_text("Copied.")
    assert await copied(tab) == "answer 0ms"


async def test_code_is_copied_with_the_keyboard(open_tab: OpenTab) -> None:
    tab = await answered(open_tab)
    for _ in range(2):  # once as it was written here, once as the server has rendered it
        await tab.page.locator(".code pre").focus()
        await tab.page.keyboard.press("Shift+Tab")
        await expect(tab.page.get_by_role("button", name="Copy this code")).to_be_focused()
        await tab.page.keyboard.press("Enter")
        await expect(tab.page.locator("#announcer")).to_have_text("Copied.")
        assert (await copied(tab)).startswith("def step_0(x: int) -> int:\n    return x + 0\n")
        await tab.page.reload()


async def test_what_cannot_be_copied_is_told(open_tab: OpenTab) -> None:
    tab = await open_tab(quiet=False)
    await tab.ask("count 2 0ms")
    await tab.until_ended("complete")
    await tab.page.route("**/answer.json", lambda route: route.abort())
    await tab.page.get_by_role("button", name="Copy", exact=True).click()
    await expect(tab.page.locator("chat-notice")).to_contain_text("It could not be copied.")


async def test_without_a_clipboard_a_field_helps_out(open_tab: OpenTab) -> None:
    tab = await answered(open_tab)
    await without_clipboard(tab)
    await tab.page.get_by_role("button", name="Copy this question").click()
    await expect(tab.page.locator("#announcer")).to_have_text("Copied.")
    assert await tab.page.evaluate("window.real.readText()") == "answer 0ms"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_question_mark_lists_the_keys(open_tab: OpenTab, scheme: str) -> None:
    tab = await open_tab(color_scheme=scheme)
    dialog = tab.page.get_by_role("dialog", name="Keyboard shortcuts")
    await tab.page.evaluate("document.activeElement.blur()")
    await tab.page.keyboard.press("?")
    await expect(dialog).to_be_visible()
    assert await violations(tab.page) == []
    await tab.page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await tab.page.get_by_role("button", name="Keyboard shortcuts").click()
    await expect(dialog).to_be_visible()
    await dialog.get_by_role("button", name="Close").click()
    await tab.page.keyboard.press("/")
    await expect(tab.page.locator("#prompt")).to_be_focused()
    await tab.page.keyboard.type("what? /")
    await expect(dialog).to_be_hidden()
    await expect(tab.page.locator("#prompt")).to_have_value("what? /")


async def test_keys_of_a_single_letter_can_be_switched_off(open_tab: OpenTab) -> None:
    tab = await open_tab()
    button = tab.page.get_by_role("button", name="Keyboard shortcuts")
    await button.click()
    await tab.page.get_by_role("checkbox").uncheck()
    await tab.page.reload()
    await tab.page.keyboard.press("?")
    await expect(tab.page.get_by_role("dialog")).to_be_hidden()
    await button.click()
    await expect(tab.page.get_by_role("checkbox")).not_to_be_checked()
