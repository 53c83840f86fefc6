"""How a Quart app holds a connection that streams."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterable, Coroutine

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope
from quart import Quart, Request, Response
from quart.asgi import ASGIHTTPConnection
from quart.typing import ResponseTypes
from quart.utils import encode_headers

from quart_chat.events.outlet import ConnectionLost, Outlet
from quart_chat.events.shortcut import find_connection, release_connection
from quart_chat.events.subscription import QueueShutDown
from quart_chat.events.watch import ConnectionWatch

_logger = logging.getLogger(__name__)


class StreamResponse(Response):
    """A response that goes on for as long as its events do.

    Attributes:
        first: Bytes to send before all others.
        watch: Ends it where its client has gone, or takes nothing any more.
    """

    first = b""
    watch: ConnectionWatch


class StreamingHTTPConnection(ASGIHTTPConnection):
    """Keeps of a request what its stream needs, which is nothing.

    A stream may be open for hours, and a server holds thousands. Quart would keep the request, its
    headers and contexts and two tasks for each until the last byte is sent; here the request is
    done with once its response is known. The server's own task then waits for the client to leave,
    and one other sends. That saves about a third of a stream's memory. Other responses are sent as
    Quart sends them.
    """

    def __init__(self, app: Quart, scope: HTTPScope) -> None:
        super().__init__(app, scope)
        self._stream: StreamResponse | None = None
        self._disconnected = False

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        try:
            await super().__call__(receive, send)
            if self._stream is not None:
                await self._stream_until_disconnect(self._stream, receive, send)
        finally:
            await release_connection(send)

    async def _stream_until_disconnect(
        self, stream: StreamResponse, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        # Even where no client is left to read a byte of it, what it holds is let go of here.
        async with stream.response as body:
            if not self._disconnected:
                await self._run_until_disconnect(_send_stream(send, stream, body), receive)

    async def handle_messages(self, request: Request, receive: ASGIReceiveCallable) -> None:
        await super().handle_messages(request, receive)
        self._disconnected = True

    async def _send_response(self, send: ASGISendCallable, response: ResponseTypes) -> None:
        if isinstance(response, StreamResponse):
            self._stream = response
            return
        try:
            await super()._send_response(send, response)
        except QueueShutDown:
            # A body that reads a queue is over with it, whether or not it was written to know that.
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _run_until_disconnect(
        self, stream: Coroutine[object, object, None], receive: ASGIReceiveCallable
    ) -> None:
        waiting = asyncio.current_task()
        assert waiting is not None  # noqa: S101 - coroutines run in tasks

        def stop_waiting(_: asyncio.Task[None]) -> None:
            if not self._disconnected:
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
            self._disconnected = True
            if not sending.done():
                sending.cancel()
                await asyncio.wait({sending})


async def _send_stream(
    send: ASGISendCallable, stream: StreamResponse, body: AsyncIterable[bytes]
) -> None:
    """Send the stream; an error in it is logged and ends it as any other end does.

    A client then reconnects, where a response torn off would leave one on HTTP/2 hanging. What the
    stream has waited for may have been cancelled, which is such an error, where its own
    cancellation is not.
    """
    sending = asyncio.current_task()
    assert sending is not None  # noqa: S101 - coroutines run in tasks
    # Only a response of unknown length is sent in chunks (RFC 9112, 6.3).
    chunked = "Content-Length" not in stream.headers
    outlet = Outlet(send, find_connection(send), sending, chunked=chunked)
    stream.watch.add(outlet)
    try:
        try:
            await outlet.start(stream.status_code, encode_headers(stream.headers))
            await outlet.write(stream.first)
            async for data in body:
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
        stream.watch.discard(outlet)
