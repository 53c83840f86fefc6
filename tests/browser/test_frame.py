"""The pages that show no chat: the list of chats is beside them as it is beside a chat, live."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import APIRequestContext, Browser, Locator, Page, Route, expect

from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab, set_hidden, slow_timers, watch
from tests.browser.test_doctor import check, findings
from tests.browser.test_documents import delete, file, upload
from tests.browser.test_page import expect_no_overflow
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHARE = "/chat/{chat}/share"
PAGES = ["/documents", "/documents/{document}", "/settings", "/transfer", "/doctor", SHARE]
CHATS = "/api/chatbot/workflows"
PHONE = {"width": 360, "height": 740}

# Takes seconds to read.
LONG_TEXT = "".join(f"Word {n} of a long text. " * 40 + "\n\n" for n in range(8000))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(instance=tmp_path_factory.mktemp("frame") / "instance") as server:
        yield server


@pytest.fixture
def server(shared: Server) -> Server:
    return shared


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def http(browser: Browser, shared: Server) -> AsyncIterator[APIRequestContext]:
    context = await browser.new_context(base_url=shared.url)
    yield context.request
    await context.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def places(http: APIRequestContext) -> dict[str, str]:
    """A chat, at the top of the list, and a document that pages are about."""
    answer = await http.post("/api/documents", multipart={"files": file("frame.md")})
    document = (await answer.json())["documents"][0]["id"]
    await http.get(f"/api/events/document:{document}")  # to the end of its reading
    chat = await start_chat(http, "the chat that is shared")
    await http.patch(f"{CHATS}/{chat}", data={"pinned": True})
    return {"document": document, "chat": chat}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def many(http: APIRequestContext) -> None:
    """More chats than one page of the list has."""
    for number in range(31):
        await start_chat(http, f"plain number {number}")


async def start_chat(request: APIRequestContext, prompt: str) -> str:
    """Ask, wait for the whole answer, and return the chat's id."""
    question = {"prompt": prompt, "assistant": "slow"}
    answer = await request.post("/api/chatbot/start/stream", data=question)
    found = re.search(r'"workflowId":"([^"]+)"', await answer.text())
    assert found
    return found[1]


def row(page: Page, chat: str) -> Locator:
    return page.locator(f'.chats-days .chat-row[data-id="{chat}"]')


async def beside(tab: Tab, path: str) -> Tab:
    """Another tab of the same browser."""
    other = Tab(await tab.page.context.new_page())
    server = re.match(r"https?://[^/]+", tab.page.url)
    assert server
    watch(other, server[0])
    await other.page.goto(path)
    return other


async def upload_long(page: Page, path: Path) -> None:
    """Upload a long text from the disk, for it takes long to hand it to a browser in pieces."""
    await asyncio.to_thread(path.write_text, LONG_TEXT, "utf-8")
    await page.set_input_files("#files", path)


@pytest.mark.parametrize("path", PAGES)
async def test_the_list_is_live(open_tab: OpenTab, places: dict[str, str], path: str) -> None:
    tab, asking = await open_tab(path.format(**places)), await open_tab("/")
    page, request = tab.page, asking.page.request
    await asking.ask("wait")
    await expect(asking.page.locator(".stop")).to_be_visible()
    chat = asking.page.url.rpartition("/")[2]
    await expect(row(page, chat)).to_have_attribute("data-status", "running")
    await request.patch(f"{CHATS}/{chat}", data={"title": "Renamed"})
    await expect(row(page, chat).locator(".chat-name")).to_have_text("Renamed")
    await asking.page.keyboard.press("Escape")
    await expect(row(page, chat)).to_have_attribute("data-status", "idle")
    unread = await start_chat(request, "that nobody has read")
    await expect(row(page, unread).locator(".chat-unread")).to_be_visible()
    await request.delete(f"{CHATS}/{chat}")
    await expect(row(page, chat)).to_have_count(0)
    await expect(asking.page.locator(".notice")).to_contain_text("Chat deleted.")


@pytest.mark.parametrize("path", PAGES)
async def test_a_chat_is_deleted_here_and_brought_back_here(
    open_tab: OpenTab, places: dict[str, str], path: str
) -> None:
    tab = await open_tab(path.format(**places))
    page, here = tab.page, tab.page.url
    await slow_timers(page)
    chat = await start_chat(page.request, "here today")
    await row(page, chat).locator(".chat-link").focus()
    await page.keyboard.press("Delete")
    await expect(row(page, chat)).to_have_count(0)
    await expect(page.locator(".notice")).to_be_in_viewport()
    await page.locator(".notice").get_by_role("button", name="Undo").click()
    await expect(row(page, chat)).to_be_visible()
    await expect(page.locator(".notice")).to_have_text("The chat was restored.")
    assert page.url == here


@pytest.mark.parametrize(
    ("path", "place", "current"),
    [
        ("/documents", "Documents", "page"),
        ("/documents/{document}", "Documents", "true"),
        ("/settings", "Settings", "page"),
        ("/transfer", "Settings", "true"),
        ("/doctor", "Stream doctor", "page"),
        (SHARE, "the chat that is shared", "true"),
    ],
)
async def test_the_list_says_where_one_is(
    open_tab: OpenTab, places: dict[str, str], path: str, place: str, current: str
) -> None:
    tab = await open_tab(path.format(**places))
    marked = tab.page.locator(".sidebar a[aria-current]")
    await expect(marked).to_have_count(1)
    await expect(marked).to_contain_text(place)
    await expect(marked).to_have_attribute("aria-current", current)


@pytest.mark.parametrize("path", PAGES)
async def test_a_search_here_finds_chats_and_leads_to_them(
    open_tab: OpenTab, places: dict[str, str], path: str
) -> None:
    tab = await open_tab(path.format(**places))
    page = tab.page
    await page.fill("#search", "shared")
    found = page.locator(".found .chat-row", has_text="the chat that is shared")
    await expect(found).to_be_visible()
    await page.reload()
    await expect(found).to_be_visible()
    await found.locator(".chat-link").click()
    await expect(page.locator("chat-log")).to_contain_text("the chat that is shared")


@pytest.mark.parametrize("path", PAGES)
async def test_on_a_phone_the_list_opens_over_the_page(
    open_tab: OpenTab, places: dict[str, str], path: str
) -> None:
    tab = await open_tab(path.format(**places), viewport=PHONE)
    page = tab.page
    await expect_no_overflow(page)
    await expect(page.locator(".sidebar")).to_be_hidden()
    await page.get_by_role("button", name="Show the chats").click()
    await expect_no_overflow(page)
    await row(page, places["chat"]).locator(".chat-link").click()
    await expect(page.locator("chat-round")).to_have_count(1)


@pytest.mark.parametrize("path", ["/", "/documents"])
async def test_on_a_phone_what_was_deleted_is_brought_back_over_the_list(
    open_tab: OpenTab, path: str
) -> None:
    tab = await open_tab(path, viewport=PHONE)
    page = tab.page
    await slow_timers(page)
    chat = await start_chat(page.request, "here today")
    await page.get_by_role("button", name="Show the chats").click()
    await row(page, chat).locator(".chat-link").focus()
    await page.keyboard.press("Delete")
    await expect(row(page, chat)).to_have_count(0)
    await expect(page.locator(".sidebar")).to_be_visible()
    # A click elsewhere closes the list; this one, pressed as people do, must not miss.
    await page.get_by_role("button", name="Undo").click(delay=100)
    await expect(page.locator(".notice")).to_have_text("The chat was restored.")
    await page.get_by_role("button", name="Show the chats").click()
    await expect(row(page, chat)).to_be_visible()


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("path", PAGES)
async def test_without_scripts_the_list_is_searched_and_paged_here(
    open_tab: OpenTab, places: dict[str, str], path: str
) -> None:
    here = path.format(**places)
    tab = await open_tab(here, java_script_enabled=False)
    page = tab.page
    await expect(row(page, places["chat"])).to_be_visible()
    await page.get_by_role("link", name="Older chats").click()
    await expect(page).to_have_url(re.compile(re.escape(here) + r"\?before="))
    await expect(page.locator(".chats-days .chat-row").first).to_be_visible()
    await expect(row(page, places["chat"])).to_have_count(0)
    await page.fill("#search", "plain 7")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(re.escape(here) + r"\?q=plain\+7$"))
    await expect(page.locator(".found .chat-name")).to_have_text(["plain number 7"])
    await page.locator(".found .chat-link").click()
    await expect(page.locator("h1")).to_have_text("plain number 7")


async def test_the_page_of_a_link_follows_its_chat(open_tab: OpenTab) -> None:
    tab = await open_tab()
    chat = await start_chat(tab.page.request, "to be shared")
    page = tab.page
    await page.goto(f"/chat/{chat}/share")
    await page.request.patch(f"{CHATS}/{chat}", data={"title": "With a name"})
    await expect(page.locator("h1")).to_have_text("With a name")
    await expect(row(page, chat).locator(".chat-link")).to_have_attribute("aria-current", "true")
    await page.request.delete(f"{CHATS}/{chat}")
    await expect(page.locator(".notice")).to_contain_text("Chat deleted.")
    await page.get_by_role("button", name="Undo").click()
    await expect(page.locator("h1")).to_have_text("With a name")
    # From the page of its link the row leads to the chat, as any other does.
    await page.goto(f"/chat/{chat}/share")
    await row(page, chat).locator(".chat-link").click()
    await expect(page).to_have_url(re.compile(f"/chat/{chat}$"))


async def test_a_hidden_tab_of_documents_lets_go_and_catches_up(open_tab: OpenTab) -> None:
    hidden, shown = await open_tab("/documents"), await open_tab("/documents")
    await upload(shown.page, file("before.md"))
    before = hidden.page.locator(".document", has_text="before.md")
    await expect(before).to_have_attribute("data-status", "ready")
    async with hidden.page.expect_event(
        "requestfailed", lambda request: "/api/stream" in request.url
    ):
        await set_hidden(hidden.page, True)
    await upload(shown.page, file("meanwhile.md"))
    row = shown.page.locator(".document", has_text="meanwhile.md")
    await expect(row).to_have_attribute("data-status", "ready")
    await delete(shown.page, "before.md")
    await expect(shown.page.locator(".document", has_text="before.md")).to_have_count(0)
    await expect(before).to_have_count(1)
    await set_hidden(hidden.page, False)
    await expect(before).to_have_count(0)
    meanwhile = hidden.page.locator(".document", has_text="meanwhile.md")
    await expect(meanwhile).to_have_attribute("data-status", "ready")


async def test_hidden_tabs_of_documents_hold_nothing(open_tab: OpenTab) -> None:
    """HTTP/1.1 has six connections; they are free for the page that is read."""
    first = await open_tab("/documents")
    tabs = [first] + [await beside(first, "/documents") for _ in range(6)]
    for tab in tabs:
        await set_hidden(tab.page, True)
    reading = await beside(first, "/")
    await reading.ask("count 2 1ms")
    await reading.until_ended("complete")
    assert [complaint for tab in [*tabs, reading] for complaint in tab.complaints] == []


@pytest.mark.long
async def test_ten_windows_of_documents_in_view_all_work(open_tab: OpenTab) -> None:
    first = await open_tab("/documents")
    tabs = [first] + [await beside(first, "/documents") for _ in range(9)]
    for tab in tabs:
        assert not await tab.page.evaluate("document.hidden")
    # One that has given its place to others.
    await upload(tabs[0].page, file("for ten.md"))
    for tab in tabs:
        row = tab.page.locator(".document", has_text="for ten.md")
        await expect(row).to_have_attribute("data-status", "ready")
    asking = await beside(first, "/")
    await asking.ask("count 2 1ms")
    await asking.until_ended("complete")
    await delete(tabs[5].page, "for ten.md")
    for tab in tabs:
        await expect(tab.page.locator(".document", has_text="for ten.md")).to_have_count(0)
    assert [complaint for tab in [*tabs, asking] for complaint in tab.complaints] == []


async def test_the_page_of_a_document_shows_its_text_once_it_is_read(open_tab: OpenTab) -> None:
    tab = await open_tab("/documents")
    text = "".join(f"Word {n} of a long text. " * 40 + "\n\n" for n in range(1500))
    await upload(tab.page, file("arriving.txt", text))
    await tab.page.locator(".document-name", has_text="arriving.txt").click()
    await expect(tab.page.locator(".passage").first).to_contain_text("Word 0 of a long text.")
    await expect(tab.page.locator(".document-facts")).to_contain_text("passages")


async def test_the_page_of_a_document_that_is_deleted_gives_way(
    open_tab: OpenTab, tmp_path: Path
) -> None:
    tab = await open_tab("/documents")
    await upload_long(tab.page, tmp_path / "going.txt")
    async with tab.page.expect_response("**/api/stream?*"):
        await tab.page.locator(".document-name", has_text="going.txt").click()
    await tab.page.wait_for_url("**/documents/*")
    document = tab.page.url.rpartition("/")[2]
    await tab.page.request.delete(f"/api/documents/{document}")
    await expect(tab.page).to_have_url(re.compile("/documents$"))


async def test_the_page_of_a_document_gives_way_that_was_deleted_unseen(
    open_tab: OpenTab, tmp_path: Path
) -> None:
    tab = await open_tab("/documents", quiet=False)
    await upload_long(tab.page, tmp_path / "gone.txt")
    let_go = asyncio.Event()

    async def delete_first(route: Route) -> None:
        await let_go.wait()
        await route.continue_()

    await tab.page.route("**/api/stream?*", delete_first)
    await tab.page.locator(".document-name", has_text="gone.txt").click()
    await expect(tab.page.locator("document-reading")).to_be_visible()
    document = tab.page.url.rpartition("/")[2]
    await tab.page.request.delete(f"/api/documents/{document}")
    let_go.set()
    await expect(tab.page).to_have_url(re.compile("/documents$"))


async def test_the_doctor_measures_with_no_other_stream_of_its_page(open_tab: OpenTab) -> None:
    tab = await open_tab("/offline")
    async with tab.page.expect_request("**/api/stream?*"):
        await tab.page.goto("/doctor")
    # One that is not over before it is stopped.
    await tab.page.get_by_role("radio", name="Long").check()
    async with tab.page.expect_event("requestfailed", lambda it: "/api/stream" in it.url):
        await tab.page.get_by_role("button", name="Check now").click()
    # Whatever is looked at meanwhile, it stays away until the check is over.
    await set_hidden(tab.page, True)
    await set_hidden(tab.page, False)
    chat = await start_chat(tab.page.request, "during a check")
    await expect(row(tab.page, chat)).to_have_count(0)
    async with tab.page.expect_request("**/api/stream?*"):
        await tab.page.get_by_role("button", name="Stop").click()
    await expect(row(tab.page, chat)).to_be_visible()


@pytest.mark.long
async def test_many_windows_do_not_make_the_doctor_wait(open_tab: OpenTab) -> None:
    """Windows in view share few connections, so that its own is still to be had."""
    first = await open_tab("/documents")
    for _ in range(6):
        await beside(first, "/documents")
    doctor = await beside(first, "/doctor")
    await check(doctor.page)
    assert "few-connections" in await findings(doctor.page)
