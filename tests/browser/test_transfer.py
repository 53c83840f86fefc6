"""Chats that leave as files, and come back."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from playwright.async_api import expect

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


async def test_a_chat_goes_out_as_a_file_and_comes_back(open_tab: OpenTab, tmp_path: Path) -> None:
    tab = await answered(open_tab, "count 7 1ms")
    chat = tab.page.url
    async with tab.page.expect_download() as markdown:
        await tab.choose("Export as Markdown")
    await (await markdown.value).save_as(tmp_path / "chat.md")
    assert "1 2 3 4 5 6 7" in (tmp_path / "chat.md").read_text()
    async with tab.page.expect_download() as lossless:
        await tab.choose("Export as JSON")
    await (await lossless.value).save_as(tmp_path / "chat.json")
    assert json.loads((tmp_path / "chat.json").read_text())

    await tab.page.goto("/transfer")
    await tab.page.set_input_files("#files", tmp_path / "chat.json")
    await tab.page.get_by_role("button", name="Import", exact=True).click()
    await expect(tab.page.locator(".report")).to_contain_text("1 existed already")
    await tab.page.goto(chat)
    await tab.choose("Delete")
    await tab.page.wait_for_url("**/")
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
