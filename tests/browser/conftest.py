"""Chromium, and tabs in it that listen for what a person would not see."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, async_playwright

from quart_chat.resources import resource_path
from quart_chat.web.static.assets import Assets
from tests.browser.tab import ARGUMENTS, Tab, watch
from tests.server import Server

OpenTab = Callable[..., Awaitable[Tab]]

Enter = Callable[..., Awaitable[Page]]
"""Opens a browser of one person."""

EXPECTED = re.compile(r"status of (401|409|422|429)|Clear-Site-Data")
"""What the browser itself says of a form that is refused, and of signing out."""

FIRST_LOOK = {"test_chat", "test_markdown_parity", "test_stop", "test_streaming"}
"""The modules that `make test` runs; all others of this folder are left to `make browser`."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Pass over what is left out as a whole: importing all these modules takes seconds."""
    is_left_out = (
        collection_path.parent == Path(__file__).parent
        and collection_path.stem.startswith("test_")
        and collection_path.stem not in FIRST_LOOK
        and "not browser" in config.option.markexpr
    )
    return True if is_left_out else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent and item.path.stem not in FIRST_LOOK:
            item.add_marker("browser")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def keeping_browser(whole_chromium: str) -> AsyncIterator[Browser]:
    """A browser that keeps pages for the way back, which Playwright has switched off elsewhere."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=whole_chromium,
            args=ARGUMENTS,
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for the tests that neither end it nor need its list of chats for themselves."""
    with Server(instance=tmp_path_factory.mktemp("shared") / "instance") as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def places(browser: Browser, shared_server: Server) -> AsyncIterator[dict[str, str]]:
    """What stands for the variable parts of the pages' addresses."""
    async with httpx2.AsyncClient(base_url=shared_server.url, timeout=30) as client:
        question = {"prompt": "How do I resume a stream?", "assistant": "librarian"}
        async with client.stream("POST", "/api/chatbot/start/stream", json=question) as stream:
            await stream.aread()
        chats = (await client.get("/api/chatbot/workflows")).json()["workflows"]
        prompt_id = await queue_prompt(client, chats[0]["id"])
        link = f"/api/chatbot/workflows/{chats[0]['id']}/share"
        token = (await client.post(link)).json()["token"]
        files = {"files": ("plan.md", b"# Plan\n\nFirst the roof.\n\n## Then\n\nThe floor.\n")}
        document = (await client.post("/api/documents", files=files)).json()["documents"][0]
        events = f"/api/events/document:{document['id']}"
        async with client.stream("GET", events) as stream:
            await stream.aread()  # to the end, which comes when it is read
    yield {
        "workflow_id": chats[0]["id"],
        "prompt_id": prompt_id,
        "token": token,
        "document_id": document["id"],
        "number": "1",
        "round_number": "1",
        "place": "reference/routes",
    }


async def queue_prompt(client: httpx2.AsyncClient, chat: str) -> str:
    """Leave a prompt in the queue of a chat that is idle; the prompt's id."""
    running = {"prompt": "wait", "assistant": "slow", "workflowId": chat}
    async with client.stream("POST", "/api/chatbot/start/stream", json=running) as stream:
        await anext(stream.aiter_bytes())
    waiting = {"prompt": "And what waits?"}
    placed = (await client.post(f"/api/chatbot/{chat}/queue", json=waiting)).json()
    await client.post(f"/api/chatbot/{chat}/stop")
    return str(placed["queued"]["id"])


def address(team: Server) -> str:
    """Where a server is, by a name: passkeys need one."""
    return team.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def team(start_server: Callable[..., Server]) -> Server:
    """A server with accounts that has no administrator yet."""
    return start_server(env={"QUART_CHAT_AUTH": "accounts"})


@pytest_asyncio.fixture(loop_scope="session")
async def people(browser: Browser, team: Server) -> AsyncIterator[Enter]:
    """Opens a browser of one person; what its pages complain about fails the test."""
    tabs: list[Tab] = []

    async def enter(base_url: str = address(team), **options: Any) -> Page:
        context = await browser.new_context(base_url=base_url, reduced_motion="reduce", **options)
        tab = Tab(await context.new_page())
        watch(tab, base_url)
        tabs.append(tab)
        return tab.page

    yield enter
    for tab in tabs:
        await tab.page.context.close()
        assert [each for each in tab.complaints if not EXPECTED.search(each)] == []


@pytest_asyncio.fixture(loop_scope="session")
async def open_tab(browser: Browser, server: Server) -> AsyncIterator[OpenTab]:
    """Opens tabs on the server; none may have said anything in its console, unless told so."""
    tabs: list[Tab] = []

    async def open_(path: str = "/", *, quiet: bool = True, **options: Any) -> Tab:
        context = await browser.new_context(base_url=server.url, **options)
        tab = Tab(await context.new_page(), quiet=quiet)
        watch(tab, server.url)
        tabs.append(tab)
        await tab.page.goto(path)
        return tab

    yield open_
    for tab in tabs:
        await tab.page.context.close()
    assert [complaint for tab in tabs for complaint in tab.complaints if tab.quiet] == []


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def modules(browser: Browser) -> AsyncIterator[Page]:
    """An empty page that can import the scripts: ``import("/js/markdown/markdown.js")``."""
    assets = Assets(resource_path("static"))

    async def serve(route: Route) -> None:
        asset = assets.get_plain(urlsplit(route.request.url).path.lstrip("/"))
        if asset:
            await route.fulfill(body=asset.content, content_type=asset.type)
        else:
            await route.fulfill(body="<!doctype html>", content_type="text/html")

    context = await browser.new_context()
    await context.route("**/*", serve)
    page = await context.new_page()
    await page.goto("http://static.test/")
    yield page
    await context.close()
