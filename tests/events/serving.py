"""An app served by Hypercorn within a test."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config


@asynccontextmanager
async def served(
    app: Callable[..., Any], tell: Callable[[], None] = lambda: None, *, idle: float = 5.0
) -> AsyncGenerator[str, None]:
    """Serve an app; at the end tell the server to stop, and ``tell`` that it was told.

    A connection without a request is closed after ``idle`` seconds.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.loglevel = "error"
    config.keep_alive_timeout = idle
    stop = asyncio.Event()

    async def wait_for_stop() -> None:
        await stop.wait()
        tell()

    serving = asyncio.create_task(serve(app, config, shutdown_trigger=wait_for_stop))
    try:
        yield url
    finally:
        stop.set()
        await serving
