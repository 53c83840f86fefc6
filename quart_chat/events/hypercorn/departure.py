"""What a server is left with when a stream takes a connection from it, and how it gets it back."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from hypercorn.asyncio.tcp_server import TCPServer


class NextWriter(asyncio.StreamWriter):
    """Writes to a connection that a stream has given back.

    A writer that is let go of closes its connection. So the first is kept, and this one closes
    nothing by itself.

    Attributes:
        first: The one that the connection began with.
    """

    def __init__(
        self,
        before: asyncio.StreamWriter,
        protocol: asyncio.StreamReaderProtocol,
        reader: asyncio.StreamReader,
    ) -> None:
        super().__init__(before.transport, protocol, reader, asyncio.get_running_loop())
        self.first: asyncio.StreamWriter = (
            before.first if isinstance(before, NextWriter) else before
        )

    def __del__(self, *_: object) -> None:
        pass


class Departure:
    """What a server is left with in the place of a connection.

    It is parser and writer alike: there is nothing to parse, and what is written goes nowhere.

    Args:
        departed: Gets what the server had still read of a next request, once it has closed what it
            takes for its connection.
        server: The server of that connection.
    """

    our_state = None
    their_state = None
    they_are_waiting_for_100_continue = False

    def __init__(self, departed: asyncio.Future[bytes], server: TCPServer) -> None:
        self._departed = departed
        self._server: TCPServer | None = server
        self._received = b""

    def receive_data(self, data: bytes) -> None:
        self._received += data

    def next_event(self) -> Any:
        return h11.NEED_DATA

    def write(self, data: bytes) -> None:
        pass

    def write_eof(self) -> None:
        pass

    def close(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        if not self._departed.done():  # as it is where the stream's task was cancelled
            self._departed.set_result(self._received)
        # To close is the last that a server does. It and its protocol hold each other, and would be
        # left to the garbage collector.
        del server.protocol

    async def drain(self) -> None:
        pass

    async def wait_closed(self) -> None:
        pass
