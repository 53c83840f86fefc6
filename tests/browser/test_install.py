"""The pages as an application of its own: installed, and while its server is away."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenTab
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

STORED = """async () => {
  const paths = [];
  for (const name of await caches.keys()) {
    const requests = await (await caches.open(name)).keys();
    paths.push(...requests.map((request) => new URL(request.url).pathname));
  }
  return paths;
}"""


async def be_ready(page: Page) -> None:
    """Wait until the service worker has all that it needs."""
    await page.evaluate("navigator.serviceWorker.ready.then(() => null)")


async def test_a_reload_without_the_server_shows_a_page_that_comes_back_by_itself(
    open_tab: OpenTab, server: Server
) -> None:
    tab = await open_tab(quiet=False)
    await tab.ask("count 3 1ms")
    await tab.until_ended("complete")
    await be_ready(tab.page)
    url = tab.page.url
    await asyncio.to_thread(server.kill)
    await tab.page.reload()
    await expect(tab.page.locator("h1")).to_have_text("The server can't be reached.")
    background = "getComputedStyle(document.documentElement).backgroundColor"
    assert await tab.page.evaluate(background) != "rgba(0, 0, 0, 0)"
    assert tab.page.url == url
    await asyncio.to_thread(server.start)
    await expect(tab.answer()).to_have_text("1 2 3")
    await tab.ask("count 2 1ms")
    await tab.until_ended("complete", 2)


async def test_the_offline_page_is_in_the_language_of_the_others(
    open_tab: OpenTab, server: Server
) -> None:
    tab = await open_tab(quiet=False, locale="de-DE")
    await be_ready(tab.page)
    await asyncio.to_thread(server.kill)
    await tab.page.goto("/documents")
    await expect(tab.page.locator("html")).to_have_attribute("lang", "de")
    await expect(tab.page.locator("h1")).to_have_text("Der Server ist nicht erreichbar.")


async def test_nothing_with_content_is_stored(open_tab: OpenTab, server: Server) -> None:
    tab = await open_tab()
    await be_ready(tab.page)
    await tab.ask("count 3 1ms")
    await tab.until_ended("complete")
    await tab.page.reload()
    await tab.page.goto("/documents")
    stored = await tab.page.evaluate(STORED)
    assert stored.count("/offline") == 1
    assert all(path == "/offline" or path.startswith("/static/v/") for path in stored)


async def test_streams_and_forms_do_not_pass_through_the_worker(
    open_tab: OpenTab, server: Server
) -> None:
    tab = await open_tab()
    await be_ready(tab.page)
    await tab.page.reload()
    passed: list[tuple[str, bool]] = []
    tab.page.on(
        "response",
        lambda response: passed.append((response.url, response.from_service_worker)),
    )
    await tab.ask("count 3 1ms")
    await tab.until_ended("complete")
    await tab.page.reload()
    assert {by for url, by in passed if "/api/" in url} == {False}
    assert {by for url, by in passed if url == tab.page.url} == {True}


async def test_the_browser_finds_it_fit_to_be_installed(open_tab: OpenTab, server: Server) -> None:
    tab = await open_tab()
    client = await tab.page.context.new_cdp_session(tab.page)
    manifest = await client.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"].endswith("/manifest.webmanifest")
    assert (await client.send("Page.getInstallabilityErrors"))["installabilityErrors"] in (
        [],
        # The tests' windows are private ones, where nothing is installed.
        [{"errorId": "in-incognito", "errorArguments": []}],
    )
