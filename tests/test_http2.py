"""HTTP/2 as hypercorn speaks it with a certificate: all windows of a browser on one connection."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import httpx2
import orjson
import pytest
from playwright.async_api import async_playwright, expect

from quart_chat.events.sse import StreamParser
from tests.browser.tab import ARGUMENTS, Tab, watch
from tests.server import ROOT, Server
from tests.web.streams import workflow_id

TLS = ROOT / "tests/assistants/openai/tls"
"""A certificate for 127.0.0.1 and its key, good for tests alone."""


@pytest.fixture
def secure_server(start_server: Callable[..., Server]) -> Server:
    """Hypercorn with a certificate that nobody vouches for."""
    return start_server(
        command=(
            *(sys.executable, "-m", "hypercorn", "--graceful-timeout", "2"),
            *("--certfile", str(TLS / "certificate.pem"), "--keyfile", str(TLS / "key.pem")),
            "tests.app:create_test_app()",
        ),
        address=("--bind", "127.0.0.1:{port}"),
    )


async def read_until(
    chunks: Any, parser: StreamParser, type_: str, seen: list[dict[str, Any]]
) -> None:
    async for chunk in chunks:
        for frame in parser.feed(chunk):
            seen.append(orjson.loads(frame.data))
            if seen[-1]["type"] == type_:
                return


async def test_streams_share_a_connection_and_end_cleanly_with_the_server(
    secure_server: Server,
) -> None:
    """Twenty streams at once, which HTTP/1.1 has no browser's connections for."""
    url = secure_server.url
    limits = httpx2.Limits(max_connections=1)
    async with httpx2.AsyncClient(
        http2=True,
        verify=False,
        timeout=20,
        limits=limits,
    ) as client:
        answer = await client.post(
            f"{url}/api/chatbot/start/stream",
            json={"prompt": "count 3 1ms", "assistant": "slow"},
        )
        assert answer.http_version == "HTTP/2"
        assert "connection" not in answer.headers
        parsed = [orjson.loads(frame.data) for frame in StreamParser().feed(answer.content)]
        chat = workflow_id(parsed)
        opened = asyncio.Barrier(21)

        async def follow() -> list[dict[str, Any]]:
            seen: list[dict[str, Any]] = []
            parser = StreamParser()
            async with client.stream("GET", f"{url}/api/stream?workflowId={chat}") as stream:
                assert stream.status_code == 200
                chunks = stream.aiter_bytes()
                await read_until(chunks, parser, "pulse", seen)
                await opened.wait()
                await read_until(chunks, parser, "complete", seen)
                await opened.wait()
                # To its end, which the server's end brings: without an error of the protocol.
                await read_until(chunks, parser, "none", seen)
            return seen

        tasks = [asyncio.create_task(follow()) for _ in range(20)]
        await opened.wait()
        body = {"prompt": "count 5 1ms", "assistant": "slow", "workflowId": chat}
        await client.post(f"{url}/api/chatbot/start/stream", json=body)
        await opened.wait()
        assert await asyncio.to_thread(secure_server.terminate) == 0
        for seen in await asyncio.gather(*tasks):
            rounds = [item["item"]["roundNumber"] for item in seen if item["type"] == "complete"]
            assert rounds == [1, 2]


@pytest.mark.long
async def test_a_browser_with_eight_windows_follows_live_and_survives_a_restart(
    secure_server: Server, chromium: str
) -> None:
    async with async_playwright() as playwright:
        # A service worker is no part of what a context lets pass.
        arguments = [*ARGUMENTS, "--ignore-certificate-errors"]
        browser = await playwright.chromium.launch(executable_path=chromium, args=arguments)
        context = await browser.new_context(base_url=secure_server.url)
        tabs = [Tab(await context.new_page(), quiet=False) for _ in range(8)]
        for tab in tabs:
            watch(tab, secure_server.url)
            await tab.page.goto("/" if tab is tabs[0] else tabs[0].page.url)
            if tab is tabs[0]:
                await tab.ask("count 1 1ms")
                await tab.until_ended("complete")
        protocol = "performance.getEntriesByType('navigation')[0].nextHopProtocol"
        assert await tabs[0].page.evaluate(protocol) == "h2"
        # There are enough connections: none is given to one window and kept from another.
        await tabs[7].page.wait_for_function("() => navigator.serviceWorker.controller")
        locks = "navigator.locks.query().then(({ held, pending }) => [...held, ...pending])"
        assert await tabs[7].page.evaluate(locks) == []
        await tabs[0].ask("count 1000 20ms")
        for tab in tabs:
            await expect(tab.answer(2)).to_contain_text("5 ")
        await asyncio.to_thread(secure_server.terminate)
        await asyncio.to_thread(secure_server.kill)
        await asyncio.to_thread(secure_server.start)
        for tab in tabs:
            await tab.until_ended("error", 2)
        contents = [await tab.content() for tab in tabs]
        assert contents == contents[:1] * 8
        await browser.close()
