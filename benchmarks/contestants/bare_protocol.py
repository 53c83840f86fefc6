"""The least that a Python server can do: an ``asyncio.Protocol`` on uvloop that keeps sockets.

A request's path is taken from its first line, and nothing else of it is looked at. An event is a
template with its numbers filled in, framed once, and written to every socket of its context. What
it does not do is in the README.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import defaultdict
from typing import Any, cast
from urllib.parse import parse_qsl

import orjson
import uvloop

from benchmarks.emission import Plan, make_event, make_item, run

HEAD = (
    b"HTTP/1.1 200 OK\r\n"
    b"Content-Type: text/event-stream\r\n"
    b"Cache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
NOTHING = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

readers: defaultdict[str, set[asyncio.Transport]] = defaultdict(set)
emissions: set[asyncio.Task[None]] = set()


def _make_template() -> bytes:
    """An event's frame, encoded once for all, with its number and its times left open."""
    event = {**make_event({**make_item(0), "n": -1, "t": -2}), "createdAt": -3}
    body = orjson.dumps(event).replace(b"%", b"%%")
    for mark, field in ((b"-1", b"%d"), (b"-2", b"%d"), (b"-3", b"%f")):
        body = body.replace(mark, field)
    return b"id: %d\ndata: " + body + b"\n\n"


TEMPLATE = _make_template()


def frame(item: dict[str, Any]) -> bytes:
    number = item["n"]
    data = TEMPLATE % (number, time.time(), number, item["t"])
    return b"%x\r\n%b\r\n" % (len(data), data)


async def emit(context: str, item: dict[str, Any]) -> None:
    chunk = frame(item)
    for transport in readers[context]:
        transport.write(chunk)


class Connection(asyncio.Protocol):
    """A client: it asks for one stream, or tells the server to emit."""

    def __init__(self) -> None:
        self._received = b""
        self._context = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._received.endswith(b"\r\n\r\n"):
            return
        _, target, _ = self._received.split(b" ", 2)
        self._received = b""
        route, _, rest = target.decode()[1:].partition("/" if target.count(b"/") == 2 else "?")
        if route == "emit":
            self._emit(rest)
        else:
            self._stream(rest, HEAD + frame(make_item(0)) if route == "start" else HEAD)

    def _emit(self, query: str) -> None:
        emission = asyncio.ensure_future(run(Plan.parse(dict(parse_qsl(query))), emit))
        emissions.add(emission)
        emission.add_done_callback(emissions.discard)
        self._transport.write(NOTHING)

    def _stream(self, context: str, beginning: bytes) -> None:
        self._context = context
        readers[context].add(self._transport)
        self._transport.write(beginning)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._context:
            here = readers[self._context]
            here.discard(self._transport)
            if not here:
                del readers[self._context]


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
