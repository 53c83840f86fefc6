"""The log on Redis, for processes on any number of machines: a stream, and a hash as its head.

The head has the epoch and the number of the last batch, and each entry of the stream has both of
its own. Scripts change the two together. The server names entries by its clock, so what is appended
after the stream was emptied or restored still comes after all that was read before: a reader hears
of it at once, and sees by epoch and number that it does not go on from where it was.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import OutOfMemoryError, RedisError

from quart_chat.events.brokers.address import without_password
from quart_chat.events.brokers.protocol import LogSilent, LogUnavailable, Place

# The braces keep both on one server where keys are spread over several.
HEAD, STREAM = "qc:{log}:head", "qc:{log}"

KEPT = 20_000
"""Batches that the log keeps, and up to a hundred more: Redis drops them by the block."""

KEPT_BYTES = 200_000_000
"""Bytes of memory past which half of the batches go."""

_AT_ONCE = 64
_IDLE = 2.0
"""Seconds that a read waits for the next batch; then the head is looked at."""

_TIMEOUT = 4.0
"""Seconds for each call, a waiting read included: less than the broker's own limit."""

_APPEND = """
local epoch, number = unpack(redis.call('HMGET', KEYS[1], 'epoch', 'number'))
if not epoch then
  redis.call('DEL', KEYS[2])
  epoch, number = ARGV[1], 0
  redis.call('HSET', KEYS[1], 'epoch', epoch)
end
number = number + 1
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'e', epoch, 'n', number, 'b', ARGV[2])
redis.call('HSET', KEYS[1], 'number', number)
if number % 256 == 0
    and redis.call('MEMORY', 'USAGE', KEYS[2], 'SAMPLES', 0) > tonumber(ARGV[4]) then
  redis.call('XTRIM', KEYS[2], 'MAXLEN', math.floor(redis.call('XLEN', KEYS[2]) / 2))
end
"""

# Where a reading goes on: epoch, number and entry. The number is the one before the next batch.
_FIND = """
local epoch, number = unpack(redis.call('HMGET', KEYS[1], 'epoch', 'number'))
local entry = ARGV[3]
if ARGV[2] == '' then
  entry = string.format('%.0f-0', (redis.call('TIME')[1] - 60) * 1000)
elseif ARGV[2] ~= epoch then
  entry = '0-0'
end
local following = redis.call('XRANGE', KEYS[2], '(' .. entry, '+', 'COUNT', 1)[1]
if not epoch or (following and following[2][2] ~= epoch) then
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'number', 0)
  return {ARGV[1], 0, '0-0'}
end
if following then
  number = following[2][4] - 1
end
return {epoch, number, entry}
"""

_RENEW = """
if redis.call('HGET', KEYS[1], 'epoch') == ARGV[2] then
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'number', 0)
end
"""

# By now others may have made room, and appended what has not been read yet: that stays where there
# is much more room than the refused batch needs, with those that other processes send meanwhile.
_MAKE_ROOM = """
local info = redis.pcall('INFO', 'memory')
local function read(field)
  return tonumber(type(info) == 'string' and info:match(field .. ':(%d+)') or 0)
end
local needed = read('used_memory') - read('mem_not_counted_for_evict') + 4 * ARGV[2] + 1048576
if needed > read('maxmemory') then
  redis.call('XTRIM', KEYS[2], 'MAXLEN', math.floor(redis.call('XLEN', KEYS[2]) / 2))
end
"""


class RedisLog:
    """Implements :class:`quart_chat.events.brokers.protocol.Log`.

    ``at`` knows the place that was read last and the one where the reading began, and no other:
    a number does not lead to its entry.

    Args:
        url: ``redis://``, ``rediss://`` or ``unix://``, as redis-py reads them.

    Raises:
        ValueError: The address can't be used.
    """

    def __init__(self, url: str) -> None:
        self._name = without_password(url)
        self._options = _read_url(url)
        self._client: Redis | None = None
        # Those where a reading may go on: after the batch that was read last, and where it began.
        self._entries: dict[Place, bytes] = {}

    async def append(self, batch: bytes) -> None:
        try:
            await self._run(_APPEND, batch, KEPT, KEPT_BYTES)
        except LogUnavailable as error:
            if isinstance(error.__cause__, OutOfMemoryError):
                # The log itself may be what fills the memory; readers that are behind are told.
                await self._run(_MAKE_ROOM, len(batch))
            raise

    async def tail(self, after: Place | None) -> AsyncGenerator[tuple[Place, bytes | None], None]:
        place, entry = await self._find(after)
        self._entries[place] = entry
        yield place, None
        behind = True
        while True:
            batches = await self._read(entry, wait=not behind)
            for entry, fields in batches:
                if _place_of(fields) != (place.epoch, place.number + 1):
                    raise LogUnavailable(f"{self._name}: {_INTERRUPTED}")
                place = Place(place.epoch, place.number + 1)
                self._entries = {place: entry}
                yield place, fields[b"b"]
            if not (batches or behind) and (await self._find(place))[0] != place:
                raise LogUnavailable(f"{self._name}: {_INTERRUPTED}")
            behind = len(batches) == _AT_ONCE
            if not behind:
                yield place, None

    async def at(self, place: Place) -> bytes | None:
        entry = self._entries.get(place)
        if entry is None:
            return None
        async with self._told():
            found: Any = await self._connected.xrange(STREAM, entry, entry)
        return next((fields[b"b"] for _, fields in found if _place_of(fields) == place), None)

    async def renew(self, epoch: str) -> None:
        await self._run(_RENEW, epoch)

    async def close(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    async def _find(self, after: Place | None) -> tuple[Place, bytes]:
        """Find the place and the entry from which a reading goes on."""
        known = self._entries.get(after, b"0-0") if after else b""
        epoch, number, entry = await self._run(_FIND, after.epoch if after else "", known)
        return Place(epoch.decode(), int(number)), entry

    async def _read(self, entry: bytes, *, wait: bool) -> list[tuple[bytes, dict[bytes, bytes]]]:
        """Read the next batches; where it waits for one, there may be none."""
        block = int(1000 * _IDLE) if wait else None
        async with self._told():
            found: Any = await self._connected.xread({STREAM: entry}, count=_AT_ONCE, block=block)
        return found[0][1] if found else []

    async def _run(self, script: str, *values: str | bytes | int) -> Any:
        """Run a script; before the values comes an epoch, for a log that has none."""
        async with self._told():
            run = self._connected.register_script(script)
            return await run([HEAD, STREAM], [secrets.token_hex(4), *values])

    @property
    def _connected(self) -> Redis:
        if self._client is None:
            self._client = Redis.from_pool(ConnectionPool(**self._options))
        return self._client

    @asynccontextmanager
    async def _told(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(_TIMEOUT):
                yield
        except TimeoutError as error:
            raise LogSilent(f"{self._name}: no answer in time") from error
        except (RedisError, OSError) as error:
            raise LogUnavailable(f"{self._name}: {error}") from error


_INTERRUPTED = "the event log does not go on from where it was read"


def _place_of(fields: Mapping[bytes, bytes]) -> Place | None:
    """The place of a batch; None where another program has made the entry."""
    try:
        return Place(fields[b"e"].decode(), int(fields[b"n"]))
    except (LookupError, ValueError):
        return None


def _read_url(url: str) -> dict[str, Any]:
    """The options of the connections to an address.

    Raises:
        ValueError: It can't be used.
    """
    parts = urlsplit(url)
    database = parts.path.strip("/")
    if parts.scheme != "unix" and database and not database.isdecimal():
        raise ValueError(f"{database!r} is not the number of a database")
    options: dict[str, Any] = {
        **parse_url(url),
        # Each call has a timeout here: redis-py's own may lose a cancellation before Python 3.12.
        "socket_timeout": None,
        "socket_connect_timeout": None,
        # The broker itself tries again, and says so.
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
    }
    try:
        ConnectionPool(**options).make_connection()  # type: ignore[no-untyped-call]  # it names none
    except TypeError as error:
        name = str(error).rpartition(" ")[2]
        raise ValueError(f"{name} is not an option of redis-py") from error
    return options
