"""The picker of documents below the question: what it says of its list, and whom it follows."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import FilePayload, Locator, Page, Request, Route, expect

from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIST = "**/api/documents"


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


async def add(page: Page, *names: str) -> list[str]:
    """Upload documents; their ids, once they can be searched."""
    ids: list[str] = []
    for name in names:
        text = b"# Roof\n\nIt is blue.\n"
        file = FilePayload(name=name, mimeType="text/markdown", buffer=text)
        answer = await page.request.post("/api/documents", multipart={"files": file})
        ids.append((await answer.json())["documents"][0]["id"])
        # The stream of a document ends once it is read.
        await page.request.get(f"/api/events/document:{ids[-1]}")
    return ids


async def ask(page: Page, prompt: str, documents: list[str], chat: str = "") -> str:
    """Ask about documents, as another device does; the chat."""
    body: dict[str, Any] = {"prompt": prompt, "assistant": "slow", "documentIds": documents}
    if chat:
        body["workflowId"] = chat
    answer = await page.request.post("/api/chatbot/start/stream", data=body)
    found = re.search(r'"workflowId":"(\w+)"', await answer.text())
    assert found
    return found[1]


async def pin(tab: Tab, title: str, times: int) -> None:
    """Change the entry of a chat, one time after the other."""
    chat = tab.page.url.rpartition("/")[2]
    shown = tab.page.locator(".chat-row", has_text=title)
    for number in range(times):
        await tab.page.request.patch(
            f"/api/chatbot/workflows/{chat}", data={"pinned": number % 2 == 0}
        )
        await expect(shown).to_have_attribute("data-pinned", "10"[number % 2])


def chips(tab: Tab) -> Locator:
    return tab.page.locator(".chip-name")


def reads(tab: Tab) -> list[Request]:
    """The times that the list of documents is read from now on."""
    found: list[Request] = []

    def note(request: Request) -> None:
        if request.url.endswith("/api/documents"):
            found.append(request)

    tab.page.on("request", note)
    return found


async def test_while_the_list_is_read_the_panel_says_so(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await add(tab.page, "slowly listed.md")
    go_on = asyncio.Event()

    async def hold(route: Route) -> None:
        await go_on.wait()
        await route.continue_()

    await tab.page.route(LIST, hold)
    async with tab.page.expect_request(LIST):
        await tab.page.locator(".picker-button").click()
    await expect(tab.page.locator(".picker-empty")).to_have_text("Loading…")
    go_on.set()
    await expect(tab.page.get_by_role("checkbox", name="slowly listed.md")).to_be_visible()
    await expect(tab.page.locator(".picker-empty")).to_have_text("")


async def test_a_list_that_cannot_be_read_gives_the_reason_of_the_server(open_tab: OpenTab) -> None:
    tab = await open_tab(quiet=False)
    await add(tab.page, "listed in the end.md")
    refusal = {"error": {"code": "busy", "message": "The database is being used."}}
    await tab.page.route(LIST, lambda route: route.fulfill(status=503, json=refusal))
    await tab.page.locator(".picker-button").click()
    await expect(tab.page.locator(".picker-empty")).to_have_text("The database is being used.")
    await tab.page.unroute(LIST)
    await tab.page.keyboard.press("Escape")
    await tab.page.locator(".picker-button").click()
    await expect(tab.page.get_by_role("checkbox", name="listed in the end.md")).to_be_visible()
    await expect(tab.page.locator(".picker-empty")).to_have_text("")


async def test_files_that_are_refused_one_after_the_other_are_all_named(open_tab: OpenTab) -> None:
    tab = await open_tab(quiet=False)
    go_on = asyncio.Event()

    async def hold(route: Route) -> None:
        await go_on.wait()
        await route.continue_()

    await tab.page.route(LIST, hold)
    await tab.page.locator(".picker-button").focus()
    await tab.page.wait_for_function("() => !!customElements.get('document-picker')")
    for name in ("a.exe", "b.exe"):
        await tab.page.set_input_files(
            ".picker-upload input",
            {"name": name, "mimeType": "application/x-msdownload", "buffer": b"MZ\0\0"},
        )
    go_on.set()
    await expect(tab.page.locator(".picker-state")).to_have_text("")
    for name in ("a.exe: ", "b.exe: "):
        await expect(tab.page.locator(".picker-error")).to_contain_text(name)


async def test_the_list_is_not_read_where_the_choice_is_the_same(open_tab: OpenTab) -> None:
    tab = await open_tab()
    older, newer = await add(tab.page, "older.md", "newer.md")
    # The page lists them in another order than they were chosen in.
    chat = await ask(tab.page, "count 1 0ms the same choice", [older, newer])
    await tab.page.goto(f"/chat/{chat}")
    await expect(chips(tab)).to_have_count(2)
    found = reads(tab)
    await pin(tab, "the same choice", times=4)
    assert found == []


async def test_a_document_that_is_gone_is_looked_for_once(open_tab: OpenTab) -> None:
    tab = await open_tab()
    gone, kept = await add(tab.page, "gone.md", "kept.md")
    chat = await ask(tab.page, "count 1 0ms one is gone", [gone, kept])
    await tab.page.request.delete(f"/api/documents/{gone}")
    await tab.page.goto(f"/chat/{chat}")
    await expect(chips(tab)).to_have_text(["kept.md"])
    async with tab.page.expect_response(LIST) as answered:
        await pin(tab, "one is gone", times=1)
    await (await answered.value).finished()
    found = reads(tab)
    await pin(tab, "one is gone", times=4)
    assert found == []
    await expect(chips(tab)).to_have_text(["kept.md"])


async def test_what_is_being_looked_for_is_not_looked_for_again(open_tab: OpenTab) -> None:
    tab = await open_tab()
    gone, kept = await add(tab.page, "soon gone.md", "still there.md")
    chat = await ask(tab.page, "count 1 0ms the list is late", [gone, kept])
    await tab.page.request.delete(f"/api/documents/{gone}")
    await tab.page.goto(f"/chat/{chat}")
    go_on = asyncio.Event()

    async def hold(route: Route) -> None:
        await go_on.wait()
        await route.continue_()

    await tab.page.route(LIST, hold)
    found = reads(tab)
    async with tab.page.expect_response(LIST) as answered:
        await pin(tab, "the list is late", times=4)
        go_on.set()
    await (await answered.value).finished()
    await pin(tab, "the list is late", times=2)
    assert len(found) == 1
    await expect(chips(tab)).to_have_text(["still there.md"])


async def test_what_is_chosen_here_meanwhile_is_left_alone(open_tab: OpenTab) -> None:
    tab = await open_tab()
    mine, theirs = await add(tab.page, "mine.md", "theirs.md")
    chat = await ask(tab.page, "count 1 0ms both choose", [mine])
    await tab.page.goto(f"/chat/{chat}")
    await expect(chips(tab)).to_have_text(["mine.md"])
    go_on = asyncio.Event()

    async def hold(route: Route) -> None:
        await go_on.wait()
        await route.continue_()

    await tab.page.route(LIST, hold)
    async with tab.page.expect_response(LIST) as answered:
        async with tab.page.expect_request(LIST):
            await ask(tab.page, "count 1 0ms", [mine, theirs], chat)
        await tab.page.locator(".chip-remove").click()
        go_on.set()
    await (await answered.value).finished()
    await tab.page.evaluate("new Promise((done) => setTimeout(done))")
    await expect(chips(tab)).to_have_count(0)


async def test_the_choice_of_another_tab_is_shown(open_tab: OpenTab) -> None:
    tab = await open_tab()
    first, second = await add(tab.page, "chosen first.md", "chosen then.md")
    chat = await ask(tab.page, "count 1 0ms to be followed", [first])
    await tab.page.goto(f"/chat/{chat}")
    await ask(tab.page, "count 1 0ms", [second], chat)
    await expect(chips(tab)).to_have_text(["chosen then.md"])
    await ask(tab.page, "count 1 0ms", [], chat)
    await expect(chips(tab)).to_have_count(0)
