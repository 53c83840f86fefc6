"""The stream doctor in a browser, behind a real nginx that treats streams well, or badly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.nginx import run_nginx
from tests.browser.tab import set_offline
from tests.browser.test_copy import CLIPBOARD, without_clipboard
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

RIGHT = 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;'
BUFFERING = "proxy_ignore_headers X-Accel-Buffering;"
COMPRESSING = f"{BUFFERING} gzip on; gzip_types text/event-stream; gzip_proxied any;"
IMPATIENT = "proxy_read_timeout 2s;"

# Each takes seconds: the series has its own pace.
LONGEST = 60_000


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


@asynccontextmanager
async def page_behind(
    browser: Browser, server: Server, folder: Path, how: str
) -> AsyncIterator[Page]:
    """The doctor's page, through an nginx that is told how to treat streams."""
    with run_nginx(server.url, folder, how) as url:
        context = await browser.new_context(base_url=url)
        page = await context.new_page()
        await page.goto("/doctor")
        yield page
        await context.close()


async def check(page: Page, *, long: bool = False) -> None:
    if long:
        await page.get_by_role("radio", name="Long").check()
    await page.get_by_role("button", name="Check now").click()
    await expect(page.locator(".doctor-result")).to_be_visible(timeout=LONGEST)


async def expect_well(page: Page) -> None:
    """On a computer that is busy several events may come at once, which is no buffer."""
    assert (await findings(page))[0] in {"one-by-one", "uneven"}


async def findings(page: Page) -> list[str | None]:
    items = await page.locator(".doctor-finding").all()
    return [await item.get_attribute("data-finding") for item in items]


async def test_without_anything_between_events_come_one_by_one(open_tab: OpenTab) -> None:
    tab = await open_tab("/doctor")
    await check(tab.page)
    await expect_well(tab.page)
    await expect(tab.page.locator('[data-fact="arrived"]')).to_have_text("28 / 28")
    await expect(tab.page.locator('[data-fact="protocol"]')).to_have_text("http/1.1")
    await expect(tab.page.locator('[data-fact="encoding"]')).to_have_text("—")
    await expect(tab.page.locator(".doctor-status")).to_contain_text("Done:")


async def test_the_picture_has_a_summary_and_a_table(open_tab: OpenTab) -> None:
    tab = await open_tab("/doctor")
    await check(tab.page)
    picture = tab.page.get_by_role("img", name="When each event was sent, and when it arrived.")
    await expect(picture.locator(".doctor-came")).to_have_count(28)
    await tab.page.get_by_text("Every event", exact=True).click()
    await expect(tab.page.get_by_role("row")).to_have_count(29)


async def test_the_result_can_be_copied_as_text(open_tab: OpenTab) -> None:
    tab = await open_tab("/doctor", permissions=["clipboard-read", "clipboard-write"])
    await check(tab.page)
    await tab.page.get_by_role("button", name="Copy the result").click()
    said = tab.page.locator(".doctor-copied")
    await expect(said).to_have_text("The result is in the clipboard.")
    text = await tab.page.evaluate("navigator.clipboard.readText()")
    assert await tab.page.locator(".doctor-finding h3").first.inner_text() in text
    assert "Protocol: http/1.1" in text
    assert len([line for line in text.splitlines() if line.count("\t") == 4]) == 29
    await check(tab.page)
    await expect(said).to_have_text("")


async def test_where_the_result_cannot_be_copied_it_is_selected(open_tab: OpenTab) -> None:
    tab = await open_tab("/doctor", permissions=CLIPBOARD)
    await check(tab.page)
    await without_clipboard(tab)
    copy, said = tab.page.locator(".doctor-copy"), tab.page.locator(".doctor-copied")
    await copy.click()
    await expect(said).to_have_text("The result is in the clipboard.")
    text = await tab.page.locator(".doctor-text").input_value()
    assert await tab.page.evaluate("window.real.readText()") == text
    await tab.page.evaluate("document.execCommand = () => false")
    await copy.click()
    await expect(said).to_contain_text("by hand")
    await expect(tab.page.locator(".doctor-text")).to_be_focused()
    assert await tab.page.evaluate("getSelection().toString()") == text


async def test_a_check_can_be_stopped_and_begun_again(open_tab: OpenTab) -> None:
    tab = await open_tab("/doctor")
    await tab.page.get_by_role("radio", name="Long").check()
    await tab.page.get_by_role("button", name="Check now").click()
    await expect(tab.page.locator(".doctor-count")).to_contain_text("28")
    await tab.page.get_by_role("button", name="Stop").click()
    await expect(tab.page.locator(".doctor-status")).to_have_text("The check was stopped.")
    await expect(tab.page.locator(".doctor-result")).to_be_hidden()
    await tab.page.get_by_role("radio", name="Short").check()
    await check(tab.page)


async def test_a_server_that_is_gone_is_told(open_tab: OpenTab) -> None:
    tab = await open_tab("/doctor", quiet=False)
    await set_offline(tab.page, True)
    await check(tab.page)
    assert await findings(tab.page) == ["unreachable"]


async def test_a_break_that_lasts_leads_here(
    open_tab: OpenTab, start_server: Callable[..., Server], server: Server
) -> None:
    own = start_server()
    tab = await open_tab(own.url, quiet=False)
    await expect(tab.page.locator(".send")).to_be_visible()
    await asyncio.to_thread(own.kill)
    link = tab.page.locator(".notice").get_by_role("link", name="Check the connection")
    await expect(link).to_be_visible(timeout=LONGEST)
    await expect(link).to_have_attribute("href", "/doctor")


async def test_an_nginx_that_is_set_right_is_given_a_clean_bill(
    browser: Browser, server: Server, tmp_path: Path
) -> None:
    async with page_behind(browser, server, tmp_path, RIGHT) as page:
        await check(page)
        await expect_well(page)
        await expect(page.locator('[data-fact="server"]')).to_contain_text("nginx")


async def test_an_nginx_as_it_comes_heeds_the_header(
    browser: Browser, server: Server, tmp_path: Path
) -> None:
    async with page_behind(browser, server, tmp_path, "") as page:
        await check(page)
        await expect_well(page)


async def test_an_nginx_that_buffers_is_found_out(
    browser: Browser, server: Server, tmp_path: Path
) -> None:
    async with page_behind(browser, server, tmp_path, BUFFERING) as page:
        await check(page)
        assert (await findings(page))[0] == "held-in-lumps"
        finding = page.locator(".doctor-finding").first
        await expect(finding.locator("pre")).to_contain_text("proxy_buffering off;")
        await expect(page.locator(".doctor-status")).to_have_text("Done: something is wrong.")


async def test_an_nginx_that_compresses_is_found_out(
    browser: Browser, server: Server, tmp_path: Path
) -> None:
    async with page_behind(browser, server, tmp_path, COMPRESSING) as page:
        await check(page)
        assert (await findings(page))[0] == "held-to-end"
        finding = page.locator(".doctor-finding").first
        await expect(finding.locator(".doctor-cure").first).to_contain_text("gzip off;")
        await expect(page.locator('[data-fact="encoding"]')).to_have_text("gzip")


async def test_an_nginx_that_cuts_quiet_streams_is_found_out(
    browser: Browser, server: Server, tmp_path: Path
) -> None:
    async with page_behind(browser, server, tmp_path, IMPATIENT) as page:
        await check(page, long=True)
        # On a computer that is busy, that several events came at once is told before.
        finding = page.locator('.doctor-finding[data-finding="cut-in-silence"]')
        await expect(finding.locator("pre")).to_contain_text("proxy_read_timeout")
        await expect(page.locator('[data-fact="arrived"]')).to_have_text("28 / 29")
