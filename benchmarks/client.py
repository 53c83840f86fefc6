"""The load client: cheap enough that the server, on a core of its own, is what is measured.

It parses no events. Each holds one byte that stands nowhere else, so counting that byte in what
arrives counts events exactly, wherever the bytes are cut. The time of emission is read from the
first event of each piece that arrives: the oldest, so the longest under way.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import cast

import orjson

from benchmarks.emission import MARK, Plan, make_event, run
from benchmarks.server import Server

_EMITTED_AT = re.compile(rb'"t": ?(\d+)[,}]')
_NUMBER = re.compile(rb'"n": ?(\d+),')

_OPENING_AT_ONCE = 50
_HEADERS = (
    "Host: 127.0.0.1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
    "Accept: text/event-stream\r\n"
    "Accept-Language: en\r\n"
    "Connection: keep-alive\r\n"
    "Cache-Control: no-cache\r\n"
)


class Reader(asyncio.Protocol):
    """One stream.

    Attributes:
        closed: Whether the server has ended it.
        count: Events received.
        received: All that came, where it is kept.
    """

    __slots__ = ("_fleet", "_path", "closed", "count", "opened", "received", "transport")

    def __init__(self, fleet: Fleet, path: str, *, keep: bool) -> None:
        self._fleet = fleet
        self._path = path
        self.closed = False
        self.count = 0
        self.received: bytearray | None = bytearray() if keep else None
        self.opened = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance
        self.transport.write(f"GET {self._path} HTTP/1.1\r\n{_HEADERS}\r\n".encode())

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        if not self.opened.done():
            self.opened.set_result(None)
        if self.received is not None:
            self.received += data
        count = data.count(MARK)
        if count:
            before, self.count = self.count, self.count + count
            if before < self._fleet.target <= self.count:
                self._fleet.note_target_reached()
            emitted_at = _EMITTED_AT.search(data)
            if emitted_at is not None:
                self._fleet.latencies.append(now - int(emitted_at[1]))

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionError("closed before the response"))


@dataclass(slots=True)
class Deliveries:
    """Whether each reader got each event once and in order.

    Attributes:
        lost: Events missing, summed over the readers.
        extra: Events too many, likewise.
        misplaced: Events that do not follow the one before, at the reader whose bytes are kept.
        unstored: Answers that the database holds otherwise than they were given.
    """

    expected: int = 0
    received: int = 0
    lost: int = 0
    extra: int = 0
    misplaced: int = 0
    unstored: int = 0

    @property
    def faults(self) -> int:
        return self.lost + self.extra + self.misplaced + self.unstored

    def add(self, other: Deliveries) -> None:
        self.expected += other.expected
        self.received += other.received
        self.lost += other.lost
        self.extra += other.extra
        self.misplaced += other.misplaced
        self.unstored += other.unstored


@dataclass(slots=True)
class Fleet:
    """Many streams of one server, and what they received together.

    Attributes:
        latencies: Nanoseconds from emission to arrival, one of each piece that arrived.
        target: Events that each reader is to have before ``wait`` returns.
    """

    server: Server
    readers: list[Reader] = field(default_factory=list)
    latencies: list[int] = field(default_factory=list)
    target: int = 0
    _behind: int = 0
    _complete: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self, paths: list[str]) -> None:
        """Open streams, and wait until the server has answered each."""
        loop = asyncio.get_running_loop()
        for begin in range(0, len(paths), _OPENING_AT_ONCE):
            opening: list[Reader] = []
            for path in paths[begin : begin + _OPENING_AT_ONCE]:
                make = partial(Reader, self, path, keep=not self.readers)
                _, reader = await loop.create_connection(make, "127.0.0.1", self.server.port)
                self.readers.append(reader)
                opening.append(reader)
            async with asyncio.timeout(30):
                await asyncio.gather(*(reader.opened for reader in opening))

    def close(self) -> None:
        for reader in self.readers:
            if reader.transport is not None:
                reader.transport.close()

    def expect(self, events: int) -> None:
        """Expect so many more events at each reader."""
        self.target += events
        self._behind = sum(reader.count < self.target for reader in self.readers)
        if self._behind:
            self._complete.clear()
        else:
            self._complete.set()

    def note_target_reached(self) -> None:
        self._behind -= 1
        if self._behind == 0:
            self._complete.set()

    async def wait(self, seconds: float) -> bool:
        """Wait until each reader has what it is to have; False: what is missing then is lost."""
        try:
            async with asyncio.timeout(seconds):
                return await self._complete.wait()
        except TimeoutError:
            return False

    def deliveries(self) -> Deliveries:
        counts = [reader.count for reader in self.readers]
        return Deliveries(
            expected=self.target * len(counts),
            received=sum(counts),
            lost=sum(max(0, self.target - count) for count in counts),
            extra=sum(max(0, count - self.target) for count in counts),
            misplaced=self._misplaced(),
        )

    def _misplaced(self) -> int:
        body = _without_frames(bytes(self.readers[0].received or b""))
        numbers = [int(number) for number in _NUMBER.findall(body)]
        return sum(after not in (before + 1, 0) for before, after in pairwise(numbers))


def _without_frames(response: bytes) -> bytes:
    """The body of a response, taken out of the chunks that may cut it anywhere, also in a number.

    See RFC 9112, 7.1.
    """
    head, _, rest = response.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" not in head.lower():
        return rest
    body, start = [], 0
    while (end := rest.find(b"\r\n", start)) >= 0:
        begin, size = end + 2, int(rest[start:end], 16)
        body.append(rest[begin : begin + size])
        start = begin + size + 2
    return b"".join(body)


class Publisher(asyncio.Protocol):
    """Sends requests on one connection, without waiting for their answers."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None

    @property
    def connected(self) -> bool:
        return self._transport is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def post(self, path: str, body: bytes = b"") -> None:
        assert self._transport is not None
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


@dataclass(slots=True)
class Emitter:
    """Has a server emit: by itself, or where it is published to, from here."""

    server: Server
    _publisher: Publisher = field(default_factory=Publisher)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def connect(self) -> None:
        """Be connected; servers close a connection that is idle for seconds."""
        if not self._publisher.connected:
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: self._publisher, "127.0.0.1", self.server.port)

    async def emit(self, plan: Plan) -> None:
        """Begin to emit, and return."""
        await self.connect()
        if self.server.contestant.published:
            task = asyncio.create_task(run(plan, self.publish))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            self._publisher.post(f"/emit?{plan.query}")

    async def publish(self, context: str, item: dict[str, object]) -> None:
        self._publisher.post(f"/publish/{context}", orjson.dumps(make_event(item)))

    def close(self) -> None:
        self._publisher.close()
