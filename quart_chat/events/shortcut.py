"""The short way from a stream to its socket, where the server is Hypercorn and speaks HTTP/1.1.

A chunk that is sent through ASGI passes eight coroutines and a state machine, none of which change
anything but its framing: "a chunk is its length in hexadecimal, a line end, its bytes and a line
end" (RFC 9112, 7.1). For a busy server that is a third of what an event costs. So the chunks of a
response that has begun may be written to the connection's ``StreamWriter``, which is found through
the bound methods that Hypercorn hands down, each of exactly the type that is known here. With any
other server or protocol there is no shortcut, and all goes through ASGI. The head of a response and
its end always do.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.http_stream import HTTPStream
from hypercorn.typing import ASGISendCallable


def find_writer(send: ASGISendCallable) -> asyncio.StreamWriter | None:
    """The writer of the connection, where chunks of a response may be written to it."""
    stream = getattr(send, "__self__", None)
    if type(stream) is not HTTPStream or stream.scope["http_version"] != "1.1":
        return None
    protocol = getattr(stream.send, "__self__", None)
    if type(protocol) is not H11Protocol:
        return None
    server = getattr(protocol.send, "__self__", None)
    return server.writer if type(server) is TCPServer else None


async def write_chunk(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Write a chunk, and wait while the client is slower than what it is sent.

    If the client has gone, the server sees that, too, and says so.
    """
    # An empty chunk would end the response. A connection that is being closed takes none: to write
    # to it is an error of its own kind for each event loop.
    if not data or writer.is_closing():
        return
    writer.write(b"%x\r\n%b\r\n" % (len(data), data))
    if writer.transport.get_write_buffer_size():
        with suppress(ConnectionError):
            await writer.drain()
