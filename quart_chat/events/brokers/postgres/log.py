"""The log on PostgreSQL, for processes on any number of machines: two tables, and notifications.

A notification carries its batch, unless that is too long. So a reader takes what it is notified of.
It reads the table where it begins, for long batches, and now and then to see whether the log is
still the one that it has read.

What a notification says is compared with what was read from the table: what was committed before
the reader began to listen is behind a notification that it sends to itself, and what it has read
since then is known by its marks.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from time import monotonic
from typing import TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict

from quart_chat.events.brokers.address import without_password
from quart_chat.events.brokers.postgres import tables
from quart_chat.events.brokers.postgres.listener import Listener
from quart_chat.events.brokers.postgres.tables import Batch
from quart_chat.events.brokers.protocol import LogSilent, LogUnavailable, Place
from quart_chat.outbound.postgres import Connection, ConnectionThread

T = TypeVar("T")

_GATHER = 0.005
"""Seconds between two appends of a node. A commit that notifies keeps all others of the server
waiting, so a node does no more than 200 a second, and gathers what is published meanwhile."""

_IDLE = 2.0
"""Seconds without a notification after which the table is looked at."""

_TIMEOUT = 4.0
"""Seconds for each call: less than the broker's own limit."""

_INTERRUPTED = "the event log does not go on from where it was read"


class PostgreSQLLog:
    """Implements :class:`quart_chat.events.brokers.protocol.Log`.

    Args:
        url: ``postgresql://``, as libpq reads it.

    Raises:
        ValueError: The address can't be used.
    """

    def __init__(self, url: str) -> None:
        _check(url)
        self._name = without_password(url)
        self._url = url
        self._sender: ConnectionThread | None = None
        self._listener: Listener | None = None

    async def append(self, batch: bytes) -> None:
        begun = monotonic()
        await self._send(partial(tables.append, body=batch))
        await asyncio.sleep(begun + _GATHER - monotonic())

    async def tail(self, after: Place | None) -> AsyncGenerator[tuple[Place, bytes | None], None]:
        await self._read(tables.open_channel)
        position = _Position(*await self._read(partial(tables.find, after=after)))
        await self._synchronize()
        yield position.place, None
        payload: str | None = None
        while True:
            batches = await self._take(position, payload)
            for batch in batches:
                position.move_to(batch)
                yield position.place, batch.body
            if len(batches) >= tables.AT_ONCE:
                payload = None
                continue
            if not self._listening.has_more:
                yield position.place, None
            payload = await self._hear()

    async def _take(self, position: _Position, payload: str | None) -> list[Batch]:
        """The batches that a notification tells of; without one, those that the table has."""
        epoch, batch = tables.read_notification(payload)
        batches: list[Batch] | None
        if batch is None or not batch.body:
            find = partial(tables.read, place=position.place, mark=position.mark)
            batches = await self._read(find)
            position.expect(batches or [])
        else:
            batches = position.match(epoch, batch)
        if batches is None:
            raise LogUnavailable(f"{self._name}: {_INTERRUPTED}")
        return batches

    async def at(self, place: Place) -> bytes | None:
        return await self._read(partial(tables.read_at, place=place))

    async def renew(self, epoch: str) -> None:
        await self._read(partial(tables.renew, epoch=epoch))

    async def close(self) -> None:
        threads = self._listener, self._sender
        self._listener = self._sender = None
        for thread in threads:
            if thread is not None:
                with suppress(psycopg.Error):
                    await thread.close()

    async def _synchronize(self) -> None:
        """Leave out the notifications of what was committed so far.

        Another connection sends the last of them, as a pooler could bring one of the same.
        """
        payload = secrets.token_hex(8)
        await self._send(partial(tables.notify, payload=payload))
        async with self._told(self._listening):
            await self._listening.skip_until(payload, _TIMEOUT)

    async def _hear(self) -> str | None:
        async with self._told(self._listening):
            return await self._listening.next(_IDLE)

    async def _send(self, work: Callable[[Connection], T]) -> T:
        if self._sender is None:
            self._sender = ConnectionThread(self._url)
        return await self._run(self._sender, work)

    async def _read(self, work: Callable[[Connection], T]) -> T:
        return await self._run(self._listening, work)

    @property
    def _listening(self) -> Listener:
        if self._listener is None:
            self._listener = Listener(self._url)
        return self._listener

    async def _run(self, thread: ConnectionThread, work: Callable[[Connection], T]) -> T:
        async with self._told(thread):
            return await thread.submit(lambda: work(thread.connected()), _TIMEOUT)

    @asynccontextmanager
    async def _told(self, thread: ConnectionThread) -> AsyncIterator[None]:
        try:
            yield
        except (psycopg.Error, LogUnavailable, UnicodeError) as error:  # of a host's name
            silent = thread.was_cut or isinstance(error, psycopg.errors.ConnectionTimeout)
            if silent:
                raise LogSilent(f"{self._name}: no answer in time") from error
            raise LogUnavailable(f"{self._name}: {_describe(error)}") from error


class _Position:
    """Where a reader is: the place and the mark of the batch that it has read last.

    It also knows what it has read from the table, of which a notification may come yet.
    """

    def __init__(self, place: Place, mark: str | None) -> None:
        self.place = place
        self.mark = mark
        self._expected: dict[int, str] = {}

    def move_to(self, batch: Batch) -> None:
        self.place = Place(self.place.epoch, batch.number)
        self.mark = batch.mark

    def expect(self, batches: Sequence[Batch]) -> None:
        """Know batches of the table when a notification of them comes."""
        self._expected.update((batch.number, batch.mark) for batch in batches)

    def match(self, epoch: str, batch: Batch) -> list[Batch] | None:
        """What is new of the batch of a notification; None where the log does not go on with it."""
        if epoch == self.place.epoch and self._expected.get(batch.number) == batch.mark:
            return []
        self._expected.clear()
        return [batch] if Place(epoch, batch.number - 1) == self.place else None


def _describe(error: Exception) -> str:
    """What the server or libpq says, in one line."""
    said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return said or " ".join(str(error).split())


def _check(url: str) -> None:
    """See whether libpq can read an address.

    Raises:
        ValueError: It can't; the message shows nothing of it but names.
    """
    try:
        options = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        said = str(error).strip()
        if said.startswith("invalid URI query parameter"):
            raise ValueError(said) from None
        raise ValueError(
            "libpq can't read it; encode special characters of the password, such as % as %25"
        ) from None
    for port in str(options.get("port") or "5432").split(","):
        if not (port.isdecimal() and 0 < int(port) < 65_536):
            raise ValueError(
                "its port is not a number from 1 to 65535; encode special characters of the"
                " password"
            )
