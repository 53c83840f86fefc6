"""What is known of Hypercorn: the short way to a socket, and what ASGI does not tell of it.

A chunk that is sent through ASGI passes eight coroutines and a state machine, none of which change
anything but its framing: "a chunk is its length in hexadecimal, a line end, its bytes and a line
end" (RFC 9112, 7.1). For a busy server that is a third of what an event costs. So the chunks of a
response that has begun may be written to the connection's ``StreamWriter``, which is found through
the bound methods that Hypercorn hands down, each of exactly the type that is known here. With a
Hypercorn that is built in another way there is no shortcut, and all goes through ASGI. The head of
a response and its end always do.

The writer also shows what ASGI does not tell: whether the connection still lives, and whether its
client takes what it is sent.

Imported only where Hypercorn serves.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from dataclasses import dataclass
from time import time
from typing import Any

import h11
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.logging import Logger
from hypercorn.protocol.h2 import H2Protocol
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.http_stream import HTTPStream
from hypercorn.typing import ASGISendCallable, HTTPResponseBodyEvent, HTTPResponseStartEvent
from hypercorn.utils import UnexpectedMessageError

from quart_chat.events.hypercorn.departure import NextWriter

if sys.platform == "linux":
    import fcntl
    import termios

    def count_unconfirmed(descriptor: int) -> int:
        """Count the bytes of a socket's send queue (tcp(7), "SIOCOUTQ", by its other name)."""
        counted = fcntl.ioctl(descriptor, termios.TIOCOUTQ, bytes(4))
        return int.from_bytes(counted, sys.byteorder)

else:  # pragma: no cover - tests run on Linux, which counts them

    def count_unconfirmed(descriptor: int) -> int:
        """Not told by other systems in the same way."""
        return 0


_START: HTTPResponseStartEvent = {"type": "http.response.start", "status": 500, "headers": []}
_END: HTTPResponseBodyEvent = {"type": "http.response.body", "body": b"", "more_body": False}


@dataclass(frozen=True, slots=True)
class Connection:
    """What is known of the connection that carries a response.

    Attributes:
        server: Serves it.
        stream: The response on it.
        protocol: Frames the response.
    """

    server: TCPServer
    stream: HTTPStream
    protocol: H11Protocol | H2Protocol

    @property
    def takes_chunks(self) -> bool:
        """Whether the chunks of the response, which has begun, may be written to it."""
        if self.stream.scope["http_version"] != "1.1":
            return False
        # It is h11 that has said in the head how the body is framed.
        framing = getattr(self.protocol, "connection", None)
        return type(framing) is h11.Connection and framing.our_state is h11.SEND_BODY

    def may_be_taken(self) -> bool:
        """Whether its response, which has not begun, may take it over from the server."""
        scope, server = self.stream.scope, self.server
        framing = getattr(self.protocol, "connection", None)
        return (
            scope["http_version"] == "1.1"
            and scope["method"] == "GET"
            and scope["scheme"] == "http"
            and type(framing) is h11.Connection
            and framing.our_state is h11.SEND_RESPONSE
            and framing.their_state is h11.DONE
            and framing.trailing_data == (b"", False)
            and type(getattr(server, "reader", None)) is asyncio.StreamReader
            and not server.reader.at_eof()
            and not self.writer.is_closing()
            and not self.writer.transport.get_write_buffer_size()
        )

    @property
    def shared(self) -> bool:
        """Whether it carries other responses at the same time."""
        return isinstance(self.protocol, H2Protocol)

    @property
    def writer(self) -> asyncio.StreamWriter:
        return self.server.writer

    @property
    def logs_access(self) -> bool:
        """Whether the server logs its responses, or does anything else with them."""
        log = self.protocol.config.log
        return type(log) is not Logger or log.access_logger is not None

    async def log_access(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        """Log what the server is not told of."""
        response: HTTPResponseStartEvent = {
            "type": "http.response.start",
            "status": status,
            "headers": headers,
        }
        log, stream = self.protocol.config.log, self.stream
        await log.access(stream.scope, response, time() - stream.start_time)

    async def drain(self) -> None:
        """Wait until HTTP/2 lets all that was sent of the response pass.

        While a client lets nothing pass, Hypercorn takes as much as it is given, and keeps it.
        """
        if isinstance(self.protocol, H2Protocol):
            buffer = self.protocol.stream_buffers.get(self.stream.stream_id)
            if buffer is not None and buffer.buffer:
                await buffer.drain()

    def fileno(self) -> int:
        """The file descriptor of its socket; -1 where it is closed."""
        socket = self.writer.get_extra_info("socket")
        return -1 if socket is None else int(socket.fileno())

    def count_unsent(self) -> int:
        """Count the bytes that the client's system has not confirmed, where this system tells."""
        unsent = self.writer.transport.get_write_buffer_size()
        with suppress(OSError):
            unsent += count_unconfirmed(self.fileno())
        return unsent


def find_connection(send: ASGISendCallable) -> Connection | None:
    """The connection behind an application's ``send``, where all of it is as it is known here."""
    stream = _owner(send, HTTPStream)
    protocol = _owner(getattr(stream, "send", None), H11Protocol, H2Protocol)
    server = _owner(getattr(protocol, "send", None), TCPServer)
    writer = getattr(server, "writer", None)
    if server is None or type(writer) not in {asyncio.StreamWriter, NextWriter}:
        return None
    if type(protocol) is H2Protocol and not hasattr(protocol, "stream_buffers"):
        return None
    return Connection(server, stream, protocol)


def _owner(method: object, *known: type) -> Any:
    """The object that a bound method belongs to, where it is of exactly one of the types."""
    owner = getattr(method, "__self__", None)
    return owner if type(owner) in known else None


async def release_connection(send: ASGISendCallable) -> None:
    """Let go of a connection that was closed before its response was complete.

    Where more has arrived on a connection than a request, Hypercorn reads on after the end of the
    response. If that never comes, it waits for ever. So the response is brought to an end that
    only the server sees. After that it would wait for another request for some seconds.
    """
    connection = find_connection(send)
    if connection is None or connection.shared or not connection.writer.is_closing():
        return
    for message in (_START, _END):
        # Where one of them is not due, it has been sent.
        with suppress(UnexpectedMessageError, h11.LocalProtocolError):
            await send(message)
    if idle_task := getattr(connection.server, "idle_task", None):
        await idle_task.stop()
