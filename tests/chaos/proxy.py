"""A proxy that cuts connections after so many bytes of the answer, or lets them fall silent."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from types import TracebackType
from typing import Self


class ChaosProxy:
    """Passes bytes between clients and a server, ``async with``.

    Attributes:
        port: Where it listens on 127.0.0.1.
        cuts: For each connection to come, the bytes of the server's answer that reach the client
            before both sides are cut off. Once it is exhausted connections are left whole.
        spared: A cut that would come right after this comes one byte later.
        made: Cuts that were made.
        dead: While it is so no byte passes on any connection, and none ever does on those that are
            made meanwhile.
    """

    port: int

    def __init__(self, upstream_port: int) -> None:
        self.cuts: Iterator[int] = iter(())
        self.spared: re.Pattern[bytes] | None = None
        self.made = 0
        self.dead = False
        self._upstream_port = upstream_port
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
        ends = (writer.wait_closed() for writer in self._writers)
        await asyncio.gather(*ends, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        budget = next(self.cuts, None)
        self._writers.append(writer)
        if self.dead:
            await asyncio.Event().wait()
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        except ConnectionError:
            writer.transport.abort()
            return
        self._writers.append(up_writer)
        asking = asyncio.create_task(self._pass(reader, up_writer, None))
        answering = asyncio.create_task(self._pass(up_reader, writer, budget))
        try:
            # Whichever side ends first ends the other.
            await asyncio.wait({asking, answering}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (asking, answering):
                task.cancel()
            _, spent = await asyncio.gather(asking, answering, return_exceptions=True)
            self.made += spent is True
            up_writer.transport.abort()
            writer.transport.abort() if spent is True else writer.close()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, budget: int | None
    ) -> bool:
        """Pass bytes on until the end, or until the budget is spent, which is what is returned."""
        while data := await reader.read(65536):
            if self.dead:
                await asyncio.Event().wait()
            spent = False
            if budget is not None:
                passed = data[:budget]
                if len(passed) == budget and self.spared and self.spared.search(passed):
                    budget += 1
                    passed = data[:budget]
                data, spent = passed, len(passed) == budget
                budget -= len(passed)
            writer.write(data)
            await writer.drain()
            if spent:
                return True
        return False
