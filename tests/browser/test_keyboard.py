"""Whole journeys with the keyboard alone: nothing is clicked, and the focus is never lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import FilePayload, Locator, Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.keyboard import Keyboard, expect_seen
from tests.browser.tab import Tab, slow_timers
from tests.browser.test_copy import CLIPBOARD, copied
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 640}


# Places to which Tab leads before what stands above them, and elements in another order to the eye
# than to the keyboard (WCAG 2.4.3).
DISORDERED = """() => {
  const shown = (element) => element.checkVisibility({ visibilityProperty: true });
  const jumping = [...document.querySelectorAll("[tabindex]")].filter((it) => it.tabIndex > 0);
  const turned = [...document.querySelectorAll("body *")].filter(shown).filter((element) => {
    const { flexDirection, order, display } = getComputedStyle(element);
    const children = [...element.children].filter(shown);
    const reversed = display.includes("flex") && flexDirection.endsWith("reverse");
    return order !== "0" || (reversed && children.length > 1);
  });
  return [...jumping, ...turned].map((element) => element.outerHTML.slice(0, 160));
}"""


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With a list of chats that is no way to go."""
    with Server(instance=tmp_path_factory.mktemp("keyboard") / "instance") as server:
        yield server


@pytest.fixture
def server(own_server: Server) -> Server:
    return own_server


def prompt(page: Page) -> Locator:
    return page.locator("#prompt")


def item(page: Page, name: str) -> Locator:
    """An item of the open menu."""
    return page.get_by_role("menuitem", name=name, exact=True)


def button(page: Page, name: str, *, exact: bool = True) -> Locator:
    return page.get_by_role("button", name=name, exact=exact)


async def begin(open_tab: OpenTab, path: str = "/", **options: Any) -> tuple[Tab, Keyboard]:
    options.setdefault("viewport", WIDE)
    tab = await open_tab(path, **options)
    if path == "/":
        await tab.page.evaluate("customElements.whenDefined('chat-app').then(() => true)")
    return tab, Keyboard(tab.page)


async def ask(keys: Keyboard, question: str) -> None:
    """Write a question for the slow assistant, whose name begins with an s, and send it."""
    await keys.go(prompt(keys.page))
    await choose(keys, "Slow")
    await keys.press("Shift+Tab", "Shift+Tab")
    await keys.expect_at(prompt(keys.page))
    await keys.write(question)
    await keys.press("Enter")


async def choose(keys: Keyboard, assistant: str) -> None:
    """Choose who answers by the first letter."""
    select = keys.page.locator("#assistant")
    await keys.go(select)
    await keys.write(assistant[0])
    await expect(select.locator("option:checked")).to_have_text(assistant)


async def asked(open_tab: OpenTab, *questions: str, **options: Any) -> tuple[Tab, Keyboard]:
    """A chat with answers, and the focus in the question field, where asking has left it."""
    tab, keys = await begin(open_tab, **options)
    await ask(keys, questions[0])
    await tab.until_ended("complete")
    for number, question in enumerate(questions[1:], 2):
        await keys.write(question)
        await keys.press("Enter")
        await tab.until_ended("complete", number)
    await expect(tab.page.locator(".stop")).to_be_hidden()
    await keys.expect_at(prompt(tab.page))
    return tab, keys


@pytest.mark.parametrize("width", [360, 1280])
async def test_the_keyboard_goes_in_the_order_in_which_one_reads(
    open_tab: OpenTab, width: int
) -> None:
    tab, keys = await asked(open_tab, "answer 0ms", viewport={"width": width, "height": 800})
    assert await tab.page.evaluate(DISORDERED) == []
    await keys.go(tab.page.locator(".title-text"), "Shift+Tab")
    await keys.press("Enter")
    await keys.expect_at(tab.page.locator(".title-field"))
    assert await tab.page.evaluate(DISORDERED) == []
    await keys.press("Tab")
    await expect_seen(tab.page)


async def test_a_question_is_asked_and_its_answer_stopped(open_tab: OpenTab) -> None:
    tab, keys = await begin(open_tab)
    await ask(keys, "wait")
    await expect(tab.page.locator(".stop")).to_be_visible()
    await keys.expect_at(prompt(tab.page))
    await keys.press("Escape")
    await tab.until_ended("stopped")
    await keys.expect_kept(prompt(tab.page))


async def test_the_buttons_that_send_and_stop_hand_the_focus_to_the_field(
    open_tab: OpenTab,
) -> None:
    tab, keys = await begin(open_tab)
    await keys.go(prompt(tab.page))
    await keys.write("wait")
    await choose(keys, "Slow")
    await keys.go(button(tab.page, "Send"))
    await keys.press("Enter")
    await expect(tab.page.locator(".stop")).to_be_visible()
    await keys.expect_at(prompt(tab.page))
    await keys.go(button(tab.page, "Stop the answer"))
    await keys.press("Enter")
    await tab.until_ended("stopped")
    await keys.expect_at(prompt(tab.page))


async def test_an_example_is_asked_and_the_focus_waits_in_the_field(open_tab: OpenTab) -> None:
    tab, keys = await begin(open_tab)
    await keys.go(button(tab.page, "How do I upload a document?"))
    await keys.press("Enter")
    await tab.until_ended("complete")
    await keys.expect_at(prompt(tab.page))


async def test_the_end_is_reached_again_and_the_focus_is_in_the_field(open_tab: OpenTab) -> None:
    # Without motion a page is gone back by at once.
    options = {"viewport": PHONE, "reduced_motion": "reduce"}
    tab, keys = await asked(open_tab, "count 300 0ms", "count 300 0ms", **options)
    await keys.go(tab.round(2).locator(".message-more"), "Shift+Tab")
    # The way there has scrolled to the end.
    await expect(tab.page.locator(".to-end")).to_be_hidden()
    await keys.press("PageUp")
    await expect(tab.page.locator(".to-end")).to_be_visible()
    await keys.go(tab.page.locator(".to-end"))
    await keys.press("Enter")
    await expect(tab.page.locator(".to-end")).to_be_hidden()
    await keys.expect_at(prompt(tab.page))


async def test_the_last_question_is_edited_and_sent(open_tab: OpenTab) -> None:
    tab, keys = await asked(open_tab, "count 2 1ms")
    await keys.press("ArrowUp")
    await keys.expect_at(tab.page.locator("prompt-editor textarea"))
    await keys.press("Escape")
    await keys.expect_kept(tab.round(1).locator(".edit"))
    await keys.press("Enter")
    await keys.expect_at(tab.page.locator("prompt-editor textarea"))
    await keys.press("Control+a")
    await keys.write("count 3 1ms")
    await keys.press("Enter")
    await tab.until_ended("complete", 2)
    await keys.expect_at(prompt(tab.page))


async def test_an_edit_is_cancelled_and_the_focus_is_where_it_began(open_tab: OpenTab) -> None:
    tab, keys = await asked(open_tab, "count 2 1ms")
    await keys.press("ArrowUp")
    await keys.go(button(tab.page, "Cancel"))
    await keys.press("Enter")
    await keys.expect_kept(tab.round(1).locator(".edit"))


async def test_an_answer_is_written_again_and_versions_are_stepped_through(
    open_tab: OpenTab,
) -> None:
    tab, keys = await asked(open_tab, "count 2 1ms", "count 4 1ms")
    await keys.go(tab.round(2).locator(".again-same"), "Shift+Tab")
    await keys.press("Enter")
    await tab.until_ended("complete", 3)
    await keys.expect_at(prompt(tab.page))
    await keys.go(tab.round(3).get_by_role("button", name="Previous version"), "Shift+Tab")
    await keys.press("Enter")
    # There is none before that one: the step back is the other one.
    await keys.expect_at(tab.round(2).get_by_role("button", name="Next version"))
    await keys.press("Enter")
    await keys.expect_at(tab.round(3).get_by_role("button", name="Previous version"))


async def test_an_answer_and_its_code_are_copied(open_tab: OpenTab) -> None:
    tab, keys = await asked(open_tab, "answer 0ms", permissions=CLIPBOARD)
    await slow_timers(tab.page)
    await keys.go(tab.page.locator("[data-copy=answer]"), "Shift+Tab")
    await keys.press("Enter")
    await expect(tab.page.locator("#announcer")).to_have_text("Copied.")
    await keys.expect_kept(tab.page.locator("[data-copy=answer]"))
    await keys.go(tab.page.locator(".copy-code"), "Shift+Tab")
    await keys.press("Enter")
    await expect(tab.page.locator(".copy-code[data-done]")).to_be_visible()
    await keys.expect_kept(tab.page.locator(".copy-code[data-done]"))
    assert "return" in await copied(tab)


async def test_steps_open_and_close_and_the_focus_outlasts_the_end_of_the_answer(
    open_tab: OpenTab,
) -> None:
    tab, keys = await begin(open_tab)
    await ask(keys, "wait")
    summary = tab.round(1).locator(".steps-summary")
    await keys.go(summary, "Shift+Tab")
    await keys.press("Enter")
    await expect(tab.round(1).locator(".steps")).to_have_attribute("open", "")
    await keys.press("Space")
    await expect(tab.round(1).locator(".steps")).not_to_have_attribute("open", "")
    await keys.press("Space")
    await keys.press("Escape")
    await tab.until_ended("stopped")
    await keys.expect_kept(summary)


async def test_a_chat_is_renamed_pinned_and_deleted_in_the_list_and_brought_back(
    open_tab: OpenTab,
) -> None:
    tab, keys = await asked(open_tab, "kept in the list")
    await tab.page.goto("/")
    row = tab.row("kept in the list")
    await keys.go(tab.page.locator(".chats-days [tabindex='0']"))
    await row.locator(".chat-link").focus()
    await keys.press("F2")
    field = tab.page.locator(".title-field")
    await keys.expect_at(field)
    await keys.write("renamed by key")
    await keys.press("Enter")
    row = tab.row("renamed by key")
    await keys.expect_at(row.locator(".chat-link"))
    await keys.press("ArrowRight", "Enter")
    await keys.expect_at(item(tab.page, "Rename"))
    await keys.press("p")
    await keys.expect_at(item(tab.page, "Pin"))
    await keys.press("Enter")
    await expect(row).to_have_attribute("data-pinned", "1")
    await keys.expect_kept(row.locator(".chat-link"))
    await keys.press("ArrowRight", "Enter", "Escape")
    await keys.expect_at(row.locator(".chat-more"))
    await keys.press("ArrowLeft", "Delete")
    await expect(row).to_have_count(0)
    await expect_seen(tab.page)
    await keys.go(button(tab.page, "Undo"))
    await keys.press("Enter")
    await expect(row).to_have_count(1)
    await keys.expect_kept(prompt(tab.page))


async def test_the_headings_menu_works_and_gives_the_focus_back(open_tab: OpenTab) -> None:
    tab, keys = await asked(open_tab, "in the heading")
    heading = tab.page.locator("chat-heading")
    more = heading.locator(".menu-button")
    await keys.go(more, "Shift+Tab")
    await keys.press("Enter")
    await keys.expect_at(item(tab.page, "Rename"))
    await keys.press("ArrowDown", "Enter")
    await expect(tab.row("in the heading")).to_have_attribute("data-pinned", "1")
    await keys.expect_kept(more)
    await keys.press("Enter", "ArrowDown", "Escape")
    await keys.expect_kept(more)
    # A menu that is left does not stay over what comes after it.
    await keys.press("Enter", "Tab")
    await keys.expect_at(button(tab.page, "Keyboard shortcuts"))
    await expect(tab.page.get_by_role("menu")).to_have_count(0)
    title, field = heading.locator(".title-text"), heading.locator(".title-field")
    await keys.go(title, "Shift+Tab")
    await keys.press("Enter")
    await keys.expect_kept(field)
    await keys.write("named anew")
    await keys.press("Enter")
    await expect(tab.page.locator("h1")).to_have_text("named anew")
    await keys.expect_kept(title)
    await keys.press("F2")
    await keys.expect_kept(field)
    await keys.press("Escape")
    await keys.expect_kept(title)
    await keys.go(more)
    await keys.press("ArrowUp")
    await keys.expect_at(item(tab.page, "Delete"))
    await keys.press("Space")
    await expect(tab.page).to_have_title("quart-chat")
    # Its scripts have taken the offer out, to put it in anew.
    await expect(tab.page).to_have_url(re.compile("/$"))
    await expect(button(tab.page, "Undo")).to_be_visible()
    await keys.go(button(tab.page, "Undo"))
    await keys.press("Enter")
    await expect(tab.page.locator("h1")).to_have_text("named anew")


async def test_a_search_is_made_and_what_it_found_is_opened(open_tab: OpenTab) -> None:
    tab, keys = await asked(open_tab, "a needle in here")
    await keys.go(tab.page.locator("#search"))
    await keys.seek("needle")
    hit = tab.page.locator(".found .chat-link", has_text="needle").first
    await expect(hit).to_be_visible()
    await keys.press("ArrowDown")
    await keys.expect_at(hit)
    await keys.press("Enter")
    await tab.page.wait_for_url("**/chat/*?q=needle**")
    await keys.press("Tab")
    await expect_seen(tab.page)


async def test_documents_are_chosen_for_a_question_and_left_out_again(open_tab: OpenTab) -> None:
    tab, keys = await begin(open_tab, "/documents")
    file = FilePayload(name="keys.md", mimeType="text/markdown", buffer=b"# Keys\n\nEnter.\n")
    await keys.go(tab.page.locator("#files"))
    await tab.page.set_input_files("#files", files=[file])  # what the system's own window does
    row = tab.page.locator(".document").first
    await expect(row).to_contain_text("keys.md")
    await expect(row).to_have_attribute("data-status", "ready")
    await keys.expect_kept(tab.page.locator("#files"))

    await tab.page.goto("/")
    await keys.go(tab.page.locator(".picker-button"))
    await keys.press("Enter")
    await keys.expect_at(tab.page.locator(".picker-search"))
    await keys.write("keys")
    box = tab.page.get_by_role("checkbox", name="keys.md")
    await keys.go(box)
    await keys.press("Space")
    chip = tab.page.locator(".chip", has_text="keys.md")
    await expect(chip).to_be_visible()
    await keys.expect_kept(box)
    await keys.press("Escape")
    await keys.expect_kept(tab.page.locator(".picker-button"))
    await keys.go(chip.locator(".chip-remove"), "Shift+Tab")
    await keys.press("Enter")
    await expect(chip).to_have_count(0)
    await keys.expect_at(prompt(tab.page))

    await tab.page.goto("/documents")
    more = row.get_by_role("button", name="Options: keys.md")
    dialog = tab.page.get_by_role("alertdialog", name="Delete “keys.md”?")
    await keys.go(more)
    await keys.press("Enter")
    await keys.expect_at(item(tab.page, "Ask about this"))
    await keys.press("r")
    await keys.expect_at(item(tab.page, "Rename"))
    await keys.press("Enter")
    await keys.expect_at(tab.page.locator(".name-field"))
    await keys.write("locks")
    await keys.press("Enter")
    await keys.expect_at(row.get_by_role("link", name="locks.md"))
    await keys.press("F2")
    await keys.expect_at(tab.page.locator(".name-field"))
    await keys.write("keys")
    await keys.press("Enter")
    await keys.expect_at(row.get_by_role("link", name="keys.md"))
    await keys.go(more)
    await keys.press("ArrowUp")
    await keys.expect_at(item(tab.page, "Delete"))
    await keys.press("Enter")
    await keys.expect_at(dialog.get_by_role("button", name="Cancel"))
    await keys.press("Escape")
    await keys.expect_at(more)
    await keys.go(row.get_by_role("link"), "Shift+Tab")
    await keys.press("Delete")
    await keys.go(dialog.get_by_role("button", name="Delete"))
    await keys.press("Enter")
    await expect(tab.page.locator(".document", has_text="keys.md")).to_have_count(0)
    await expect_seen(tab.page)


async def test_a_document_is_searched_from_hit_to_hit(open_tab: OpenTab) -> None:
    tab, keys = await begin(open_tab, "/documents")
    text = b"# Keys\n\nA hit.\n\n## More\n\nA HIT and a hit.\n"
    file = FilePayload(name="hits.md", mimeType="text/markdown", buffer=text)
    await tab.page.set_input_files("#files", files=[file])
    row = tab.page.locator(".document", has_text="hits.md")
    await expect(row).to_have_attribute("data-status", "ready")
    await keys.go(row.get_by_role("link"))
    await keys.press("Enter")
    field = tab.page.locator("#find")
    await tab.page.wait_for_url("**/documents/*")
    await keys.go(field)
    await keys.write("hit")
    await keys.press("Enter")
    state = tab.page.locator(".finder-state")
    await expect(state).to_have_text("1 of 3")
    await keys.expect_at(field)
    for place, key in ((2, "Enter"), (3, "Enter"), (1, "Enter"), (3, "Shift+Enter")):
        await keys.press(key)
        await expect(state).to_have_text(f"{place} of 3")
        await keys.expect_at(field)
    await keys.go(tab.page.get_by_role("link", name="Previous hit"))
    await keys.press("Enter")
    await expect(state).to_have_text("2 of 3")
    await expect(tab.page.locator("mark[aria-current]")).to_have_text("HIT")
    await keys.go(field, "Shift+Tab")
    await keys.press("Escape")
    await expect(tab.page.locator("mark")).to_have_count(0)
    await tab.page.request.delete(f"/api{urlsplit(tab.page.url).path}")


async def test_a_chat_is_shared_and_no_longer(open_tab: OpenTab) -> None:
    tab, keys = await asked(open_tab, "for others, too", permissions=CLIPBOARD)
    await keys.go(tab.page.locator("chat-heading .menu-button"), "Shift+Tab")
    await keys.press("Enter")
    await keys.expect_at(item(tab.page, "Rename"))
    await keys.press("s", "s")
    await keys.expect_at(item(tab.page, "Share…"))
    await keys.press("Enter")
    await tab.page.wait_for_url("**/share")
    await keys.go(button(tab.page, "Create link"))
    await keys.press("Enter")
    await expect(tab.page.locator("#link")).to_be_visible()
    await keys.go(button(tab.page, "Copy"))
    await keys.press("Enter")
    await expect(tab.page.locator(".share-copied")).to_have_text("Copied")
    await expect_seen(tab.page)
    await keys.go(button(tab.page, "Revoke the link"))
    await keys.press("Enter")
    dialog = tab.page.get_by_role("alertdialog")
    await keys.expect_at(dialog.get_by_role("button", name="Cancel"))
    await keys.press("Enter")
    await keys.expect_at(button(tab.page, "Revoke the link"))
    await keys.press("Enter")
    await keys.go(dialog.get_by_role("button", name="Revoke the link"))
    await keys.press("Enter")
    await expect(tab.page.locator("#link")).to_have_count(0)
    await keys.go(button(tab.page, "Create link"))


async def test_the_list_of_keys_takes_the_focus_keeps_it_and_gives_it_back(
    open_tab: OpenTab,
) -> None:
    tab, keys = await begin(open_tab)
    where = tab.page.get_by_role("link", name="New chat")
    await keys.go(where)
    await keys.press("?")
    dialog = tab.page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(dialog).to_be_visible()
    await expect_seen(tab.page)
    await keys.expect_at(dialog.get_by_role("heading"))
    for _ in range(6):
        # Round it goes by way of the browser's own bar.
        await keys.press("Tab")
        outside = "document.activeElement.matches(':not(body, dialog, dialog *)')"
        assert not await tab.page.evaluate(outside)
    await keys.press("Escape")
    await keys.expect_at(where)
    await keys.go(button(tab.page, "Keyboard shortcuts"))
    await keys.press("Enter")
    await keys.go(button(tab.page, "Close"))
    await keys.press("Enter")
    await keys.expect_at(button(tab.page, "Keyboard shortcuts"))


@pytest.mark.parametrize("path", ["/", "/settings", "/handbook/"])
async def test_the_list_on_a_phone_takes_the_focus_and_gives_it_back(
    open_tab: OpenTab, path: str
) -> None:
    tab, keys = await begin(open_tab, path, viewport=PHONE)
    menu = tab.page.locator(".menu")
    sidebar = tab.page.locator(".sidebar")
    await keys.go(menu)
    await keys.press("Enter")
    await keys.expect_at(sidebar.locator("a").first)
    await keys.press("Escape")
    await keys.expect_at(menu)
    await keys.press("Enter")
    await keys.expect_at(sidebar.locator("a").first)
    # Whoever goes on past its end is not left under it.
    await keys.go(sidebar.locator("button.language").last)
    await keys.press("Tab")
    await expect(sidebar).to_be_hidden()
    await expect_seen(tab.page)


async def test_the_language_is_switched(open_tab: OpenTab) -> None:
    tab, keys = await begin(open_tab)
    await keys.go(button(tab.page, "Deutsch"))
    await keys.press("Enter")
    await expect(tab.page.locator("html")).to_have_attribute("lang", "de")
    await tab.page.wait_for_load_state()
    await keys.press("Tab")
    await expect_seen(tab.page)


async def test_a_check_of_the_stream_is_started_and_stopped_and_read(open_tab: OpenTab) -> None:
    tab, keys = await begin(open_tab, "/doctor")
    short, long = (tab.page.get_by_role("radio", name=re.compile(n)) for n in ("Short", "Long"))
    await keys.go(short)
    await keys.press("ArrowDown")
    await keys.expect_at(long)
    await keys.go(button(tab.page, "Check now"))
    await keys.press("Enter")
    await keys.expect_at(button(tab.page, "Stop"))
    await keys.press("Enter")
    await expect(tab.page.locator(".doctor-status")).to_have_text("The check was stopped.")
    await keys.expect_at(button(tab.page, "Check now"))
    await keys.go(long, "Shift+Tab")
    await keys.press("ArrowUp")
    await keys.expect_at(short)
    await keys.go(button(tab.page, "Check now"))
    await keys.press("Enter")
    await expect(tab.page.locator(".doctor-result")).to_be_visible()
    await keys.expect_at(button(tab.page, "Check now"))
    await keys.go(tab.page.locator("summary", has_text="Every event"))
    await keys.press("Enter")
    await keys.go(tab.page.get_by_role("region", name="Every event"))
    await keys.go(button(tab.page, "Copy the result"))


async def test_chats_are_exported_and_imported(open_tab: OpenTab) -> None:
    tab, keys = await begin(open_tab, "/transfer")
    await keys.go(tab.page.get_by_role("link", name="Export all chats"))
    async with tab.page.expect_download() as download:
        await keys.press("Enter")
    path = await (await download.value).path()
    await keys.go(tab.page.locator("#files"))
    await tab.page.set_input_files("#files", path)
    await keys.go(button(tab.page, "Import"))
    await keys.press("Enter")
    await expect(tab.page.locator(".report")).to_be_visible()
    await keys.press("Tab")
    await expect_seen(tab.page)


@pytest.mark.parametrize("path", ["/", "/settings"])
async def test_undo_hands_the_focus_on_to_what_the_page_is_for(
    open_tab: OpenTab, path: str
) -> None:
    tab, keys = await asked(open_tab, "gone for a moment")
    await tab.page.goto(path)
    await slow_timers(tab.page)
    row = tab.row("gone for a moment").first
    await keys.go(tab.page.locator(".chats-days [tabindex='0']"))
    if not await keys.at(row.locator(".chat-link")):
        await keys.go(row.locator(".chat-link"), "ArrowDown")
    await keys.press("Delete")
    await keys.go(button(tab.page, "Undo"))
    await keys.press("Enter")
    await expect(tab.page.locator(".notice")).to_contain_text("The chat was restored.")
    assert await tab.page.evaluate("document.activeElement !== document.body")
