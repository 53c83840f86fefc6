"""The short way from a stream to its socket, where the server is Hypercorn and speaks HTTP/1.1.

A chunk that is sent through ASGI passes eight coroutines and a state machine, none of which change
anything but its framing: "a chunk is its length in hexadecimal, a line end, its bytes and a line
end" (RFC 9112, 7.1). For a busy server that is a third of what an event costs. So the chunks of a
response that has begun may be written to the connection's ``StreamWriter``, which is found through
the bound methods that Hypercorn hands down, each of exactly the type that is known here. With any
other server or protocol, and with a Hypercorn that is built in another way, there is no shortcut,
and all goes through ASGI. The head of a response and its end always do.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, NamedTuple

Send = Callable[[Any], Awaitable[None]]


class Parts(NamedTuple):
    """Hypercorn's objects on the way from an application to its client."""

    stream: Any
    protocol: Any
    server: Any


def find_parts(send: Send) -> Parts | None:
    """What an HTTP/1.1 response passes, where each is of exactly the type that is known here."""
    # A server that has not been imported is not the one that serves.
    if "hypercorn.asyncio.tcp_server" not in sys.modules:
        return None
    try:
        return _find_parts(send)
    except (ImportError, AttributeError):
        return None


def _find_parts(send: Send) -> Parts | None:
    import h11
    from hypercorn.asyncio.tcp_server import TCPServer
    from hypercorn.protocol.h11 import H11Protocol
    from hypercorn.protocol.http_stream import HTTPStream

    stream = _owner(send, HTTPStream)
    if stream is None or stream.scope["http_version"] != "1.1":
        return None
    protocol = _owner(stream.send, H11Protocol)
    server = None if protocol is None else _owner(protocol.send, TCPServer)
    if server is None or type(server.writer) is not asyncio.StreamWriter:
        return None
    known = type(protocol.connection) is h11.Connection
    return Parts(stream, protocol, server) if known else None


def _owner(method: Any, known: type) -> Any:
    """The object that a bound method belongs to, where it is of exactly the type known here."""
    owner = getattr(method, "__self__", None)
    return owner if type(owner) is known else None


def find_writer(send: Send) -> asyncio.StreamWriter | None:
    """The writer of the connection, where chunks of a response may be written to it.

    To be asked once the head of the response has been sent.
    """
    parts = find_parts(send)
    if parts is None:
        return None
    import h11

    # It is h11 that says how the body is framed, and that one has begun.
    begun = parts.protocol.connection.our_state is h11.SEND_BODY
    writer: asyncio.StreamWriter = parts.server.writer
    return writer if begun else None


def encode_chunk(data: bytes) -> bytes:
    """Frame some of a body; nothing for an empty piece, which would end the response."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


async def write_chunk(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Write a chunk, and wait while the client is slower than what it is sent.

    If the client has gone, the server sees that, too, and says so.
    """
    # To write to a connection that is being closed is an error of its own kind for each event loop.
    if not data or writer.is_closing():
        return
    writer.write(encode_chunk(data))
    if writer.transport.get_write_buffer_size():
        with suppress(ConnectionError):
            await writer.drain()
