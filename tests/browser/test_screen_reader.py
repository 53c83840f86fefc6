"""What a screen reader is told: what there is on a page, and what happens on it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import FilePayload, Page, expect

from quart_chat.markdown import render_markdown
from tests.browser.conftest import OpenTab
from tests.browser.tab import SLOW_TIMERS, Tab, open_live
from tests.browser.test_copy import CLIPBOARD
from tests.browser.test_documents import delete
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

WIDE = {"width": 1280, "height": 800}

# Writes down what a screen reader would speak of itself. A browser tells it of what is added to a
# live region and of text that changes in it; of a region that is busy it says nothing, nor of what
# is on the page with it from the start, or was on it before and has only moved there: Chromium's
# AXEventGenerator passes over nodes that have a new parent.
LISTEN = """
window.spoken = [];
const known = new WeakSet();
const know = (node) => {
  known.add(node);
  for (const child of node.childNodes) know(child);
};
const LIVE = '[role="log"], [role="status"], [role="alert"], [aria-live]';
const isBusy = (element) => element.closest('[aria-busy="true"]') !== null;
const isOff = (region) => region.ariaLive === "off";
const words = (node) => {
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  if (node.nodeType !== Node.ELEMENT_NODE || node.matches('[aria-hidden="true"]')) return "";
  if (!node.checkVisibility({ visibilityProperty: true })) return "";
  return [...node.childNodes].map(words).join(" ");
};
const isAtomic = (region) =>
  region.ariaAtomic === "true" || (region.role !== "log" && region.ariaAtomic !== "false");
const say = (region, text) => {
  const said = text.replace(/\\s+/g, " ").trim();
  if (said) spoken.push([region.role ?? "live", said]);
};
const hear = (records) => {
  const whole = new Set();
  for (const { target, addedNodes, type } of records) {
    const element = target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement;
    const region = element?.closest(LIVE);
    const added = [...addedNodes].filter((node) => !known.has(node));
    const fresh = type === "childList" ? added : [target];
    for (const node of fresh) know(node);
    if (!region || !fresh.length || isBusy(element) || isOff(region)) continue;
    if (isAtomic(region)) whole.add(region);
    else for (const node of fresh) say(region, words(node));
  }
  for (const region of whole) say(region, words(region));
};
addEventListener("DOMContentLoaded", () => {
  know(document.documentElement);
  new MutationObserver(hear).observe(document.documentElement, {
    childList: true, characterData: true, subtree: true,
  });
});
"""

# Controls whose accessible name does not hold what is written on them (WCAG 2.5.3).
MISNAMED = """() => [...document.querySelectorAll(":is(button, a, summary)[aria-label]")]
  .filter((element) => element.checkVisibility())
  .filter((element) => {
    const plain = (text) => text.toLowerCase().replace(/\\s+/g, " ").trim();
    const written = plain(element.innerText);
    return written && !plain(element.ariaLabel).includes(written);
  })
  .map((element) => element.outerHTML.slice(0, 160))"""

CONTROLS = {"button", "link", "textbox", "searchbox", "checkbox", "radio", "combobox", "switch"}


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


async def open_listening(
    open_tab: OpenTab, path: str = "/", *, patient: bool = True, **options: Any
) -> Tab:
    """Open a page that writes down what is spoken.

    A patient one does not say that it is connecting because a machine is busy.
    """
    options = {"viewport": WIDE, **options}
    tab = await open_tab("/offline", **options)
    await tab.page.context.add_init_script(LISTEN)
    if patient:
        await tab.page.context.add_init_script(f"({SLOW_TIMERS})(1000)")
    await tab.page.goto(path)
    return tab


async def spoken(tab: Tab) -> list[tuple[str, str]]:
    """What was said so far, and by what kind of region."""
    await tab.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    said: list[list[str]] = await tab.page.evaluate("spoken.splice(0)")
    return [(role, text) for role, text in said]


async def tree(page: Page) -> list[dict[str, Any]]:
    """The nodes that the browser shows to a screen reader, in their order."""
    session = await page.context.new_cdp_session(page)
    nodes = (await session.send("Accessibility.getFullAXTree"))["nodes"]
    await session.detach()
    by_id = {node["nodeId"]: node for node in nodes}
    order: list[dict[str, Any]] = []

    def walk(node: dict[str, Any]) -> None:
        if not node.get("ignored"):
            order.append(node)
        for child in node.get("childIds", []):
            if child in by_id:
                walk(by_id[child])

    walk(nodes[0])
    return order


def role(node: dict[str, Any]) -> str:
    return str(node.get("role", {}).get("value", ""))


def name(node: dict[str, Any]) -> str:
    return str(node.get("name", {}).get("value", ""))


def prop(node: dict[str, Any], key: str) -> Any:
    found = (each for each in node.get("properties", []) if each["name"] == key)
    return next((each["value"].get("value") for each in found), None)


def levels(nodes: list[dict[str, Any]]) -> list[int]:
    return [int(prop(node, "level")) for node in nodes if role(node) == "heading"]


# What there is


async def test_headings_of_a_chat_are_in_their_order(open_tab: OpenTab) -> None:
    tab = await open_tab(viewport=WIDE)
    await tab.ask("How do I resume a stream?", "librarian")
    await tab.until_ended("complete")
    await tab.ask("answer 0ms")
    await tab.until_ended("complete", 2)
    for _ in range(2):  # as it was written here, and as the server has rendered it
        found = levels(await tree(tab.page))
        # The title, then question, author and sources; the long answer has a heading of its own.
        assert found[found.index(1) :] == [1, 2, 3, 4, 2, 3, 4]
        await tab.page.reload()


async def test_the_chat_that_is_shown_and_the_state_of_each_are_told(open_tab: OpenTab) -> None:
    tab = await open_tab(viewport=WIDE)
    await tab.ask("wait")
    await expect(tab.page.locator(".stop")).to_be_visible()
    current = tab.page.locator('.chat-link[aria-current="page"]')
    await expect(current).to_have_accessible_name(re.compile("wait answering"))
    await tab.page.keyboard.press("Escape")
    await tab.until_ended("stopped")
    await expect(current).to_have_accessible_name("wait")
    await tab.choose("Pin")
    await expect(current).to_have_accessible_name(re.compile("wait pinned"))


async def test_what_opens_says_whether_it_is_open(open_tab: OpenTab) -> None:
    tab = await open_tab(viewport=WIDE)
    await tab.ask("count 20 20ms")
    await tab.until_ended("complete")

    async def expanded(text: str) -> list[bool]:
        nodes = await tree(tab.page)
        return [prop(node, "expanded") for node in nodes if text in name(node)]

    assert False in await expanded("1 more step")
    await tab.page.locator(".steps-summary").click()
    assert True in await expanded("1 more step")
    assert False in await expanded("Options for this chat")
    assert False in await expanded("Choose documents")
    await tab.page.locator(".picker-button").click()
    await expect(tab.page.locator("#picker")).to_be_visible()
    assert True in await expanded("Choose documents")


async def test_formulas_and_tables_are_read_as_such(open_tab: OpenTab) -> None:
    tab = await open_tab(viewport=WIDE)
    await tab.ask("count 1 1ms")
    await tab.until_ended("complete")
    text = "Of $x^2$:\n\n| value | looks |\n|---|---|\n| 1 | 2 |\n"
    await tab.page.evaluate(
        "(html) => (document.querySelector('.answer .prose').innerHTML = html)",
        render_markdown(text),
    )
    nodes = await tree(tab.page)
    roles = [role(node) for node in nodes]
    assert "MathMLMath" in roles
    assert "MathMLSup" in roles
    assert [name(node) for node in nodes if role(node) == "columnheader"] == ["value", "looks"]
    # The annotation is for who copies it, and is not read beside the formula.
    assert not [node for node in nodes if "x^2" in name(node)]


async def test_parts_in_another_language_say_so(open_tab: OpenTab) -> None:
    tab = await open_tab(locale="de-DE", viewport=WIDE)
    await tab.ask("How do I resume a stream?", "librarian")
    await tab.until_ended("complete")
    for _ in range(2):
        link = tab.page.locator('.source-link[href^="/handbook/"]').first
        await expect(link).to_have_attribute("lang", "en")
        await tab.page.locator(".sources > summary").click()
        await expect(tab.page.locator(".source-quote[lang=en]").first).to_be_visible()
        await tab.page.reload()
    await tab.page.goto("/handbook/")
    await expect(tab.page.locator("main")).to_have_attribute("lang", "en")
    await expect(tab.page.locator(".handbook-note")).to_have_attribute("lang", "de")
    await expect(tab.page.get_by_role("button", name="English")).to_have_attribute("lang", "en")


async def test_an_error_is_tied_to_its_field(open_tab: OpenTab) -> None:
    tab = await open_tab(viewport=WIDE)
    await tab.page.fill("#prompt", "x" * 40_000)
    await tab.page.press("#prompt", "Enter")
    await expect(tab.page.get_by_role("status").filter(has_text="Not sent.")).to_be_visible()
    tab.complaints.clear()  # Chromium itself says that an answer was 413 or 422
    await tab.page.goto("/documents")
    files = [FilePayload(name="x.exe", mimeType="application/x-msdownload", buffer=b"MZ\0\0")]
    await tab.page.set_input_files("#files", files=files)
    field = tab.page.locator("#files")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_have_accessible_description(re.compile(r"x\.exe: "))
    tab.complaints.clear()


# What happens


async def test_an_answer_is_read_out_once_and_when_it_is_whole(open_tab: OpenTab) -> None:
    tab = await open_listening(open_tab)
    # The page hears of the chat while it is still being answered.
    await tab.ask("count 150 20ms")
    await tab.until_ended("complete")
    said = await spoken(tab)
    numbers = " ".join(str(number) for number in range(1, 151))
    logged = [text for role, text in said if role == "log"]
    assert len(logged) == 1
    assert "count 150 20ms Reading the question · 1 more step" in " ".join(
        logged[0].split("Question ")[1:]
    )
    assert logged[0].count(numbers) == 1
    announced = [text for role, text in said if role == "status"]
    assert announced == ["The answer is being written.", "The answer is complete."]


async def test_nothing_of_an_answer_is_spoken_while_it_is_written(open_tab: OpenTab) -> None:
    tab = await open_listening(open_tab)
    await tab.ask("count 2000 20ms")
    await expect(tab.answer()).to_contain_text("20 ")
    assert await spoken(tab) == [("status", "The answer is being written.")]
    await tab.page.keyboard.press("Escape")
    await tab.until_ended("stopped")
    said = await spoken(tab)
    assert [text for role, text in said if role == "status"] == ["The answer was stopped."]
    assert len([text for role, text in said if role == "log" and "Stopped." in text]) == 1


async def test_a_failure_is_told_and_its_reason_once(open_tab: OpenTab) -> None:
    tab = await open_listening(open_tab)
    await tab.ask("fail")
    await tab.until_ended("error")
    said = await spoken(tab)
    assert ("status", "There is no complete answer.") in said
    assert len([text for _, text in said if "The words have run out." in text]) == 1


async def test_what_was_copied_renamed_and_deleted_is_told_once(open_tab: OpenTab) -> None:
    tab = await open_listening(open_tab, permissions=CLIPBOARD)
    await tab.ask("to be copied")
    await tab.until_ended("complete")
    await spoken(tab)
    await tab.page.locator(".copy-prompt").click()
    await expect(tab.page.locator("#announcer")).to_have_text("Copied.")
    assert await spoken(tab) == [("status", "Copied.")]
    await tab.choose("Delete")
    await tab.page.wait_for_function("() => spoken.some(([, text]) => text.includes('Undo'))")
    said = " ".join(text for _, text in await spoken(tab))
    assert said.count("Chat deleted.") == 1
    assert said.count("Undo") == 1


async def test_a_connection_that_is_lost_and_back_is_told_once_each(
    open_tab: OpenTab, start_server: Callable[..., Server]
) -> None:
    server = start_server()
    tab = await open_listening(open_tab, server.url, patient=False, quiet=False)
    await tab.ask("count 1 1ms")
    await tab.until_ended("complete")
    await spoken(tab)
    await asyncio.to_thread(server.kill)
    await expect(tab.page.locator(".notice")).to_have_text(
        "Connection lost. We'll reconnect automatically."
    )
    # Another sign of the same is no news.
    await tab.page.evaluate("window.dispatchEvent(new Event('online'))")
    await expect(tab.page.locator(".notice a")).to_be_visible()
    await asyncio.to_thread(server.start)
    await tab.page.wait_for_function("() => spoken.some(([, text]) => text === 'Connected again.')")
    assert [text for _, text in await spoken(tab)] == [
        "Connection lost. We'll reconnect automatically.",
        "Check the connection",
        "Connected again.",
    ]


async def test_a_search_says_how_many_it_has_found(open_tab: OpenTab) -> None:
    tab = await open_listening(open_tab)
    await tab.ask("zweimal gesucht")
    await tab.until_ended("complete")
    await spoken(tab)
    await tab.page.fill("#search", "zweimal")
    await expect(tab.page.locator(".found mark").first).to_be_visible()
    assert await spoken(tab) == [("status", "1 chat found")]
    await tab.page.fill("#search", "xyzzy")
    await expect(tab.page.locator(".found-state")).to_be_visible()
    await expect(tab.page.locator(".found-state")).to_contain_text("Nothing found")
    assert ("status", "Nothing found for “xyzzy”.") in await spoken(tab)


async def test_a_document_says_when_it_has_been_read_and_when_it_is_gone(
    open_tab: OpenTab,
) -> None:
    tab = await open_listening(open_tab, "/documents")
    files = [FilePayload(name="told.md", mimeType="text/markdown", buffer=b"# Told\n\nOnce.\n")]
    await tab.page.set_input_files("#files", files=files)
    row = tab.page.locator(".document", has_text="told.md")
    await expect(row).to_have_attribute("data-status", "ready")
    announcer = tab.page.locator("#announcer")
    await expect(announcer).to_have_text("told.md: 1 passage")
    assert await spoken(tab) == [("status", "Uploading…"), ("status", "told.md: 1 passage")]
    await delete(tab.page, "told.md")
    await expect(announcer).to_have_text("told.md: Deleted")
    assert await spoken(tab) == [("status", "told.md: Deleted")]


async def test_a_check_of_the_stream_does_not_count_aloud(open_tab: OpenTab) -> None:
    tab = await open_listening(open_tab, "/doctor", patient=False)
    await tab.page.get_by_role("button", name="Check now").click()
    await expect(tab.page.locator(".doctor-result")).to_be_visible()
    said = [text for _, text in await spoken(tab)]
    assert said[0] == "Checking the round trip…"
    assert said[1].startswith("Done")
    assert len(said) == 2


async def test_whoever_reads_a_shared_chat_hears_that_an_answer_begins_and_ends(
    open_tab: OpenTab,
) -> None:
    writer = await open_tab(viewport=WIDE)
    await writer.ask("count 1 1ms")
    await writer.until_ended("complete")
    await writer.page.goto(f"{writer.page.url}/share")
    await writer.page.get_by_role("button", name="Create link").click()
    link = await writer.page.locator("#link").input_value()
    reader = await open_listening(open_tab, "/offline")
    await writer.page.go_back()
    await writer.page.go_back()
    await open_live(reader.page, link)
    await writer.ask("count 150 20ms")
    await writer.until_ended("complete", 2)
    await expect(reader.round(2)).to_have_attribute("data-status", "complete")
    assert [text for role, text in await spoken(reader) if role == "status"] == [
        "The answer is being written.",
        "The answer is complete.",
    ]


async def test_what_tells_of_news_is_there_before_the_news(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await expect(tab.page.locator(".notice")).to_be_empty()
    assert [role(node) for node in await tree(tab.page)].count("status") >= 3
    assert await tab.page.locator(".notice").evaluate("(it) => it.checkVisibility()")
