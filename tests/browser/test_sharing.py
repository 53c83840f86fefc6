"""A shared chat in the browser of somebody else, and what its owner does with it."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable

import pytest
from httpx2 import URL
from playwright.async_api import FilePayload, Route, expect

from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab, set_hidden
from tests.browser.test_copy import CLIPBOARD, without_clipboard
from tests.browser.test_page import expect_no_overflow, violations
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")


# From the first pulse on a page knows how often they come.
NOTE_PULSES = """
  window.pulses = 0;
  window.EventSource = class extends EventSource {
    constructor(url) {
      super(url);
      const note = ({ data }) => (window.pulses += JSON.parse(data).type === "pulse");
      this.addEventListener("message", note);
    }
  };
"""


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


async def share(owner: Tab) -> str:
    """Share the chat of a tab by its menu; the path of the link."""
    await owner.choose("Share…")
    await owner.page.get_by_role("button", name="Create link").click()
    link = await owner.page.get_by_label("Link", exact=True).input_value()
    return link[link.index("/shared/") :]


async def test_a_reader_sees_the_chat_go_on_until_the_link_is_revoked(open_tab: OpenTab) -> None:
    owner = await open_tab()
    await owner.ask("count 3 1ms")
    await owner.until_ended("complete")
    reader = await open_tab(await share(owner), quiet=False)
    await expect(reader.answer()).to_have_text("1 2 3")
    assert await reader.page.locator("form, textarea, button:not([hidden])").count() == 0
    assert await violations(reader.page) == []
    async with owner.page.expect_navigation():
        await owner.page.get_by_label("Back to the chat").click()
    await owner.ask("count 2000 20ms")
    await expect(reader.answer(2)).to_have_text(re.compile(r"^1 2 3 4 5"))
    await expect(reader.round(2)).to_have_attribute("data-status", "running")
    await owner.page.get_by_role("button", name="Stop").click()
    await expect(reader.round(2).locator(".outcome")).to_have_text("Stopped.")
    await owner.choose("Share…")
    await owner.page.get_by_role("button", name="Revoke the link").click()
    dialog = owner.page.get_by_role("alertdialog", name="Revoke the link to “count 3 1ms”?")
    await expect(dialog).to_be_visible()
    assert await violations(owner.page) == []
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(owner.page.get_by_label("Link", exact=True)).to_be_visible()
    await owner.page.get_by_role("button", name="Revoke the link").click()
    await dialog.get_by_role("button", name="Revoke the link").click()
    await expect(reader.page.get_by_text("This chat is no longer shared.")).to_be_visible()
    await expect(owner.page.get_by_role("button", name="Create link")).to_be_visible()


async def test_what_is_being_written_stands_outside_of_what_is_read_aloud(
    open_tab: OpenTab,
) -> None:
    owner = await open_tab()
    await owner.ask("count 3 1ms")
    await owner.until_ended("complete")
    chat = owner.page.url
    reader = await open_tab(await share(owner))
    await owner.page.goto(chat)
    await owner.ask("count 2000 20ms")
    log = reader.page.get_by_role("log").locator("chat-round")
    await expect(reader.page.locator(".live > chat-round")).to_have_attribute("data-round", "2")
    await expect(reader.page.locator("#announcer")).to_have_text("The answer is being written.")
    await expect(reader.answer(2)).to_have_text(re.compile(r"^1 2 3 4 5"))
    await expect(log).to_have_count(1)
    # Who comes while it is written finds it there as well.
    late = await open_tab(reader.page.url)
    await expect(late.page.locator(".live > chat-round")).to_have_attribute("data-round", "2")
    await owner.page.get_by_role("button", name="Stop").click()
    for tab in (reader, late):
        await expect(tab.page.get_by_role("log").locator("chat-round")).to_have_count(2)
        await expect(tab.page.locator(".live > *")).to_have_count(0)
        await expect(tab.page.locator("#announcer")).to_have_text(re.compile("[Ss]topped"))


async def test_a_reader_who_is_refused_keeps_the_page_and_is_told(open_tab: OpenTab) -> None:
    owner = await open_tab()
    await owner.ask("count 3 1ms")
    await owner.until_ended("complete")
    chat = owner.page.url
    reader = await open_tab(await share(owner), quiet=False)
    # A page that has never been connected says that it is connecting.
    await owner.page.goto(chat)
    await owner.ask("count 2 1ms")
    await reader.until_ended("complete", 2)
    await reader.round(1).locator(".steps summary").focus()
    await reader.round(1).evaluate("(round) => { round.dataset.kept = 'yes'; }")
    await reader.page.route("**/api/shared/**", lambda route: route.fulfill(status=429))
    await set_hidden(reader.page, True)
    for _ in range(2):
        async with reader.page.expect_response(lambda response: response.status == 429):
            await set_hidden(reader.page, False)
    notice = reader.page.locator(".notice")
    await expect(notice).to_have_text("Connection lost. We'll reconnect automatically.")
    await owner.ask("count 4 1ms")
    await owner.until_ended("complete", 3)
    await reader.page.unroute("**/api/shared/**")
    await reader.until_ended("complete", 3)
    await expect(reader.answer(3)).to_have_text("1 2 3 4")
    await expect(notice).to_be_empty()
    await expect(reader.round(1)).to_have_attribute("data-kept", "yes")
    await expect(reader.round(1).locator(".steps summary")).to_be_focused()


async def test_a_reader_whose_link_is_revoked_meanwhile_is_told_so(open_tab: OpenTab) -> None:
    owner = await open_tab()
    await owner.ask("count 3 1ms")
    await owner.until_ended("complete")
    reader = await open_tab(await share(owner), quiet=False)
    await set_hidden(reader.page, True)
    await owner.page.get_by_role("button", name="Revoke the link").click()
    dialog = owner.page.get_by_role("alertdialog")
    await dialog.get_by_role("button", name="Revoke the link").click()
    await expect(owner.page.get_by_role("button", name="Create link")).to_be_visible()
    await set_hidden(reader.page, False)
    await expect(reader.page.get_by_text("This chat is no longer shared.")).to_be_visible()
    await expect(reader.answer()).to_have_text("1 2 3")


async def test_a_reader_whose_connection_is_dead_is_told_and_goes_on(
    open_tab: OpenTab, start_server: Callable[..., Server]
) -> None:
    server = start_server(env={"QUART_CHAT_EVENTS_KEEPALIVE": "0.5"})
    owner = await open_tab(server.url, quiet=False)
    await owner.ask("count 3 1ms")
    await owner.until_ended("complete")
    chat = owner.page.url
    reader = await open_tab(f"{server.url}{await share(owner)}", quiet=False)
    await reader.page.add_init_script(NOTE_PULSES)
    await reader.page.reload()
    await reader.page.wait_for_function("() => window.pulses > 1")
    os.kill(server.process.pid, signal.SIGSTOP)
    notice = reader.page.locator(".notice")
    await expect(notice).to_have_text("Connection lost. We'll reconnect automatically.")
    os.kill(server.process.pid, signal.SIGCONT)
    await expect(notice).to_be_empty()
    await owner.page.goto(chat)
    await owner.ask("count 4 1ms")
    await reader.until_ended("complete", 2)


async def test_a_source_in_another_chat_leads_nowhere(open_tab: OpenTab) -> None:
    owner = await open_tab()
    await owner.ask("The walrus keeps its kazoo in Wuppertal")
    await owner.until_ended("complete")
    await owner.page.goto("/")
    await owner.ask("count 3 1ms")
    await owner.until_ended("complete")
    chat = owner.page.url
    reader = await open_tab(await share(owner))
    await owner.page.goto(chat)
    await owner.ask("Where does the walrus keep its kazoo?", assistant="librarian")
    await owner.until_ended("complete", 2)
    for _ in range(2):
        answer = reader.round(2).locator("chat-answer")
        # Other tests' chats on this server may be sources, too.
        await expect(answer.locator(".source-link").first).to_have_text("Another chat")
        await expect(answer.locator(".source-quote").first).to_contain_text("in Wuppertal")
        await expect(answer.locator(".prose")).to_contain_text("[1] Another chat")
        await expect(answer.locator("a[href]")).to_have_count(0)
        await reader.page.reload()


async def test_a_reader_sees_the_branch_that_is_shown(open_tab: OpenTab) -> None:
    owner = await open_tab()
    await owner.ask("count 3 1ms")
    await owner.until_ended("complete")
    chat = owner.page.url
    reader = await open_tab(await share(owner))
    await owner.page.goto(chat)
    await owner.page.get_by_role("button", name="Regenerate").click()
    await owner.until_ended("complete", 2)
    await expect(reader.round(2)).to_have_attribute("data-status", "complete")
    await expect(reader.round(1)).to_have_count(0)
    await owner.page.get_by_label("Previous version").click()
    await expect(reader.round(1)).to_have_attribute("data-status", "complete")
    await expect(reader.round(2)).to_have_count(0)


async def test_the_link_can_be_copied(open_tab: OpenTab) -> None:
    owner = await open_tab(permissions=CLIPBOARD)
    await owner.ask("count 3 1ms")
    await owner.until_ended("complete")
    path = await share(owner)
    await owner.page.get_by_role("button", name="Copy").click()
    await expect(owner.page.get_by_text("Copied")).to_be_visible()
    assert (await owner.page.evaluate("navigator.clipboard.readText()")).endswith(path)
    assert await violations(owner.page) == []


async def test_the_link_can_be_copied_without_a_clipboard_and_else_by_hand(
    open_tab: OpenTab,
) -> None:
    owner = await open_tab(permissions=CLIPBOARD)
    await owner.ask("count 3 1ms")
    await owner.until_ended("complete")
    path = await share(owner)
    await without_clipboard(owner)
    copy, said = owner.page.get_by_role("button", name="Copy"), owner.page.locator(".share-copied")
    await copy.click()
    await expect(said).to_have_text("Copied")
    assert (await owner.page.evaluate("window.real.readText()")).endswith(path)
    await owner.page.evaluate("document.execCommand = () => false")
    await copy.click()
    await expect(said).to_have_text("Copy the selected link by hand.")
    await expect(owner.page.locator("#link")).to_be_focused()
    assert (await owner.page.evaluate("getSelection().toString()")).endswith(path)


async def test_chats_are_exported_and_imported_without_a_script(open_tab: OpenTab) -> None:
    tab = await open_tab(java_script_enabled=False, viewport={"width": 360, "height": 740})
    await tab.page.fill("#prompt", "count 3 0ms")
    await tab.page.select_option("#assistant", "slow")
    await tab.page.get_by_role("button", name="Send", exact=True).click()
    await expect(tab.answer()).to_have_text("1 2 3")
    await tab.page.locator(".heading-more summary").click()
    async with tab.page.expect_download() as download:
        await tab.page.get_by_role("link", name="Export as JSON").click()
    file = await (await download.value).path()
    await tab.page.goto("/transfer")
    await tab.page.set_input_files("#files", file)
    await tab.page.get_by_role("button", name="Import").click()
    await expect(tab.page.locator(".report")).to_contain_text("1 existed already")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_to_import_is_fit_for_everybody(open_tab: OpenTab, scheme: str) -> None:
    tab = await open_tab("/transfer", color_scheme=scheme, viewport={"width": 360, "height": 740})
    name = "word" * 40 + ".json"
    file = FilePayload(name=name, mimeType="application/json", buffer=b"{")
    await tab.page.set_input_files("#files", [file])
    await tab.page.get_by_role("button", name="Import").click()
    await expect(tab.page.get_by_text("It is not valid JSON.")).to_be_visible()
    await expect_no_overflow(tab.page)
    assert await violations(tab.page) == []


async def test_the_link_is_whole_as_the_browser_knows_the_address(open_tab: OpenTab) -> None:
    owner = await open_tab(quiet=False, service_workers="block")
    await owner.ask("count 3 1ms")
    await owner.until_ended("complete")
    path, here = await share(owner), owner.page.url

    async def answer_as_behind_a_proxy(route: Route) -> None:
        response = await route.fetch()
        page = (await response.text()).replace('value="http:', 'value="https:')
        await route.fulfill(response=response, body=page)

    await owner.page.route(here, answer_as_behind_a_proxy)
    await owner.page.goto(here)
    await expect(owner.page.get_by_label("Link", exact=True)).to_have_value(
        str(URL(here).join(path))
    )
