"""What a server is left with when a stream takes a connection from it, and how it gets it back."""

from __future__ import annotations

import asyncio
from typing import Any

import h11


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


class DepartedClient:
    """What the server parses in the place of the connection: nothing."""

    our_state = None
    their_state = None
    they_are_waiting_for_100_continue = False

    def receive_data(self, data: bytes) -> None:
        pass

    def next_event(self) -> Any:
        return h11.NEED_DATA


class DepartedWriter:
    """What the server writes to and closes in the place of the connection."""

    def write(self, data: bytes) -> None:
        pass

    def write_eof(self) -> None:
        pass

    def close(self) -> None:
        pass

    async def drain(self) -> None:
        pass

    async def wait_closed(self) -> None:
        pass
