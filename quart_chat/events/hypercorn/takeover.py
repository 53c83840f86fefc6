"""A stream takes its connection over from Hypercorn.

For each connection a server keeps what the next request might need: buffers, a parser, queues and
tasks. A stream may be open for hours and needs none of it. So before its response begins, the
server is told what it is told when a client leaves, and lets go of the connection. The socket stays
open and belongs to the stream from then on: the head and the first events go out in one write, a
flush writes to the socket with no task woken, and a client that leaves is noticed at once, whatever
it has sent before. At the end of the stream the connection is given back to the server, as if it
were new: its client may have sent the next request already (RFC 9112, 9.3), and some of that may
have been on its way through the server when the connection was taken.

That is done only where each object on the way to the socket is of exactly the type known here, for
HTTP/1.1 without TLS, for connections that go on after the response, and for ``GET``: a request that
a client may send again where the connection is closed just as it is sent (RFC 9110, 9.2.2). All
other streams go through the server.

Imported only where Hypercorn serves.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache, partial
from string import ascii_letters, digits
from time import time
from typing import cast

from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.config import Config

from quart_chat.events.asgi.server import Headers, Send
from quart_chat.events.hypercorn.connection import Connection, find_connection
from quart_chat.events.hypercorn.departure import Departure
from quart_chat.events.hypercorn.taken_connection import TakenConnection

_TOKEN = (ascii_letters + digits + "!#$%&'*+-.^_`|~").encode()
"""What a field's name is made of (RFC 9110, 5.6.2)."""


async def take_over(send: Send, headers: Headers) -> TakenConnection | None:
    """Take over the connection of a response that has not begun, with a head of status 200.

    Returns:
        None where it is not known how, or where the head can't be sent as it is.
    """
    connection = find_connection(send)
    if connection is None or not connection.may_be_taken():
        return None
    fields = _encode_fields(headers)
    if fields is None:
        return None
    if connection.logs_access:
        # Before, since it may wait or fail; meanwhile the client may leave or send more.
        await connection.log_access(200, headers)
        if not connection.may_be_taken():
            return None
    added = _encode_added_fields(connection.server.config, int(time()))
    # It goes on in chunks (RFC 9112, 4 and 7.1).
    head = b"HTTP/1.1 200 \r\n%b%btransfer-encoding: chunked\r\n\r\n" % (fields, added)
    return _take(connection, head)


def _take(connection: Connection, head: bytes) -> TakenConnection:
    server, loop = connection.server, connection.server.loop
    before = cast("asyncio.StreamReaderProtocol", server.writer.transport.get_protocol())
    departed: asyncio.Future[bytes] = loop.create_future()
    departure = Departure(departed, server)
    serve = partial(TCPServer, server.app, loop, server.config, server.context, server.state)
    taken = TakenConnection(server.writer, head, departed, serve)
    server.writer = cast("asyncio.StreamWriter", departure)
    vars(connection.protocol)["connection"] = departure
    # Told of its client's end, the server lets go of the rest.
    connection.stream.closed = True
    before.connection_lost(None)
    return taken


def _encode_fields(headers: Headers) -> bytes | None:
    """Fields of a head (RFC 9112, 5); None where the server has to say what is wrong with one."""
    names = [name for name, _ in headers]
    lines = _join_fields(headers)
    if (
        not all(names)
        or b"".join(names).translate(None, _TOKEN)
        or not lines.count(b"\r") == lines.count(b"\n") == len(headers)
        or b"\0" in lines
    ):
        return None
    return lines


@lru_cache(maxsize=1)
def _encode_added_fields(config: Config, second: int) -> bytes:
    """The fields that a server adds to every head: they are the same within a second."""
    return _join_fields(config.response_headers("h11"))


def _join_fields(headers: Headers) -> bytes:
    return b"".join([b"%b: %b\r\n" % field for field in headers])
