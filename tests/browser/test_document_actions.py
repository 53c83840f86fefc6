"""What a person does with a document: rename it, ask about it, get its file, search in it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.test_documents import LEASE, file, upload
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


async def test_a_row_says_what_a_document_is_and_since_when(open_tab: OpenTab) -> None:
    tab = await open_tab("/documents", locale="en-GB")
    await upload(tab.page, file("described.md"))
    row = tab.page.locator(".document", has_text="described.md")
    await expect(row).to_have_attribute("data-status", "ready")
    facts = row.locator(".document-about > span")
    as_scripts_say = await facts.all_text_contents()
    assert as_scripts_say[:2] == ["Markdown", "79 bytes"]
    assert str(datetime.now(UTC).year) in as_scripts_say[2]
    await tab.page.reload()
    assert await facts.all_text_contents() == as_scripts_say


async def test_a_document_is_renamed_in_every_tab(open_tab: OpenTab) -> None:
    tab, other = await open_tab("/documents"), await open_tab("/documents")
    await upload(tab.page, file("plain.md"))
    row = tab.page.locator(".document", has_text="plain.md")
    await expect(row).to_have_attribute("data-status", "ready")
    address = await row.get_by_role("link").get_attribute("href")
    page = await open_tab(str(address))
    field = tab.page.get_by_role("textbox", name="Name")
    await row.get_by_role("button").click()
    await tab.page.get_by_role("menuitem", name="Rename").click()
    await expect(field).to_be_focused()
    await tab.page.keyboard.type("Lease <b>of</b> the flat")
    await tab.page.keyboard.press("Enter")
    name = "Lease <b>of</b> the flat.md"
    for place in (tab.page, other.page):
        await expect(place.get_by_role("link", name=name)).to_have_count(1)
    await expect(page.page.locator("h1")).to_have_text(name)
    await expect(page.page).to_have_title(f"{name} · quart-chat")
    await expect(page.page.get_by_label("Name")).to_have_value(name)


@pytest.mark.parametrize(("key", "kept"), [("Escape", "stays.md"), ("Enter", "stays-too.md")])
async def test_a_name_that_is_not_changed_stays(open_tab: OpenTab, key: str, kept: str) -> None:
    tab = await open_tab("/documents")
    await upload(tab.page, file(kept))
    link = tab.page.get_by_role("link", name=kept)
    await link.press("F2")
    await tab.page.get_by_role("textbox", name="Name").fill("" if key == "Enter" else "other.md")
    await tab.page.keyboard.press(key)
    await expect(link).to_be_focused()
    await expect(link).to_have_text(kept)


async def test_a_name_that_can_not_be_stored_is_kept_in_its_field(open_tab: OpenTab) -> None:
    tab = await open_tab("/documents", quiet=False)
    await upload(tab.page, file("unstored.md"))
    link = tab.page.get_by_role("link", name="unstored.md")
    await tab.page.route("**/api/documents/*", lambda route: route.abort())
    await link.press("F2")
    field = tab.page.get_by_role("textbox", name="Name")
    await field.fill("stored.md")
    await field.press("Enter")
    await expect(tab.page.get_by_role("alert")).to_contain_text("The server can't be reached.")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await tab.page.unroute("**/api/documents/*")
    await field.press("Enter")
    await expect(tab.page.get_by_role("link", name="stored.md").first).to_be_focused()


async def test_a_document_is_asked_about_in_a_new_chat(open_tab: OpenTab) -> None:
    tab = await open_tab("/documents")
    await upload(tab.page, file("asked.md"))
    row = tab.page.locator(".document", has_text="asked.md")
    await expect(row).to_have_attribute("data-status", "ready")
    await row.get_by_role("button").click()
    await tab.page.get_by_role("menuitem", name="Ask about this").click()
    chip = tab.page.locator(".chip", has_text="asked.md")
    await expect(chip).to_be_visible()
    await expect(tab.page.locator("#prompt")).to_be_focused()  # the scripts are there
    await tab.ask("How long is the period of notice?", "librarian")
    await tab.until_ended("complete")
    await expect(tab.round(1).locator(".source-link").first).to_contain_text("asked.md")


async def test_the_file_of_a_document_is_had_again(open_tab: OpenTab) -> None:
    tab = await open_tab("/documents")
    await upload(tab.page, file("again.md"))
    row = tab.page.locator(".document", has_text="again.md")
    await row.get_by_role("button").click()
    async with tab.page.expect_download() as download:
        await tab.page.get_by_role("menuitem", name="Open original").click()
    assert (await download.value).suggested_filename == "again.md"
    path = await (await download.value).path()
    assert await asyncio.to_thread(path.read_text) == LEASE


async def test_hits_in_a_document_are_on_all_its_pages(open_tab: OpenTab) -> None:
    tab = await open_tab("/documents")
    lines = "".join(f"{'kiwi' if n % 150 == 0 else 'plum'} {n} " * 90 + "\n\n" for n in range(301))
    await upload(tab.page, file("pages.txt", lines.replace("kiwi 0", "Kiwi 0", 1)))
    row = tab.page.locator(".document", has_text="pages.txt")
    await expect(row).to_have_attribute("data-status", "ready")
    await row.get_by_role("link").click()
    await tab.page.fill("#find", "kiwi 300")
    await tab.page.press("#find", "Enter")
    state, current = tab.page.locator(".finder-state"), tab.page.locator("mark#hit")
    await expect(state).to_have_text("1 of 90")
    await expect(current).to_have_text("kiwi 300")
    await expect(current).to_be_in_viewport()
    await tab.page.get_by_role("link", name="Previous hit").click()
    await expect(state).to_have_text("90 of 90")
    await expect(current).to_be_in_viewport()
    await tab.page.fill("#find", "KIWI")
    await tab.page.press("#find", "Enter")
    await expect(state).to_have_text("1 of 270")
    await expect(current).to_have_text("Kiwi")
    await tab.page.get_by_role("link", name="Previous hit").click()
    # On another page, which is loaded.
    await expect(state).to_have_text("270 of 270")
    await expect(tab.page.locator('[id="p1"]')).to_have_count(0)
    await tab.page.get_by_role("link", name="Next hit").click()
    await expect(state).to_have_text("1 of 270")
    await tab.page.get_by_role("link", name="End the search").click()
    await expect(tab.page.locator("mark")).to_have_count(0)
    await tab.page.fill("#find", "<xyz>")
    await tab.page.press("#find", "Enter")
    await expect(state).to_have_text("Nothing found for “<xyz>”.")


async def test_a_document_is_searched_without_scripts(open_tab: OpenTab) -> None:
    tab = await open_tab("/documents", java_script_enabled=False)
    await tab.page.set_input_files("#files", file("unscripted.md"))
    await tab.page.get_by_role("button", name="Upload").click()
    await tab.page.get_by_role("link", name="unscripted.md").click()
    await expect(tab.page.locator(".passage")).to_have_count(2)
    await tab.page.fill("#find", "notice")
    await tab.page.press("#find", "Enter")
    state, current = tab.page.locator(".finder-state"), tab.page.locator("mark#hit")
    await expect(state).to_have_text("1 of 2")
    await expect(current).to_have_text("Notice")
    await tab.page.get_by_role("link", name="Next hit").click()
    await expect(state).to_have_text("2 of 2")
    await expect(current).to_have_text("notice")
    await tab.page.locator(".document-rename summary").click()
    await tab.page.fill("#name", "unwritten.md")
    await tab.page.get_by_role("button", name="Save").click()
    await expect(tab.page.locator("h1")).to_have_text("unwritten.md")
