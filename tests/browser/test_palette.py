"""The palette: chats, documents and commands, found and chosen with the keyboard alone."""

from __future__ import annotations

import pytest
from playwright.async_api import FilePayload, Locator, expect

from tests.browser.conftest import OpenTab
from tests.browser.keyboard import Keyboard
from tests.browser.tab import Tab
from tests.browser.test_forced_colours import UNSEEN
from tests.browser.test_languages import english
from tests.browser.test_page import violations
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


async def opened(open_tab: OpenTab, path: str = "/", **options: object) -> tuple[Tab, Keyboard]:
    tab = await open_tab(path, **options)
    await tab.page.evaluate("customElements.whenDefined('chat-list').then(() => true)")
    keys = Keyboard(tab.page)
    await keys.press("Control+k")
    await keys.expect_at(field(tab))
    return tab, keys


def field(tab: Tab) -> Locator:
    return tab.page.get_by_role("combobox", name="Find chats, documents and actions")


def options(tab: Tab) -> Locator:
    return tab.page.locator(".palette [role=option]")


def chosen(tab: Tab) -> Locator:
    return tab.page.locator(".palette [aria-selected=true]")


async def ask(tab: Tab, prompt: str) -> None:
    data = {"prompt": prompt, "assistant": "slow"}
    await tab.page.request.post("/api/chatbot/start/stream", data=data)


async def test_a_chat_is_found_by_what_was_said_in_it_and_opened_there(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await ask(tab, "a pomegranate in the palette")
    _, keys = tab, Keyboard(tab.page)
    await keys.press("Control+k")
    await keys.expect_at(field(tab))
    await keys.write("pomegranate")
    await expect(chosen(tab)).to_contain_text("a pomegranate in the palette")
    await expect(chosen(tab).locator("mark")).to_have_text("pomegranate")
    await keys.press("Enter")
    await tab.page.wait_for_url("**/chat/*?q=pomegranate**")
    await expect(tab.page.locator("h1")).to_have_text("a pomegranate in the palette")


async def test_a_document_is_found_by_its_name(open_tab: OpenTab) -> None:
    tab, keys = await opened(open_tab)
    file: FilePayload = {"name": "Kürbis-Plan.md", "mimeType": "text/markdown", "buffer": b"# P\n"}
    answer = await tab.page.request.post("/api/documents", multipart={"files": file})
    assert answer.ok
    await keys.write("kurbis")
    await expect(chosen(tab)).to_have_text("Kürbis-Plan.md")
    await keys.press("Enter")
    await tab.page.wait_for_url("**/documents/*")
    await expect(tab.page.locator("h1")).to_contain_text("Kürbis-Plan.md")


async def test_commands_are_found_and_performed(open_tab: OpenTab) -> None:
    tab, keys = await opened(open_tab)
    await keys.write("keyb")
    await expect(chosen(tab)).to_contain_text("Keyboard shortcuts")
    await keys.press("Enter")
    await expect(tab.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await keys.press("Escape", "Control+k")
    await keys.expect_at(field(tab))
    await keys.write("settings")
    await expect(chosen(tab)).to_contain_text("Settings")
    await keys.press("Enter")
    await tab.page.wait_for_url("**/settings")
    await tab.page.evaluate("customElements.whenDefined('chat-list').then(() => true)")
    await keys.press("Control+Shift+o")
    await tab.page.wait_for_url(lambda url: url.endswith("/"))


async def test_the_chat_that_is_shown_is_renamed_and_pinned_from_the_palette(
    open_tab: OpenTab,
) -> None:
    tab = await open_tab()
    await tab.ask("renamed from the palette")
    await tab.until_ended("complete")
    keys = Keyboard(tab.page)
    for word, label in (("pin", "Pin"), ("unp", "Unpin")):
        await keys.press("Control+k")
        await keys.expect_at(field(tab))
        await keys.write(word)
        await tab.page.locator(".palette [data-command=pin]", has_text=label).click()
        pinned = "1" if label == "Pin" else "0"
        row = tab.row("renamed from the palette")
        await expect(row).to_have_attribute("data-pinned", pinned)
    await keys.press("Control+k")
    await keys.expect_at(field(tab))
    await keys.write("rename")
    await expect(tab.page.locator(".palette [data-command=rename]")).to_be_visible()
    await tab.page.locator(".palette [data-command=rename]").click()
    await keys.expect_at(tab.page.locator(".heading .title-field"))
    await keys.write("named by the palette")
    await keys.press("Enter")
    await expect(tab.page.locator("h1")).to_have_text("named by the palette")


async def test_commands_of_a_chat_are_offered_where_one_is_shown(open_tab: OpenTab) -> None:
    tab, _keys = await opened(open_tab)
    await expect(tab.page.locator(".palette [data-command=documents]")).to_be_visible()
    await expect(tab.page.locator(".palette [data-command=rename]")).to_have_count(0)
    other, _keys = await opened(open_tab, "/settings")
    await expect(other.page.locator(".palette [data-command=settings]")).to_be_visible()
    await expect(other.page.locator(".palette [data-command=ask]")).to_have_count(0)


async def test_arrows_choose_escape_closes_and_the_focus_returns(open_tab: OpenTab) -> None:
    tab, keys = await opened(open_tab)
    await expect(tab.page.locator(".palette [role=listbox]:not([aria-busy])")).to_be_visible()
    count = await options(tab).count()
    for key, place in (("ArrowDown", 1), ("ArrowUp", 0), ("ArrowUp", count - 1), ("ArrowDown", 0)):
        await keys.press(key)
        await expect(options(tab).nth(place)).to_have_attribute("aria-selected", "true")
        await expect(chosen(tab)).to_have_count(1)
        active = await options(tab).nth(place).get_attribute("id")
        await expect(field(tab)).to_have_attribute("aria-activedescendant", str(active))
        await expect(field(tab)).to_be_focused()
    await keys.press("Escape")
    await expect(tab.page.locator("dialog.palette")).to_be_hidden()
    await keys.expect_at(tab.page.locator("#prompt"))
    # The same key opens and closes it.
    await keys.press("Control+k")
    await keys.expect_at(field(tab))
    await keys.press("Control+k")
    await keys.expect_at(tab.page.locator("#prompt"))


async def test_what_is_not_there_is_said(open_tab: OpenTab) -> None:
    tab, keys = await opened(open_tab)
    await keys.write("xyzzyx")
    status = tab.page.locator(".palette-status")
    await expect(status).to_have_text("Nothing found for “xyzzyx”.")
    await keys.press("Enter")
    await expect(field(tab)).to_be_focused()


async def test_its_files_are_loaded_when_it_is_used(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.page.wait_for_load_state("networkidle")
    loaded: list[str] = []
    tab.page.on("request", lambda request: loaded.append(request.url))
    assert await tab.page.locator("dialog.palette").count() == 0
    await tab.page.get_by_role("button", name="Find chats, documents and actions").click()
    await expect(field(tab)).to_be_focused()
    assert [name for name in loaded if name.endswith("/palette.js")]
    assert [name for name in loaded if name.endswith("/palette.css")]


async def test_a_mac_uses_its_own_key(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.page.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'platform', { get: () => 'MacIntel' })"
    )
    await tab.page.reload()
    await tab.page.evaluate("customElements.whenDefined('chat-app').then(() => true)")
    keys = Keyboard(tab.page)
    await keys.press("Control+k")
    await keys.press("Meta+k")
    await keys.expect_at(field(tab))
    await expect(tab.page.locator(".palette [data-command=fold] kbd")).to_have_text("⌘B")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_palette_is_accessible(open_tab: OpenTab, width: int, scheme: str) -> None:
    view = {"width": width, "height": 640}
    tab, keys = await opened(open_tab, viewport=view, color_scheme=scheme, reduced_motion="reduce")
    await expect(options(tab).first).to_be_visible()
    assert await violations(tab.page, scheme) == []
    await expect(tab.page.locator("dialog.palette")).to_be_in_viewport(ratio=1)
    await keys.write("e")
    await expect(tab.page.locator(".palette [role=listbox]:not([aria-busy])")).to_be_visible()
    assert await violations(tab.page, scheme) == []


async def test_with_few_colours_the_chosen_option_is_seen(open_tab: OpenTab) -> None:
    tab, _keys = await opened(open_tab, forced_colors="active")
    await expect(chosen(tab)).to_be_visible()
    assert await tab.page.evaluate(UNSEEN) == []
    outline = "(element) => getComputedStyle(element).outlineStyle"
    assert await chosen(tab).evaluate(outline) != "none"


async def test_the_palette_is_german(open_tab: OpenTab) -> None:
    tab = await open_tab(locale="de")
    await tab.page.evaluate("customElements.whenDefined('chat-app').then(() => true)")
    keys = Keyboard(tab.page)
    await keys.press("Control+k")
    await expect(tab.page.get_by_role("combobox", name="Chats, Dokumente")).to_be_focused()
    await keys.write("einst")
    await expect(chosen(tab)).to_contain_text("Einstellungen")
    assert await english(tab.page) == set()
