"""How the chunks of a stream reach its client, and how either end of it is noticed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, Protocol

from quart_chat.events.shortcut import find_writer, write_chunk

_logger = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class Chunks(Protocol):
    """The body of a stream: an asynchronous generator, or what is used like one."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def aclose(self) -> None:
        """Let go of what it holds; idempotent."""
        ...


async def deliver(
    first: bytes, chunks: AsyncIterable[bytes], receive: Receive, send: Send, *, shortcut: bool
) -> None:
    """Send the body of a response that has begun, until it ends or its client has gone.

    Args:
        first: Bytes to send before all others.
        chunks: The rest.
        receive: The application's ``receive``.
        send: The application's ``send``.
        shortcut: Whether to write to the server's connection directly, where it is known how.
    """
    sending = _send_chunks(first, chunks, send, shortcut=shortcut)
    await _run_until_disconnect(sending, receive)


async def _send_chunks(
    first: bytes, chunks: AsyncIterable[bytes], send: Send, *, shortcut: bool
) -> None:
    """Send the stream; an error in it is logged and ends it as any other end does.

    A client then reconnects, where a response torn off would leave one on HTTP/2 hanging. What the
    stream has waited for may have been cancelled, which is such an error, where its own
    cancellation is not.
    """
    sending = asyncio.current_task()
    assert sending is not None  # noqa: S101 - coroutines run in tasks
    await send({"type": "http.response.body", "body": first, "more_body": True})
    writer = find_writer(send) if shortcut else None
    try:
        async for data in chunks:
            if writer is None:
                await send({"type": "http.response.body", "body": data, "more_body": True})
            else:
                await write_chunk(writer, data)
    except (Exception, asyncio.CancelledError):
        if sending.cancelling():
            raise
        _logger.exception("A stream failed")
    await send({"type": "http.response.body", "body": b"", "more_body": False})


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
