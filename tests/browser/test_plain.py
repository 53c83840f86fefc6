"""The pages without JavaScript."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import FilePayload, expect

from tests.browser.conftest import OpenTab
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_chat_is_asked_read_and_stopped(open_tab: OpenTab) -> None:
    tab = await open_tab(java_script_enabled=False)
    page = tab.page
    await page.select_option("#assistant", "slow")
    await page.fill("#prompt", "count 5 1ms")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page).to_have_url(re.compile("/chat/"))
    # A page that runs is loaded again by itself.
    await expect(tab.round(1)).to_have_attribute("data-status", "complete")
    await expect(tab.answer()).to_have_text("1 2 3 4 5")
    await page.locator("summary", has_text="1 more step").click()
    await expect(page.get_by_text("Counted to 5")).to_be_visible()
    await page.fill("#prompt", "wait")
    await expect(page.locator("#assistant")).to_have_value("slow")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_role("button", name="Send", exact=True)).to_be_hidden()
    await page.get_by_role("button", name="Stop the answer").click()
    await expect(tab.round(2).locator(".outcome")).to_have_text("Stopped.")


async def test_a_chat_is_renamed_pinned_and_deleted(open_tab: OpenTab) -> None:
    tab = await open_tab(java_script_enabled=False)
    page = tab.page
    await page.get_by_role("button", name="How do I upload a document?").click()
    await expect(tab.round(1)).to_have_attribute("data-status", "complete")
    await tab.round(1).locator(".sources > summary").click()
    await expect(tab.round(1).locator(".source a").first).to_be_visible()
    await page.locator(".rename summary").click()
    await page.fill("#title", "Resuming")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("h1")).to_have_text("Resuming")
    await page.locator(".heading-more summary").click()
    await page.get_by_role("button", name="Pin", exact=True).click()
    await expect(tab.row("Resuming").locator(".chat-pin")).to_be_visible()
    await page.locator(".heading-more summary").click()
    await page.get_by_role("button", name="Delete", exact=True).click()
    await expect(page.locator(".chats-empty")).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await expect(page.locator("h1")).to_have_text("Resuming")


async def test_a_document_is_deleted_once_it_is_confirmed(open_tab: OpenTab) -> None:
    tab = await open_tab("/documents", java_script_enabled=False)
    page = tab.page
    file: FilePayload = {"name": "roof.md", "mimeType": "text/markdown", "buffer": b"# Roof\n"}
    await page.set_input_files("#files", file)
    await page.get_by_role("button", name="Upload").click()
    row, dialog = page.locator(".document"), page.get_by_role("alertdialog")
    await row.get_by_role("link", name="roof.md").click()
    await page.get_by_role("button", name="Delete").click()
    await expect(dialog).to_have_accessible_name("Delete “roof.md”?")
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(dialog).to_be_hidden()
    await expect(page.locator("h1")).to_have_text("roof.md")
    await page.get_by_role("button", name="Delete").click()
    await dialog.get_by_role("button", name="Delete").click()
    await expect(page).to_have_url(re.compile("/documents$"))
    await expect(row).to_have_count(0)


async def test_a_link_is_revoked_once_it_is_confirmed(open_tab: OpenTab) -> None:
    tab = await open_tab(java_script_enabled=False)
    page = tab.page
    await page.get_by_role("button", name="How do I upload a document?").click()
    await expect(tab.round(1)).to_have_attribute("data-status", "complete")
    await page.goto(f"{page.url}/share")
    await page.get_by_role("button", name="Create link").click()
    await page.get_by_role("button", name="Revoke the link").click()
    dialog = page.get_by_role("alertdialog")
    await expect(dialog).to_contain_text("How do I upload a document?")
    await expect(page.locator("#link")).to_be_visible()
    await dialog.get_by_role("button", name="Revoke the link").click()
    await expect(page.get_by_role("button", name="Create link")).to_be_visible()


async def test_chats_are_searched_and_paged(open_tab: OpenTab, server: Server) -> None:
    tab = await open_tab(java_script_enabled=False)
    page = tab.page
    for number in range(31):
        await page.request.post(
            "/api/chatbot/start/stream",
            data={"prompt": f"kiwi number {number}", "assistant": "slow"},
        )
    await page.goto("/")
    # Midnight may have passed since.
    await expect(page.locator(".chats-day").first).to_have_text(re.compile("^(Today|Yesterday)$"))
    await page.get_by_role("link", name="Older chats").click()
    await expect(page.locator(".chat-name")).to_have_text(["kiwi number 0"])
    await page.fill("#search", "kiwi 7")
    await page.keyboard.press("Enter")
    await expect(page.locator(".found .chat-name")).to_have_text(["kiwi number 7"])
    await expect(page.locator(".found mark")).to_have_text(["kiwi", "7"])
    await expect(page.locator(".chats-days")).to_be_hidden()
    await page.locator(".found .chat-link").click()
    await expect(page.locator("h1")).to_have_text("kiwi number 7")
    await expect(page.locator("#search")).to_have_value("kiwi 7")
    await page.get_by_role("link", name="Show all chats").click()
    await expect(page.locator(".chats-days")).to_be_visible()


async def test_on_a_phone_the_chats_open_over_the_page(open_tab: OpenTab) -> None:
    tab = await open_tab(java_script_enabled=False, viewport={"width": 360, "height": 740})
    link = tab.page.get_by_role("link", name="New chat")
    await expect(link).to_be_hidden()
    await tab.page.get_by_role("button", name="Show the chats").click()
    await expect(link).to_be_visible()


async def test_an_error_is_a_page_with_a_way_back(open_tab: OpenTab) -> None:
    tab = await open_tab("/chat/unknown", java_script_enabled=False, quiet=False)
    await expect(tab.page.locator("h1")).to_have_text("There is no such chat.")
    await tab.page.get_by_role("link", name="To the chats").click()
    await expect(tab.page.locator("#prompt")).to_be_visible()
