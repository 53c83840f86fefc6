"""The pages of documents, live: uploads in every way, progress in every tab, passages, refusals."""

from __future__ import annotations

import asyncio
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import OpenTab
from tests.browser.tab import bring, open_live
from tests.browser.test_composer import PASTE
from tests.browser.test_page import expect_no_overflow, violations
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

GARBLED = "Größe".encode() + b"\xff"
LEASE = "# Lease\n\n## Notice\n\nThe period of notice is three months.\n\n## Rent\n\nIt is due.\n"


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


def file(name: str, content: str = LEASE) -> Any:
    return {"name": name, "mimeType": "text/markdown", "buffer": content.encode()}


async def upload(page: Page, *files: Any) -> None:
    """Choose files, which uploads them at once."""
    await page.set_input_files("#files", files=list(files))


async def delete(page: Page, name: str) -> None:
    """Delete a document by its menu, and confirm it."""
    await page.get_by_role("button", name=f"Options: {name}").click()
    await page.get_by_role("menuitem", name="Delete").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()


async def drop(page: Page, target: str, *paths: Path) -> None:
    """Let files of this computer go over an element, as the browser itself is told of it."""
    box = await page.locator(target).bounding_box()
    assert box is not None
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    session = await page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        await session.send("Input.dispatchDragEvent", {"type": kind, **at, "data": data})
    await session.detach()


@pytest.mark.parametrize("way", ["button", "drop", "paste"])
async def test_a_document_is_uploaded_and_read_in_every_tab(open_tab: OpenTab, way: str) -> None:
    tab, other = await open_tab("/documents"), await open_tab("/documents")
    name = f"by {way}.md"
    if way == "button":
        await upload(tab.page, file(name))
    else:
        await bring(tab.page, ".upload", way, name, LEASE)
    for page in (tab.page, other.page):
        row = page.locator(".document", has_text=name)
        await expect(row).to_have_attribute("data-status", "ready")
        await expect(row.locator(".document-state")).to_have_text("2 passages")
        await expect(row.locator("progress")).to_be_hidden()


async def test_files_that_come_during_an_upload_are_uploaded_after_it(open_tab: OpenTab) -> None:
    tab = await open_tab("/documents")
    begun, go_on, sent = asyncio.Event(), asyncio.Event(), []

    async def hold(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(route.request)
            begun.set()
            await go_on.wait()
        await route.continue_()

    await tab.page.route("**/api/documents", hold)
    state = tab.page.locator(".upload-state")
    await expect(state).to_have_text("")
    await upload(tab.page, file("first.md"), file("empty.md", ""))
    await begun.wait()
    await expect(state).to_have_text("Uploading…")
    await bring(tab.page, ".upload", "drop", "second.md", LEASE)
    await upload(tab.page, file("third.md"))
    assert len(sent) == 1
    go_on.set()
    for name in ("first.md", "second.md", "third.md"):
        row = tab.page.locator(".document", has_text=name)
        await expect(row).to_have_attribute("data-status", "ready")
    await expect(state).to_have_text("")
    await expect(tab.page.locator(".upload-refused")).to_contain_text("empty.md: ")
    assert await tab.page.evaluate("document.querySelector('#files').files.length") == 0


async def test_files_that_could_not_be_sent_can_be_sent_again(open_tab: OpenTab) -> None:
    tab = await open_tab("/documents", quiet=False)
    refused = tab.page.locator(".upload-refused")
    await tab.page.route("**/api/documents", lambda route: route.abort())
    await upload(tab.page, file("sent again.md"))
    await expect(refused).to_have_text("The server can't be reached.")
    await tab.page.unroute("**/api/documents")
    await tab.page.get_by_role("button", name="Try again").click()
    await expect(tab.page.locator(".document", has_text="sent again.md")).to_have_count(1)
    await expect(refused).to_be_empty()
    await expect(tab.page.get_by_role("button", name="Try again")).to_be_hidden()


async def test_a_file_that_is_dropped_beside_the_list_is_uploaded(
    open_tab: OpenTab, tmp_path: Path
) -> None:
    tab = await open_tab("/documents")
    path = tmp_path / "beside.md"
    path.write_text(LEASE, "utf-8")
    await drop(tab.page, ".sidebar", path)
    row = tab.page.locator(".document", has_text="beside.md")
    await expect(row).to_have_attribute("data-status", "ready")
    await expect(tab.page.locator("[data-dropping]")).to_have_count(0)


async def test_what_cannot_be_read_is_named_and_the_rest_is_taken(
    open_tab: OpenTab, tmp_path: Path
) -> None:
    tab = await open_tab("/documents")
    changed, folder, good = tmp_path / "changed.md", tmp_path / "folder", tmp_path / "good.md"
    for path in (changed, good):
        path.write_text(LEASE, "utf-8")
    folder.mkdir()
    refused = tab.page.locator(".upload-refused p")
    # It changes between the choice and the upload, which waits for another.
    go_on = asyncio.Event()

    async def hold(route: Route) -> None:
        await go_on.wait()
        await route.continue_()

    await tab.page.route("**/api/documents", hold)
    await upload(tab.page, file("before.md"))
    await tab.page.set_input_files("#files", files=[changed, good])
    changed.write_text(f"{LEASE}More of it.", "utf-8")
    go_on.set()
    await expect(refused).to_have_text([re.compile("^changed.md: The browser can't read it")])
    await expect(tab.page.locator(".document", has_text="good.md")).to_have_count(1)
    await drop(tab.page, ".upload", folder)
    await expect(refused).to_have_text([re.compile("^folder: The browser can't read it")])


async def test_text_that_is_pasted_with_a_picture_of_it_is_no_file(open_tab: OpenTab) -> None:
    tab = await open_tab("/documents")
    sent: list[str] = []
    tab.page.on("request", lambda request: sent.append(request.method))
    pasting = PASTE.replace("#prompt", "#search")
    # As the browser does it.
    assert await tab.page.evaluate(pasting, {"text/plain": "a\tb"})
    await bring(tab.page, ".upload", "paste", "after the text.md", LEASE)
    await expect(tab.page.locator(".document", has_text="after the text.md")).to_have_count(1)
    assert sent.count("POST") == 1


async def test_where_files_can_be_let_go_is_shown_until_they_leave_the_page(
    open_tab: OpenTab,
) -> None:
    tab = await open_tab("/documents")
    drag = """([type, to]) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["text"], "a.md"));
      const relatedTarget = document.querySelector(to);
      const init = { bubbles: true, cancelable: true, dataTransfer, relatedTarget };
      document.querySelector(".upload").dispatchEvent(new DragEvent(type, init));
    }"""
    place = tab.page.locator(".documents[data-dropping]")
    await tab.page.evaluate(drag, ["dragover", "none"])
    await expect(place).to_have_count(1)
    await tab.page.evaluate(drag, ["dragleave", "#files"])
    await expect(place).to_have_count(1)
    await tab.page.evaluate(drag, ["dragleave", "none"])
    await expect(place).to_have_count(0)


async def test_progress_is_shown_in_every_tab(open_tab: OpenTab) -> None:
    tab, other = await open_tab("/offline"), await open_tab("/offline")
    for page in (tab.page, other.page):
        # What is read before a page is connected is ready for it at once.
        await open_live(page, "/documents")
        await page.evaluate(
            """() => {
              window.seen = [];
              new MutationObserver(() => {
                for (const bar of document.querySelectorAll("progress:not([hidden])")) {
                  window.seen.push(bar.value);
                }
              }).observe(document.querySelector(".documents-list"), {
                subtree: true, childList: true, attributes: true, characterData: true,
              });
            }"""
        )
    text = "".join(f"Word {n} of a long text. " * 40 + "\n\n" for n in range(1500))
    await upload(tab.page, file("long.txt", text))
    for page in (tab.page, other.page):
        row = page.locator(".document", has_text="long.txt")
        await expect(row).to_have_attribute("data-status", "ready", timeout=60_000)
        seen = await page.evaluate("window.seen")
        assert seen
        assert seen == sorted(seen)


async def test_a_document_is_deleted_in_every_tab(open_tab: OpenTab) -> None:
    tab, other = await open_tab("/documents"), await open_tab("/documents")
    await upload(tab.page, file("deleted.md"))
    row, copy = (p.locator(".document", has_text="deleted.md") for p in (tab.page, other.page))
    await expect(copy).to_have_attribute("data-status", "ready")
    await delete(tab.page, "deleted.md")
    for gone in (row, copy):
        await expect(gone).to_have_count(0)


async def test_a_document_is_deleted_once_it_is_confirmed(open_tab: OpenTab) -> None:
    tab = await open_tab("/documents")
    await upload(tab.page, file("spared.md"), file("doomed.md"))
    spared, doomed = (tab.page.locator(".document", has_text=n) for n in ("spared.md", "doomed.md"))
    dialog = tab.page.get_by_role("alertdialog")
    for way in ("Escape", "Cancel", "beside"):
        await spared.get_by_role("button").click()
        await tab.page.get_by_role("menuitem", name="Delete").click()
        await expect(dialog).to_have_accessible_name("Delete “spared.md”?")
        await expect(dialog).to_have_accessible_description(re.compile("erased"))
        await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
        if way == "Escape":
            await tab.page.keyboard.press("Escape")
        elif way == "Cancel":
            await dialog.get_by_role("button", name="Cancel").click()
        else:
            await tab.page.mouse.click(5, 5)
        await expect(dialog).to_be_hidden()
        await expect(spared.get_by_role("button")).to_be_focused()
    await delete(tab.page, "doomed.md")
    await expect(doomed).to_have_count(0)
    await expect(spared).to_have_count(1)
    # From its own page, which is loaded again once it is read, and back to the list.
    await expect(spared).to_have_attribute("data-status", "ready")
    await spared.get_by_role("link").click()
    await tab.page.get_by_role("button", name="Delete").first.click()
    await expect(dialog).to_have_accessible_name("Delete “spared.md”?")
    await dialog.get_by_role("button", name="Cancel").click()
    await tab.page.get_by_role("button", name="Delete").first.click()
    await dialog.get_by_role("button", name="Delete").click()
    await expect(tab.page).to_have_url(re.compile("/documents$"))
    await expect(spared).to_have_count(0)


async def test_a_document_that_goes_elsewhere_is_not_asked_about(open_tab: OpenTab) -> None:
    tab, other = await open_tab("/documents"), await open_tab("/documents")
    await upload(tab.page, file("asked about.md"), file("beside it.md"))
    row = tab.page.locator(".document", has_text="asked about.md")
    await expect(row).to_have_attribute("data-status", "ready")
    dialog = tab.page.get_by_role("alertdialog")
    await row.get_by_role("link").press("Delete")
    await expect(dialog).to_be_visible()
    await delete(other.page, "asked about.md")
    await expect(row).to_have_count(0)
    await expect(dialog).to_be_hidden()
    assert await tab.page.evaluate("document.activeElement.matches('.document-name')")


async def test_a_file_that_is_refused_says_why_beside_those_that_are_taken(
    open_tab: OpenTab,
) -> None:
    tab = await open_tab("/documents")
    await upload(tab.page, file("taken.md"), file("empty.md", ""))
    await expect(tab.page.locator(".upload-refused")).to_contain_text("empty.md: ")
    await expect(tab.page.locator(".document", has_text="taken.md")).to_have_count(1)


async def test_a_link_to_a_passage_shows_and_marks_it(open_tab: OpenTab) -> None:
    tab = await open_tab("/documents")
    await upload(tab.page, file("marked.md", LEASE + "\n\nA line.\n" * 300))
    row = tab.page.locator(".document", has_text="marked.md")
    await expect(row).to_have_attribute("data-status", "ready")
    address = await row.locator("a").get_attribute("href")
    await tab.page.goto(f"{address}?passage=2#p2")
    marked = tab.page.locator('.passage[aria-current="true"]')
    await expect(marked).to_have_count(1)
    await expect(marked).to_have_attribute("id", "p2")
    await expect(marked).to_be_in_viewport()
    await expect(tab.page.locator(".passage-place").first).to_have_text(re.compile("Lease"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_pages_are_accessible_and_fit_a_phone(open_tab: OpenTab, scheme: str) -> None:
    tab = await open_tab(
        "/documents",
        color_scheme=scheme,
        reduced_motion="reduce",
        viewport={"width": 360, "height": 740},
    )
    name = f"{'verylongname' * 8}-{scheme}.md"
    await upload(tab.page, file(name), file("empty.md", ""))
    row = tab.page.locator(".document", has_text=name)
    await expect(row).to_have_attribute("data-status", "ready")
    await expect(tab.page.locator(".upload-refused")).to_contain_text("empty.md")
    assert await violations(tab.page, scheme) == []
    await expect_no_overflow(tab.page)
    await row.get_by_role("button").click()
    await expect(tab.page.get_by_role("menu")).to_be_visible()
    assert await violations(tab.page, scheme) == []
    await tab.page.get_by_role("menuitem", name="Delete").click()
    await expect(tab.page.get_by_role("alertdialog")).to_be_visible()
    assert await violations(tab.page, scheme) == []
    address = await row.locator("a").get_attribute("href")
    pages = (f"{address}?passage=1#p1", f"{address}?find=notice#hit", f"{address}/delete")
    for path in (*pages, "/settings"):
        await tab.page.goto(path)
        assert await violations(tab.page, scheme) == []
        await expect_no_overflow(tab.page)


@pytest.mark.parametrize("name", ["conversations.json", "export.zip"])
async def test_an_export_of_chats_on_the_question_field_offers_the_import(
    open_tab: OpenTab, tmp_path: Path, name: str
) -> None:
    export = [
        {
            "uuid": name,
            "name": f"Cakes of {name}",
            "chat_messages": [{"sender": "human", "text": "Hm?"}],
        }
    ]
    path = tmp_path / name
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("conversations.json", json.dumps(export))
    else:
        path.write_text(json.dumps(export))
    tab = await open_tab("/")
    await drop(tab.page, "chat-composer", path)
    offer = tab.page.locator(".import-offer")
    await expect(offer).to_contain_text(f"“{name}” looks like an export of chats.")
    await offer.get_by_role("button", name="Import chats").click()
    await expect(offer).to_have_text("1 chat imported", use_inner_text=True)
    await expect(tab.page.locator(".chips li")).to_have_count(0)
    await expect(tab.page.get_by_role("link", name=f"Cakes of {name}")).to_be_visible()


async def test_json_that_is_no_export_of_chats_is_a_document(
    open_tab: OpenTab, tmp_path: Path
) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"kiwi": "green"}')
    tab = await open_tab("/")
    await drop(tab.page, "chat-composer", path)
    await expect(tab.page.locator(".chip-name")).to_have_text("settings.json")
    await expect(tab.page.locator(".import-offer")).to_be_hidden()


async def test_what_could_not_be_read_is_said_on_the_row_and_on_the_page(open_tab: OpenTab) -> None:
    tab = await open_tab("/documents")
    text: Any = {
        "name": "unread.txt",
        "mimeType": "text/plain",
        "buffer": "Größe".encode() + b"\xff",
    }
    await upload(tab.page, text)
    warning = tab.page.locator(".document-warning").first
    await expect(warning).to_have_text("1 character could not be read.")
    await tab.page.get_by_role("link", name="unread.txt").click()
    await expect(warning).to_have_text("1 character could not be read.")
