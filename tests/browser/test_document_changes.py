"""Pages that show documents are sent what they missed, and fetch the list only after a reset."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from playwright.async_api import FilePayload, Locator, Page, Request, Route, expect

from quart_chat.chat.storage import MAX_LIST_CHANGES
from tests.browser.conftest import OpenTab
from tests.browser.tab import STREAM, Tab, set_hidden, set_offline
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIST = "**/api/documents"
LONG = "".join(f"Word {n} of a long text. " * 40 + "\n\n" for n in range(1500))


class Elsewhere:
    """Another client of the server, whose requests are not those of a page."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def add(self, name: str, content: str = "It is blue.\n") -> str:
        """Upload a document; its id, once it is read."""
        async with self._client() as client:
            files = {"files": (name, content.encode())}
            answer = (await client.post("/api/documents", files=files)).json()
            id_: str = answer["documents"][0]["id"]
            await client.get(f"/api/events/document:{id_}")  # ends when it is read
            return id_

    async def delete(self, id_: str) -> None:
        async with self._client() as client:
            assert (await client.delete(f"/api/documents/{id_}")).status_code == 204

    async def rename_often(self, times: int) -> None:
        """Change a chat so many times."""
        address = f"/api/chatbot/workflows/{await self.ask('count 1 0ms', [])}"
        async with self._client() as client:
            for number in range(times):
                await client.patch(address, json={"title": f"title {number}"})

    async def ask(self, prompt: str, documents: list[str]) -> str:
        """Begin a chat about documents; its id, once it is answered."""
        start = {"prompt": prompt, "assistant": "slow", "documentIds": documents}
        async with self._client() as client:
            await client.post("/api/chatbot/start/stream", json=start)
            (chat, *_) = (await client.get("/api/chatbot/workflows")).json()["workflows"]
            id_: str = chat["id"]
            return id_

    def _client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(base_url=self._server.url, timeout=60)


@pytest.fixture
def elsewhere(server: Server) -> Elsewhere:
    return Elsewhere(server)


def count_reads(page: Page) -> list[Request]:
    """The requests for documents that the page makes from now on, beside uploads."""
    found: list[Request] = []

    def note(request: Request) -> None:
        if "/api/documents" in request.url and request.method == "GET":
            found.append(request)

    page.on("request", note)
    return found


def names(tab: Tab) -> Locator:
    return tab.page.locator(".document-name")


async def open_kept_and_gone(open_tab: OpenTab, elsewhere: Elsewhere) -> tuple[Tab, str]:
    """A page of two documents, and the id of the one that will be deleted."""
    gone = await elsewhere.add("gone.md")
    await elsewhere.add("kept.md")
    tab = await open_tab("/documents", quiet=False)
    await expect(names(tab)).to_have_text(["kept.md", "gone.md"])
    return tab, gone


async def test_a_page_of_documents_shows_what_changed_during_a_cut(
    open_tab: OpenTab, elsewhere: Elsewhere
) -> None:
    tab, gone = await open_kept_and_gone(open_tab, elsewhere)
    reads = count_reads(tab.page)
    await set_offline(tab.page, True)
    await elsewhere.delete(gone)
    await elsewhere.add("added.md")
    await expect(names(tab)).to_have_text(["kept.md", "gone.md"])
    await set_offline(tab.page, False)
    await expect(names(tab)).to_have_text(["added.md", "kept.md"])
    await expect(tab.page.locator(".document-state").first).to_have_text("1 passage")
    assert reads == []


async def test_a_page_of_documents_shows_what_changed_while_the_server_was_restarted(
    open_tab: OpenTab, elsewhere: Elsewhere, server: Server
) -> None:
    gone = await elsewhere.add("gone.md")
    tab = await open_tab("/documents", quiet=False)
    reads = count_reads(tab.page)
    await expect(names(tab)).to_have_text(["gone.md"])
    await set_offline(tab.page, True)
    await asyncio.to_thread(server.restart)
    await elsewhere.delete(gone)
    await elsewhere.add("added.md")
    await asyncio.to_thread(server.restart)
    await set_offline(tab.page, False)
    await expect(names(tab)).to_have_text(["added.md"])
    assert reads == []


async def test_a_hidden_page_of_documents_catches_up(
    open_tab: OpenTab, elsewhere: Elsewhere
) -> None:
    gone = await elsewhere.add("gone.md")
    tab = await open_tab("/documents")
    reads = count_reads(tab.page)
    await expect(names(tab)).to_have_text(["gone.md"])
    await set_hidden(tab.page, True)
    await elsewhere.delete(gone)
    await elsewhere.add("added.md")
    await set_hidden(tab.page, False)
    await expect(names(tab)).to_have_text(["added.md"])
    assert reads == []


async def test_after_a_reset_the_list_is_fetched_until_it_can_be_read(
    open_tab: OpenTab, elsewhere: Elsewhere
) -> None:
    """A page that was away for too many changes is not told of each."""
    tab, gone = await open_kept_and_gone(open_tab, elsewhere)
    reads = count_reads(tab.page)
    await set_offline(tab.page, True)
    await elsewhere.delete(gone)
    await elsewhere.add("added.md")
    await elsewhere.rename_often(MAX_LIST_CHANGES)
    refusal = {"error": {"code": "busy", "message": "The database is being used."}}

    async def refuse_once(route: Route) -> None:
        if len(reads) == 1:
            await route.fulfill(status=503, json=refusal)
        else:
            await route.continue_()

    await tab.page.route(LIST, refuse_once)
    await set_offline(tab.page, False)
    await expect(names(tab)).to_have_text(["added.md", "kept.md"])
    assert len(reads) == 2
    await elsewhere.add("later.md")
    await expect(names(tab)).to_have_text(["later.md", "added.md", "kept.md"])
    assert len(reads) == 2


async def test_what_is_told_while_the_list_is_fetched_is_newer(
    open_tab: OpenTab, elsewhere: Elsewhere
) -> None:
    kept, gone = await elsewhere.add("kept.md"), await elsewhere.add("gone.md")
    tab = await open_tab("/documents", quiet=False)
    await expect(names(tab)).to_have_text(["gone.md", "kept.md"])
    await set_offline(tab.page, True)
    await elsewhere.rename_often(MAX_LIST_CHANGES)

    async def answer_late(route: Route) -> None:
        answer = await route.fetch()
        await elsewhere.delete(gone)
        await elsewhere.add("added.md")
        await expect(names(tab)).to_have_text(["added.md", "kept.md"])
        await route.fulfill(response=answer)

    await tab.page.route(LIST, answer_late)
    async with tab.page.expect_response(LIST) as answered:
        await set_offline(tab.page, False)
    await (await answered.value).finished()
    await tab.page.evaluate("new Promise((done) => setTimeout(done))")
    await expect(names(tab)).to_have_text(["added.md", "kept.md"])
    await elsewhere.delete(kept)
    await expect(names(tab)).to_have_text(["added.md"])


async def test_the_page_of_a_document_shows_its_text_when_it_was_read_during_a_cut(
    open_tab: OpenTab, elsewhere: Elsewhere
) -> None:
    tab = await open_tab("/documents", quiet=False)
    adding = asyncio.create_task(elsewhere.add("long.txt", LONG))
    address = await tab.page.locator(".document-name", has_text="long.txt").get_attribute("href")
    assert address
    await tab.page.route(STREAM, lambda route: route.abort())
    reads = count_reads(tab.page)
    await tab.page.goto(address)
    await adding
    await tab.page.unroute(STREAM)
    await expect(tab.page.locator(".passage").first).to_contain_text("Word 0")
    assert reads == []


# The documents for a question


async def upload(page: Page, name: str) -> None:
    """Choose a file of this computer for the question."""
    payload = FilePayload(name=name, mimeType="text/plain", buffer=b"It is blue.")
    await page.set_input_files(".picker-upload input", payload)


async def test_a_document_of_a_chat_that_is_deleted_before_the_picker_is_loaded_is_gone(
    open_tab: OpenTab, elsewhere: Elsewhere
) -> None:
    tab = await open_tab("/documents", quiet=False)
    go_on = asyncio.Event()

    async def hold(route: Route) -> None:
        await go_on.wait()
        await route.continue_()

    await tab.page.route("**/document-picker.*", hold)
    chosen = await elsewhere.add("chosen.md")
    chat = await elsewhere.ask("count 1 0ms", [chosen])
    await tab.page.goto(f"/chat/{chat}")
    reads = count_reads(tab.page)
    await elsewhere.delete(chosen)
    await elsewhere.rename_often(1)
    await expect(tab.row("title 0")).to_be_visible()
    go_on.set()
    await expect(tab.page.locator(".chip")).to_have_count(0)
    assert reads == []


async def test_a_chosen_document_that_was_read_during_a_cut_is_ready(
    open_tab: OpenTab, elsewhere: Elsewhere
) -> None:
    tab = await open_tab("/documents", quiet=False)
    await tab.page.route(STREAM, lambda route: route.abort())
    await tab.page.goto("/")
    await tab.page.locator(".picker-button").focus()
    await tab.page.wait_for_function("() => !!customElements.get('document-picker')")
    reads = count_reads(tab.page)
    await upload(tab.page, "chosen.txt")
    chip = tab.page.locator(".chip")
    await expect(chip).to_have_count(1)
    await elsewhere.add("read after it.md")
    await expect(chip.locator("progress")).to_be_visible()
    await tab.page.unroute(STREAM)
    await expect(chip).to_have_attribute("data-status", "ready")
    await expect(chip.locator("progress")).to_be_hidden()
    assert reads == []


async def test_a_document_that_is_read_before_its_upload_is_answered_is_ready(
    open_tab: OpenTab, elsewhere: Elsewhere
) -> None:
    tab = await open_tab()
    await tab.page.locator(".picker-button").focus()
    await tab.page.wait_for_function("() => !!customElements.get('document-picker')")
    reads = count_reads(tab.page)

    async def answer_late(route: Route) -> None:
        answer = await route.fetch()
        # Documents are read one after the other, and the stream tells of all in order.
        await elsewhere.add("read after it.md")
        await elsewhere.rename_often(1)
        await expect(tab.row("title 0")).to_be_visible()
        await route.fulfill(response=answer)

    await tab.page.route(LIST, answer_late)
    await upload(tab.page, "quick.txt")
    await expect(tab.page.locator(".chip")).to_have_attribute("data-status", "ready")
    assert reads == []


# Takes the states of a document that the stream told of, and one of them again in a response, after
# some of them: what is known in the end.
MIXED = """async ([states, answered, after]) => {
  const { forget, newest, known } = await import("/js/documents/newest.js");
  forget();
  states.forEach((state, place) => {
    newest(state);
    if (place === after) newest(states[answered]);
  });
  return known("a");
}"""


async def test_the_newest_state_is_kept_in_whatever_order_states_arrive(modules: Page) -> None:
    def reading(seq: int, *progress: float | None) -> list[Any]:
        return [{"id": "a", "seq": seq, "status": "reading", "progress": p} for p in progress]

    waiting, ready = ({"id": "a", "seq": seq, "progress": None} for seq in (1, 9))
    told = [waiting, *reading(2, None, 0.5, 1.0), *reading(4, None, 0.25), ready]
    for end in ([], [{"id": "a", "deleted": True}]):
        states = [*told, *end]
        for answered in range(len(states)):
            for after in range(len(states)):
                last = await modules.evaluate(MIXED, [states, answered, after])
                assert last == states[-1], (answered, after)
