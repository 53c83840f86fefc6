"""Chats that leave: as files that come back, and by a link that somebody else follows."""

from __future__ import annotations

import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


async def answered(open_tab: OpenTab, prompt: str) -> Tab:
    tab = await open_tab()
    await tab.ask(prompt)
    await tab.until_ended("complete")
    return tab


def menu_entry(page: Page, name: str) -> Locator:
    return page.locator(".heading-menu").get_by_role("link", name=name)


@asynccontextmanager
async def shared(open_tab: OpenTab, tab: Tab) -> AsyncIterator[Tab]:
    """The chat of a tab, as somebody else sees it who has the link."""
    chat = tab.page.url
    await tab.page.locator(".heading-more summary").click()
    await menu_entry(tab.page, "Share…").click()
    await tab.page.get_by_role("button", name="Make a link").click()
    reader = await open_tab(await tab.page.input_value("#link"))
    await tab.page.goto(chat)
    yield reader


async def test_a_shared_chat_is_followed_live_and_shows_no_controls(open_tab: OpenTab) -> None:
    tab = await answered(open_tab, "count 3 1ms")
    async with shared(open_tab, tab) as reader:
        log = reader.page.locator(".shared-log")
        await expect(log).to_contain_text("1 2 3")
        await expect(reader.page.locator("form, textarea, nav")).to_have_count(0)
        await tab.ask("count 400 20ms")
        await expect(log).to_contain_text("count 400 20ms")
        await expect(log).to_contain_text("1 2 3 4 5 6 7 8")
        await tab.page.keyboard.press("Escape")
        await tab.until_ended("stopped", 2)
        await expect(log.locator('[aria-busy="true"]')).to_have_count(0)


async def test_a_link_that_is_revoked_ends_for_who_follows_it(open_tab: OpenTab) -> None:
    tab = await answered(open_tab, "count 3 1ms")
    async with shared(open_tab, tab) as reader:
        reader.quiet = False
        await expect(reader.page.locator(".shared-log")).to_contain_text("1 2 3")
        await tab.page.goto(f"{tab.page.url}/share")
        await tab.page.get_by_role("button", name="Revoke the link").click()
        await expect(tab.page.get_by_role("button", name="Make a link")).to_be_visible()
        await expect(reader.page.get_by_role("status")).to_be_visible()
        response = await reader.page.reload()
        assert response is not None
        assert response.status == 404


async def test_a_chat_goes_out_as_a_file_and_comes_back(open_tab: OpenTab, tmp_path: Path) -> None:
    tab = await answered(open_tab, "count 7 1ms")
    chat = tab.page.url
    await tab.page.locator(".heading-more summary").click()
    async with tab.page.expect_download() as markdown:
        await menu_entry(tab.page, "Export as Markdown").click()
    await (await markdown.value).save_as(tmp_path / "chat.md")
    assert "1 2 3 4 5 6 7" in (tmp_path / "chat.md").read_text()
    async with tab.page.expect_download() as lossless:
        await menu_entry(tab.page, "Export as JSON").click()
    await (await lossless.value).save_as(tmp_path / "chat.json")
    assert json.loads((tmp_path / "chat.json").read_text())

    await tab.page.goto("/transfer")
    await tab.page.set_input_files("#files", tmp_path / "chat.json")
    await tab.page.get_by_role("button", name="Import", exact=True).click()
    await expect(tab.page.get_by_role("status")).to_contain_text("1 was here already")
    await tab.page.goto(chat)
    await tab.page.locator(".heading-more summary").click()
    await tab.page.get_by_role("button", name="Delete this chat").click()
    await expect(tab.row("count 7 1ms")).to_have_count(0)
    await tab.page.goto("/transfer")
    await tab.page.set_input_files("#files", tmp_path / "chat.json")
    await tab.page.get_by_role("button", name="Import", exact=True).click()
    await tab.page.locator(".report-taken").get_by_role("link").click()
    await expect(tab.answer()).to_have_text("1 2 3 4 5 6 7")


async def test_all_chats_go_out_as_a_zip(open_tab: OpenTab, tmp_path: Path) -> None:
    tab = await answered(open_tab, "count 8 1ms")
    await tab.page.goto("/transfer")
    async with tab.page.expect_download() as download:
        await tab.page.get_by_role("link", name="Export all chats").click()
    await (await download.value).save_as(tmp_path / "chats.zip")
    with zipfile.ZipFile(tmp_path / "chats.zip") as archive:
        texts = [archive.read(name).decode() for name in archive.namelist()]
    assert any("1 2 3 4 5 6 7 8" in text for text in texts)


async def test_a_file_that_holds_no_chat_is_refused_with_a_reason(
    open_tab: OpenTab, tmp_path: Path
) -> None:
    (tmp_path / "notes.json").write_text('{"notes": ["milk"]}')
    tab = await open_tab("/transfer", quiet=False)
    await tab.page.set_input_files("#files", tmp_path / "notes.json")
    await tab.page.get_by_role("button", name="Import", exact=True).click()
    await expect(tab.page.locator(".upload-refused").first).not_to_be_empty()
