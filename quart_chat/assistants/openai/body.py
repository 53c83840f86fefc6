"""The body of a response as it arrives, and how long its endpoint may say nothing."""

from __future__ import annotations

import asyncio

import aiohttp

from quart_chat.assistants.openai.unpacking import Unpacker

REST = 0.05
"""Seconds in which what arrives is left to gather while an answer flows: a text that grows 20 times
a second flows, and to read and pass on some tokens costs as much as one. It is a little longer than
the frames in which texts are passed on, so that each piece is passed on as it is read."""
SMALL = 4096
"""Bytes of a piece that is followed by no rest: what comes so fast is gathered anyway."""

LARGE = 64 * 1024
"""Bytes of a piece at most; behind one that is as large others have their turn."""


class Silence(Exception):
    """The endpoint has said nothing for too long."""


class TooLarge(Exception):
    """The body has no end."""


class Body:
    """Reads a response: each piece is all that has arrived since the one before.

    Only the reader knows whether a piece says something: comments and empty chunks keep a
    connection open, and say nothing of the model behind it. So the reader calls :meth:`heard`, and
    bytes alone are no sign of life. The time that the reader itself takes is not counted.

    One timer watches the whole answer: one for each token would cost more than reading the token.

    Args:
        response: The response, whose head has arrived.
        patience: Seconds that may pass without anything heard.
        most: Bytes that are read.
    """

    def __init__(self, response: aiohttp.ClientResponse, patience: float, most: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._response = response
        self._content = response.content
        self._unpacker = Unpacker(response.headers.get("Content-Encoding", ""))
        self._patience = patience
        self._left = most
        self._left_at = self._loop.time()
        self._deadline = self._left_at + patience
        self._timer: asyncio.TimerHandle | None = None
        self._small = self._rests = self._large = False
        self._broken: aiohttp.ClientError | None = None
        self._waiting = False
        self._grace: float | None = None
        self._expired = False

    async def read(self) -> bytes:
        """Wait for the next piece; empty at the end.

        Raises:
            ClientError: The connection is broken, or what came over it can't be unpacked.
            Silence: The endpoint says nothing, and is not expected to be at its end.
            TooLarge: There has been too much of it.
        """
        if self._left < 0:
            raise TooLarge
        if self._rests:
            self._rests = False
            await asyncio.sleep(self._left_at + REST - self._loop.time())
        elif self._large:
            # What has arrived already is given without waiting.
            await asyncio.sleep(0)
        self._deadline += self._loop.time() - self._left_at
        if self._timer is None:
            self._timer = self._loop.call_at(self._deadline, self._check)
        self._waiting = True
        try:
            piece = await self._unpack()
        except aiohttp.ClientError:
            if self._grace is not None:
                return b""
            if not self._expired:
                raise
            raise Silence from None
        finally:
            self._waiting = False
            self._left_at = self._loop.time()
        self._left -= len(piece)
        self._small = len(piece) < SMALL
        self._large = len(piece) >= LARGE
        return piece

    def heard(self) -> None:
        """The last piece said something: from now on the full patience is left."""
        self._rests = self._small and not self._content.is_eof()
        self._deadline = self._loop.time() + self._patience

    def expect_end(self, seconds: float, *, anew: bool) -> None:
        """The answer is whole: a silence of so many seconds, or a broken connection, ends it.

        Args:
            seconds: How long it is waited for.
            anew: Whether they begin anew where they run already. That an answer is whole, said
                again and again, keeps no connection open.
        """
        if seconds == self._grace and not anew:
            return
        self._grace = seconds
        self._deadline = self._loop.time() + seconds
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        """Let go of the connection: kept if the body has been read to its end, closed if not."""
        if self._timer is not None:
            self._timer.cancel()
        connection = self._response.connection
        if connection is not None and connection.transport is not None:
            # Under TLS an orderly end would wait for the other side.
            connection.transport.abort()
        self._response.close()

    async def _unpack(self) -> bytes:
        """The next piece of what the response holds, unpacked where it is compressed."""
        piece = self._unpacker.take()
        while not piece:
            packed = await self._read()
            if not packed:
                return self._unpacker.finish()
            piece = self._unpacker.take(packed)
        return piece

    async def _read(self) -> bytes:
        """The next piece; that a connection has broken is told after what had come over it."""
        if self._broken is None:
            try:
                return await self._content.read(LARGE)
            except aiohttp.ClientError as error:
                self._broken = error
            # aiohttp gives nothing more of what it holds once there is an error.
            self._content.set_exception(None)  # type: ignore[arg-type]  # it can be taken back
            if piece := self._content.read_nowait(LARGE):
                return piece
        raise self._broken

    def _check(self) -> None:
        self._timer = None
        if not self._waiting:
            return  # the next read sets it again
        if self._loop.time() < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._check)
            return
        self._expired = True
        self._response.close()
