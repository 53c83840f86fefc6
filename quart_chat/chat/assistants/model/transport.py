"""What httpx2 sends its requests through where no proxy is between: made for streams of tokens.

The transport that comes with httpx2 takes each chunk of a body through a state machine, a timeout
and six generators: more than all else that is done for a token here. A body needs none of that once
its head is read. Heads are h11's work here, too.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator

import h11
import httpx2

from quart_chat.chat.assistants.model.chunked import Dechunker
from quart_chat.chat.assistants.model.connection import Connection

_logger = logging.getLogger(__name__)

MAX_IDLE = 20
"""Connections to one place that are kept for the next requests."""
KEPT = 5.0
"""Seconds that each is kept; servers close what is idle for longer."""

Origin = tuple[str, str, int]


class StreamTransport(httpx2.AsyncBaseTransport):
    """Asks over HTTP/1.1, on a connection that is open if there is one."""

    def __init__(self) -> None:
        self._idle: defaultdict[Origin, list[Connection]] = defaultdict(list)
        self._tls: ssl.SSLContext | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        timeouts = request.extensions.get("timeout", {})
        exchange = h11.Connection(h11.CLIENT)
        data = exchange.send(_head(request)) or b""
        data += exchange.send(h11.Data(data=await request.aread())) or b""
        exchange.send(h11.EndOfMessage())
        origin = _origin(request.url)
        connection = self._take(origin) or await self._connect(origin, timeouts.get("connect"))
        try:
            connection.send(data, timeouts.get("read"))
            head = await _read_head(exchange, connection)
        except BaseException:
            connection.close()
            raise
        body = Body(self, origin, connection, head, exchange.trailing_data[0])
        return httpx2.Response(
            head.status_code, headers=head.headers.raw_items(), stream=body, request=request
        )

    async def aclose(self) -> None:
        for connections in self._idle.values():
            for connection in connections:
                _forget(connection)
                connection.close()
        self._idle.clear()

    def _take(self, origin: Origin) -> Connection | None:
        idle = self._idle[origin]
        while idle:
            connection = idle.pop()
            _forget(connection)
            if connection.usable:
                return connection
            connection.close()
        return None

    def keep(self, origin: Origin, connection: Connection) -> None:
        """Keep a connection for the next request."""
        connection.rest()
        idle = self._idle[origin]
        if len(idle) >= MAX_IDLE or not connection.usable:
            connection.close()
            return
        idle.append(connection)
        loop = asyncio.get_running_loop()
        connection.idle_timer = loop.call_later(KEPT, self._expire, idle, connection)

    def _expire(self, idle: list[Connection], connection: Connection) -> None:
        idle.remove(connection)
        connection.close()

    async def _connect(self, origin: Origin, seconds: float | None) -> Connection:
        scheme, host, port = origin
        _logger.debug("Connecting to %s port %d", host, port)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                _, connection = await loop.create_connection(Connection, host, port)
                if scheme == "https":
                    await self._secure(connection, host)
        except TimeoutError as error:
            raise httpx2.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpx2.ConnectError(str(error)) from error
        return connection

    async def _secure(self, connection: Connection, host: str) -> None:
        try:
            if self._tls is None:
                self._tls = await asyncio.to_thread(httpx2.create_ssl_context)
            await connection.secure(self._tls, host)
        except BaseException as error:
            connection.close()
            # Servers of plain HTTP break a handshake off in many ways.
            if isinstance(error, ConnectionError):
                raise ssl.SSLError(str(error)) from error
            raise


class Body(httpx2.AsyncByteStream):
    """A response's body: each piece is all that has come since the one before."""

    def __init__(
        self,
        transport: StreamTransport,
        origin: Origin,
        connection: Connection,
        head: h11.Response,
        begun: bytes,
    ) -> None:
        self._transport = transport
        self._origin = origin
        self._connection = connection
        self._begun = begun
        self._closed = False
        fields = dict(head.headers)
        self._chunks = Dechunker() if b"transfer-encoding" in fields else None
        length = fields.get(b"content-length")
        self._left = None if length is None else int(length)
        self._complete = self._left == 0 or head.status_code == 204
        self._kept_alive = (
            head.http_version == b"1.1"
            and fields.get(b"connection", b"").lower() != b"close"
            and not (self._complete and begun)
        )

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            piece = self._begun
            while not self._complete:
                if piece and (data := self._take(piece)):
                    yield data
                if not self._complete and not (piece := await self._connection.read()):
                    self._end()
        except httpx2.HTTPError:
            self._close()
            raise

    def _take(self, piece: bytes) -> bytes:
        if self._chunks is not None:
            try:
                data = self._chunks.feed(piece)
            except ValueError as error:
                raise httpx2.RemoteProtocolError(str(error)) from error
            self._complete = self._chunks.over
            if self._complete and self._chunks.rest:
                self._kept_alive = False
            return data
        if self._left is not None:
            if len(piece) > self._left:
                # What nobody asked for would be taken for the answer to the next request.
                self._kept_alive = False
            piece = piece[: self._left]
            self._left -= len(piece)
            self._complete = self._left == 0
        return piece

    def _end(self) -> None:
        """The endpoint has closed the connection, which is the end only of a body without one."""
        if self._chunks is not None or self._left is not None:
            raise httpx2.RemoteProtocolError("the body is not complete")
        self._complete, self._kept_alive = True, False

    async def aclose(self) -> None:
        self._close()

    def _close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._complete and self._kept_alive:
            self._transport.keep(self._origin, self._connection)
        else:
            self._connection.close()


def _forget(connection: Connection) -> None:
    if connection.idle_timer is not None:
        connection.idle_timer.cancel()
        connection.idle_timer = None


def _origin(url: httpx2.URL) -> Origin:
    # The host as it is looked up: other libraries have other rules to encode letters beyond ASCII,
    # and lead to another host, which would be sent the key.
    host = url.raw_host.decode("ascii")
    return url.scheme, host, url.port or (443 if url.scheme == "https" else 80)


def _head(request: httpx2.Request) -> h11.Request:
    return h11.Request(
        method=request.method, target=request.url.raw_path, headers=request.headers.raw
    )


async def _read_head(exchange: h11.Connection, connection: Connection) -> h11.Response:
    while True:
        try:
            event = exchange.next_event()
        except h11.RemoteProtocolError as error:
            raise httpx2.RemoteProtocolError(str(error)) from error
        if isinstance(event, h11.Response):
            return event
        if event is h11.NEED_DATA:
            data = await connection.read()
            if not data:
                raise httpx2.RemoteProtocolError("the endpoint has ended without an answer")
            exchange.receive_data(data)
