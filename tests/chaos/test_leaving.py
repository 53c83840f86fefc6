"""Clients that leave without the server's noticing leave no task, subscription or place behind."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from pathlib import Path

from quart_chat.web.context import EXTENSION
from tests.app import create_test_app
from tests.chaos.client import plain_client
from tests.chaos.test_cuts import ask
from tests.events.serving import served
from tests.waiting import until

REQUESTS = 200


async def test_200_requests_with_a_stray_byte_leave_nothing_behind(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    app = create_test_app(
        {"QUART_CHAT_INSTANCE": tmp_path / "instance", "QUART_CHAT_MAX_STREAMS": REQUESTS}
    )
    async with served(app) as url:
        async with plain_client(base_url=url) as http:
            chat = await ask(http, None, words=1)
        stream_limiter, events = (
            app.extensions[EXTENSION].stream_limiter,
            app.extensions["quart_chat.events"],
        )
        await until(lambda: not stream_limiter.in_use("local"))
        before = len(asyncio.all_tasks())
        log = events.manager.log(chat)
        subscribers = len(log.subscribers)
        loop, clients = asyncio.get_running_loop(), []
        for _ in range(REQUESTS):
            client = socket.socket()
            client.setblocking(False)
            await loop.sock_connect(client, ("127.0.0.1", int(url.rpartition(":")[2])))
            head = f"GET /api/stream?workflowId={chat} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nx"
            await loop.sock_sendall(client, head.encode())
            clients.append(client)
        await until(lambda: len(log.subscribers) == subscribers + REQUESTS)
        assert stream_limiter.in_use("local") == REQUESTS
        for client in clients:
            client.close()
        left = time.monotonic()
        await until(lambda: not stream_limiter.in_use("local"))
        await until(lambda: len(log.subscribers) == subscribers)
        await until(lambda: len(asyncio.all_tasks()) <= before)
        record_property("figures", f"{time.monotonic() - left:.1f} s")
