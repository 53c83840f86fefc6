"""The menu of a row, of a chat's title and of a message: one component, with the same keys."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import OpenTab
from tests.browser.keyboard import Keyboard
from tests.browser.tab import Tab, slow_timers
from tests.browser.test_copy import CLIPBOARD, copied
from tests.browser.test_page import violations
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHAT = [
    "Rename",
    "Pin",
    "Settings of this chat",
    "Share…",
    "Export as Markdown",
    "Export as JSON",
    "Delete",
]
MESSAGE = [
    "Edit this question",
    "Copy this question",
    "Copy the answer",
    "Copy the link to this answer",
    "Regenerate",
]
# The look of an item, with what it says before its key.
LOOK = """(menu) => [...menu.children].map((item) => {
  const style = getComputedStyle(item);
  return [item.querySelector("span").textContent, item.querySelector("path").getAttribute("d"),
    style.fontSize, style.minHeight, style.color, item.getBoundingClientRect().height].join();
})"""


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


async def answered(open_tab: OpenTab, prompt: str, **options: object) -> tuple[Tab, Keyboard]:
    tab = await open_tab(**options)
    await tab.ask(prompt)
    await tab.until_ended("complete")
    return tab, Keyboard(tab.page)


def buttons(tab: Tab, prompt: str) -> dict[str, Locator]:
    return {
        "row": tab.row(prompt).locator(".menu-button"),
        "title": tab.page.locator("chat-heading .menu-button"),
        "message": tab.round(1).locator(".menu-button"),
    }


async def labels(tab: Tab) -> list[str]:
    """What the menu offers, once it is open."""
    await expect(tab.page.get_by_role("menu")).to_be_visible()
    return await tab.page.locator("[role=menu] > [role=menuitem] > span").all_text_contents()


async def test_a_row_and_a_title_have_the_same_menu(open_tab: OpenTab) -> None:
    tab, keys = await answered(open_tab, "the same menu")
    looks = []
    for place in ("row", "title"):
        await buttons(tab, "the same menu")[place].click()
        assert await labels(tab) == CHAT
        looks.append(await tab.page.locator("[role=menu]").evaluate(LOOK))
        await keys.press("Escape")
    assert looks[0] == looks[1]


async def test_a_message_offers_what_its_controls_do(open_tab: OpenTab) -> None:
    tab, keys = await answered(open_tab, "a message", permissions=CLIPBOARD)
    await slow_timers(tab.page)
    button = buttons(tab, "a message")["message"]
    await button.click()
    assert await labels(tab) == MESSAGE
    await tab.page.get_by_role("menuitem", name="Copy this question").click()
    await expect(tab.page.locator("#announcer")).to_have_text("Copied.")
    assert await copied(tab) == "a message"
    await button.click()
    await tab.page.get_by_role("menuitem", name="Copy the link to this answer").click()
    await expect(tab.page.locator(".notice")).to_contain_text("The link is in the clipboard.")
    other = await open_tab(await copied(tab))
    await expect(other.round(1).locator(".prompt-text")).to_have_text("a message")
    await button.click()
    await keys.press("Home", "Enter")
    await expect(tab.page.locator("prompt-editor textarea")).to_be_focused()


@pytest.mark.parametrize("place", ["row", "title", "message"])
async def test_a_menu_is_opened_walked_and_closed_by_keys(open_tab: OpenTab, place: str) -> None:
    prompt = f"keys in the {place}"
    tab, keys = await answered(open_tab, prompt)
    button = buttons(tab, prompt)[place]
    menu, items = tab.page.get_by_role("menu"), tab.page.get_by_role("menuitem")
    for key, item in (("Enter", 0), ("Space", 0), ("ArrowDown", 0), ("ArrowUp", -1)):
        await button.focus()
        await keys.press(key)
        await keys.expect_at(items.nth(item))
        await expect(button).to_have_attribute("aria-expanded", "true")
        await keys.press("Escape")
        await expect(menu).to_have_count(0)
        await expect(button).to_have_attribute("aria-expanded", "false")
        await keys.expect_at(button)
    await keys.press("ArrowDown")
    last = await items.count() - 1
    walk = (("ArrowDown", 1), ("ArrowUp", 0), ("ArrowUp", last), ("ArrowDown", 0), ("End", last))
    for key, at in (*walk, ("Home", 0)):
        await keys.press(key)
        await keys.expect_at(items.nth(at))
    await keys.press("Tab")
    await expect(menu).to_have_count(0)


async def test_letters_lead_to_the_items_that_begin_with_them(open_tab: OpenTab) -> None:
    tab, keys = await answered(open_tab, "letters")
    await slow_timers(tab.page, least=500)
    await buttons(tab, "letters")["title"].focus()
    await keys.press("Enter")
    await keys.expect_at(tab.page.get_by_role("menuitem", name="Rename"))
    for letter, name in (("e", "Export as Markdown"), ("e", "Export as JSON")):
        await keys.press(letter)
        await keys.expect_at(tab.page.get_by_role("menuitem", name=name))
    await keys.press("Escape", "Enter")
    # Several letters are one word, with the space in it.
    await keys.write("export as j")
    await keys.expect_at(tab.page.get_by_role("menuitem", name="Export as JSON"))
    await keys.press("Escape", "Enter", "x")
    await keys.expect_at(tab.page.get_by_role("menuitem", name="Rename"))


async def test_a_click_outside_closes_a_menu_and_one_on_its_button_too(open_tab: OpenTab) -> None:
    tab, _keys = await answered(open_tab, "clicks")
    button, menu = buttons(tab, "clicks")["title"], tab.page.get_by_role("menu")
    for place in (tab.answer(), button):
        await button.click()
        await expect(menu).to_be_visible()
        await place.click()
        await expect(menu).to_have_count(0)
        await expect(button).to_have_attribute("aria-expanded", "false")
    # Another button shows its own menu in the place of the first.
    await button.click()
    await buttons(tab, "clicks")["message"].click()
    await expect(menu).to_have_count(1)
    assert await labels(tab) == MESSAGE


async def test_escape_in_a_menu_does_not_stop_the_answer(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("wait")
    await expect(tab.page.locator(".stop")).to_be_visible()
    await tab.page.locator("chat-heading .menu-button").click()
    await expect(tab.page.get_by_role("menu")).to_be_visible()
    await tab.page.keyboard.press("Escape")
    await expect(tab.page.get_by_role("menu")).to_have_count(0)
    await expect(tab.page.locator(".stop")).to_be_visible()
    await tab.page.keyboard.press("Escape")
    await tab.until_ended("stopped")


async def test_a_pin_is_what_the_menu_said_even_if_another_tab_was_faster(
    open_tab: OpenTab,
) -> None:
    tab, _keys = await answered(open_tab, "pinned twice")
    other = await open_tab(tab.page.url)
    await tab.page.locator("chat-heading .menu-button").click()
    await other.choose("Pin")
    await expect(tab.row("pinned twice")).to_have_attribute("data-pinned", "1")
    async with tab.page.expect_response(lambda response: response.request.method == "PATCH"):
        await tab.page.get_by_role("menuitem", name="Pin", exact=True).click()
    await tab.choose("Unpin")
    await expect(other.row("pinned twice")).to_have_attribute("data-pinned", "0")


async def test_a_title_is_renamed_by_a_click_and_saved_on_leaving(open_tab: OpenTab) -> None:
    tab, keys = await answered(open_tab, "clicked title")
    other = await open_tab("/")
    await tab.page.locator(".title-text").click()
    await keys.expect_at(tab.page.get_by_role("textbox", name="Title"))
    await keys.write("left and saved")
    await tab.page.locator("#prompt").click()
    await expect(tab.page.locator("h1")).to_have_text("left and saved")
    await expect(other.row("left and saved")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280])
async def test_open_menus_are_accessible_and_in_the_window(open_tab: OpenTab, width: int) -> None:
    prompt = f"open at {width}"
    viewport = {"width": width, "height": 640}
    tab, keys = await answered(open_tab, prompt, viewport=viewport, reduced_motion="reduce")
    for place, button in buttons(tab, prompt).items():
        if place == "row" and width == 360:
            await tab.page.locator(".menu").click()
        await button.focus()
        await keys.press("Enter")
        menu = tab.page.get_by_role("menu")
        await expect(menu).to_be_in_viewport(ratio=1)
        assert await violations(tab.page) == []
        await keys.press("Escape")
        if place == "row" and width == 360:
            await expect(tab.page.locator(".sidebar")).to_be_visible()
            await keys.press("Escape")


async def list_of_keys(tab: Tab) -> Locator:
    """The list of keys, opened by its key, outside of fields."""
    await tab.page.evaluate("customElements.whenDefined('chat-list').then(() => true)")
    await tab.page.locator(".wordmark").first.focus()
    await tab.page.keyboard.press("?")
    dialog = tab.page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(dialog).to_be_visible()
    return dialog


async def test_the_list_of_keys_is_on_every_page(open_tab: OpenTab) -> None:
    for path in ("/", "/settings", "/documents"):
        dialog = await list_of_keys(await open_tab(path))
        await expect(dialog).to_contain_text("Rename the chat, or")
        await expect(dialog.locator(".shortcut", has_text="Find chats")).to_contain_text("Ctrl K")


async def test_keys_are_named_as_on_a_mac(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.page.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'platform', { get: () => 'MacIntel' })"
    )
    await tab.page.reload()
    dialog = await list_of_keys(tab)
    await expect(dialog.locator(".shortcut", has_text="Find chats")).to_contain_text("⌘ K")
