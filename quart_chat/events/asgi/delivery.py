"""How a stream reaches its client, and how either end of it is noticed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from quart_chat.events.asgi.chunks import Chunks, write_directly
from quart_chat.events.asgi.connections import find_connection
from quart_chat.events.asgi.outlet import ConnectionLost, Outlet
from quart_chat.events.asgi.server import Receive, Send
from quart_chat.events.asgi.watch import ConnectionWatch

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A response that goes on for as long as its chunks do.

    Attributes:
        status: Its status.
        headers: Its headers.
        first: Bytes to send before all others.
        chunks: The rest.
        shortcut: Whether to write to the server's connection directly, where it is known how.
    """

    status: int
    headers: Iterable[tuple[bytes, bytes]]
    first: bytes
    chunks: Chunks
    shortcut: bool


async def deliver(delivery: Delivery, watch: ConnectionWatch, receive: Receive, send: Send) -> None:
    """Send a response until it ends, or its client has gone or takes nothing any more."""
    await _run_until_disconnect(_send_stream(delivery, watch, send), receive)


async def _send_stream(delivery: Delivery, watch: ConnectionWatch, send: Send) -> None:
    """Send the stream; an error in it is logged and ends it as any other end does.

    A client then reconnects, where a response torn off would leave one on HTTP/2 hanging. What the
    stream has waited for may have been cancelled, which is such an error, where its own
    cancellation is not.
    """
    sending = asyncio.current_task()
    assert sending is not None  # noqa: S101 - coroutines run in tasks
    outlet = Outlet(send, find_connection(send), sending, chunked=delivery.shortcut)
    watch.add(outlet)
    try:
        try:
            await outlet.start(delivery.status, delivery.headers)
            await outlet.write(delivery.first)
            write_directly(delivery.chunks, outlet)
            async for data in delivery.chunks:
                await outlet.write(data)
        except ConnectionLost:
            pass
        except (Exception, asyncio.CancelledError):
            if outlet.given_up:
                sending.uncancel()
            elif sending.cancelling():
                await outlet.end_unseen()
                raise
            else:
                _logger.exception("A stream failed")
        # Of a connection that is closed the server is about to tell, which would break off the end.
        if not outlet.is_closed:
            await outlet.end()
    finally:
        watch.discard(outlet)


async def _run_until_disconnect(stream: Coroutine[Any, Any, None], receive: Receive) -> None:
    waiting = asyncio.current_task()
    assert waiting is not None  # noqa: S101 - coroutines run in tasks
    disconnected = False

    def stop_waiting(_: asyncio.Task[None]) -> None:
        if not disconnected:
            waiting.cancel()

    sending = asyncio.create_task(stream)
    sending.add_done_callback(stop_waiting)
    try:
        while (await receive())["type"] != "http.disconnect":
            pass
    except asyncio.CancelledError:
        if not sending.done():
            raise
        waiting.uncancel()
    finally:
        disconnected = True
        if not sending.done():
            sending.cancel()
            await asyncio.wait({sending})
