"""The log on RabbitMQ, for processes on any number of machines: a queue of the type stream.

The place of a batch is its offset in the stream. The epoch is that of the first message, so it ends
with the queue: a node that begins to read adds a mark, which is no batch, and in an empty stream
that mark proposes the epoch. The mark also shows where the stream ends, which nothing else does: a
reader that asks for an offset beyond the end waits for it.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from aio_pika import Connection, DeliveryMode, Message
from aio_pika.abc import (
    AbstractChannel,
    AbstractConnection,
    AbstractIncomingMessage,
)
from aio_pika.connection import make_url
from aiormq.exceptions import AMQPError, ChannelInvalidStateError, ChannelNotFoundEntity

from quart_chat.events.brokers.address import without_password
from quart_chat.events.brokers.protocol import LogSilent, LogUnavailable, Place

# It has an error for each attempt that fails; of those the broker logs the first.
logging.getLogger("aiormq.connection").setLevel(logging.CRITICAL)

QUEUE = "qc.events"
ARGUMENTS: dict[str, Any] = {
    "x-queue-type": "stream",
    "x-max-age": "1h",
    "x-max-length-bytes": 200_000_000,
    "x-stream-max-segment-size-bytes": 20_000_000,
}

_EPOCH, _PROPOSED = "epoch", "proposed"
_REACH_BACK = timedelta(seconds=60)
_AT_ONCE = 200
_IDLE = 2.0
"""Seconds without a batch after which a mark is added, and has to come back."""

_TIMEOUT = 4.0
"""Seconds for each step: less than the broker's own limit."""

_CLOSE = 0.8

_INTERRUPTED = "the event log does not go on from where it was read"


class RabbitMQLog:
    """Implements :class:`quart_chat.events.brokers.protocol.Log`.

    Args:
        url: ``amqp://`` or ``amqps://``, as aio-pika reads it.

    Raises:
        ValueError: The address can't be used.
    """

    def __init__(self, url: str) -> None:
        self._name = without_password(url)
        self._url = url
        parts = urlsplit(url)
        if not parts.hostname or parts.port == 0:
            raise ValueError("it names no host")
        try:
            parts.hostname.encode("idna")
        except UnicodeError as error:
            raise ValueError(f"{parts.hostname!r} is no name of a host") from error
        self._epoch = ""
        self._publisher: tuple[AbstractConnection, AbstractChannel] | None = None

    async def append(self, batch: bytes) -> None:
        try:
            async with self._told():
                if self._publisher is None:
                    connection = await _connect(self._url)
                    self._publisher = connection, await connection.channel(on_return_raises=True)
                await _publish(self._publisher[1], batch, {_EPOCH: self._epoch})
        except BaseException:
            await self.close()
            raise

    async def tail(self, after: Place | None) -> AsyncGenerator[tuple[Place, bytes | None], None]:
        async with self._connected() as connection:
            async with self._told():
                await _declare(connection)
                end = await _find_end(connection)
                self._epoch = epoch = await _find_epoch(connection, end)
                start = _find_start(after, epoch, end)
                stream = await _Stream.open(connection, start, _AT_ONCE)
                message = await stream.get()
            place = Place(epoch, _offset(message))
            yield place, None
            while True:
                if _EPOCH in message.headers:
                    place = Place(epoch, _offset(message) + 1)
                    yield place, message.body
                if stream.waits and _offset(message) >= end:
                    yield place, None
                following = _offset(message) + 1
                message = await self._next(stream)
                if _offset(message) != following:
                    raise LogUnavailable(f"{self._name}: {_INTERRUPTED}")

    async def at(self, place: Place) -> bytes | None:
        if place.number == 0:
            return None
        async with self._connected() as connection, self._told():
            end = await _find_end(connection)
            if place.epoch != await _find_epoch(connection, end) or place.number > end:
                return None
            message = await (await _Stream.open(connection, place.number - 1)).get()
            found = _offset(message) + 1 == place.number and _EPOCH in message.headers
            return message.body if found else None

    async def renew(self, epoch: str) -> None:
        async with self._connected() as connection, self._told():
            with suppress(ChannelNotFoundEntity):
                if epoch == await _find_epoch(connection, await _find_end(connection)):
                    channel = await connection.channel()
                    await channel.queue_delete(QUEUE)

    async def close(self) -> None:
        if self._publisher is not None:
            (connection, _), self._publisher = self._publisher, None
            await _close(connection)

    async def _next(self, stream: _Stream) -> AbstractIncomingMessage:
        async with self._told():
            await stream.acknowledge()
        with suppress(TimeoutError):
            async with asyncio.timeout(_IDLE):
                return await stream.get()
        async with self._told():
            await stream.mark()
            return await stream.get()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AbstractConnection]:
        async with self._told():
            connection = await _connect(self._url)
        try:
            yield connection
        finally:
            await _close(connection)

    @asynccontextmanager
    async def _told(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(_TIMEOUT):
                yield
        except TimeoutError as error:
            raise LogSilent(f"{self._name}: no answer in time") from error
        except (AMQPError, ChannelInvalidStateError, OSError) as error:
            raise LogUnavailable(f"{self._name}: {error}") from error


class _Stream:
    """Reads the queue from some place on."""

    def __init__(self, channel: AbstractChannel, at_once: int) -> None:
        self._channel = channel
        self._at_once = at_once
        self._messages: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()
        self._taken: AbstractIncomingMessage | None = None
        self._unacknowledged = 0

    @classmethod
    async def open(
        cls, connection: AbstractConnection, start: str | int | datetime, at_once: int = 1
    ) -> _Stream:
        """Begin to read; the server sends so many messages before the first is acknowledged."""
        channel = await connection.channel(on_return_raises=True)
        await channel.set_qos(prefetch_count=at_once)
        stream = cls(channel, at_once)
        connection.close_callbacks.add(stream._end)
        channel.close_callbacks.add(stream._end)
        # Where the queue is deleted, the channel stays.
        (await channel.get_underlay_channel()).on_consumer_cancel_callbacks.add(stream._end)
        queue = await channel.get_queue(QUEUE, ensure=False)
        await queue.consume(stream._put, arguments={"x-stream-offset": start})
        return stream

    @property
    def waits(self) -> bool:
        """Whether nothing is there to be read."""
        return self._messages.empty()

    async def get(self) -> AbstractIncomingMessage:
        """Read the next message; it may be cancelled.

        Raises:
            LogUnavailable: The server sends no more.
        """
        message = await self._messages.get()
        if message is None:
            raise LogUnavailable("the queue was deleted, or the connection has ended")
        self._taken = message
        self._unacknowledged += 1
        return message

    async def acknowledge(self) -> None:
        """Let the server send more, where it may be waiting for that."""
        if self._taken is not None and (self.waits or self._unacknowledged > self._at_once // 2):
            message, self._taken, self._unacknowledged = self._taken, None, 0
            await message.ack(multiple=True)

    async def mark(self) -> str:
        """Add a mark, and return what it proposes."""
        name = secrets.token_hex(4)
        await _publish(self._channel, b"", {_PROPOSED: name})
        return name

    async def _put(self, message: AbstractIncomingMessage) -> None:
        self._messages.put_nowait(message)

    def _end(self, *_: object) -> None:
        self._messages.put_nowait(None)


async def _declare(connection: AbstractConnection) -> None:
    channel = await connection.channel()
    await channel.declare_queue(QUEUE, durable=True, arguments=ARGUMENTS)


async def _publish(channel: AbstractChannel, body: bytes, headers: dict[str, Any]) -> None:
    """Append a message, and return once it is stored."""
    message = Message(body, headers=headers, delivery_mode=DeliveryMode.PERSISTENT)
    await channel.default_exchange.publish(message, QUEUE, mandatory=True)


async def _find_end(connection: AbstractConnection) -> int:
    """Add a mark, and return its offset."""
    stream = await _Stream.open(connection, "next")
    name = await stream.mark()
    while True:
        message = await stream.get()
        if message.headers.get(_PROPOSED) == name:
            await message.channel.basic_cancel(message.consumer_tag or "")
            return _offset(message)
        await stream.acknowledge()


async def _find_epoch(connection: AbstractConnection, end: int) -> str:
    """The epoch of the first message that says which it is.

    Raises:
        LogUnavailable: None does; the stream was deleted, as no node could tell another one.
    """
    stream = await _Stream.open(connection, "first")
    while True:
        message = await stream.get()
        proposed = message.headers.get(_PROPOSED) if _offset(message) == 0 else None
        epoch = message.headers.get(_EPOCH, proposed)
        if epoch is not None:
            await message.channel.basic_cancel(message.consumer_tag or "")
            return str(epoch)
        if _offset(message) >= end:
            await (await connection.channel()).queue_delete(QUEUE)
            raise LogUnavailable("the event log has no epoch")
        await stream.acknowledge()


def _find_start(after: Place | None, epoch: str, end: int) -> str | int | datetime:
    """Where the stream is to be read from; the mark at its end is always among what is read."""
    if after is None:
        return datetime.now(UTC) - _REACH_BACK
    return min(after.number, end) if after.epoch == epoch else "first"


def _offset(message: AbstractIncomingMessage) -> int:
    return int(str(message.headers["x-stream-offset"]))


async def _connect(url: str) -> Connection:
    """Open a connection, and close it where that fails: else aio-pika tries to as it is freed."""
    connection = Connection(make_url(url))
    try:
        await connection.connect()
    except BaseException:
        await connection.close()
        raise
    return connection


async def _close(connection: AbstractConnection) -> None:
    """Close a connection, which may be broken, without waiting long for an answer."""
    with suppress(AMQPError, ChannelInvalidStateError, OSError, TimeoutError):
        async with asyncio.timeout(_CLOSE):
            await connection.close()
