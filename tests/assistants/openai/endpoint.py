"""An OpenAI-compatible endpoint that speaks HTTP on a socket and misbehaves as a test wants."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import orjson

from quart_chat.chat.rounds.titling import INSTRUCTIONS

DONE = b"data: [DONE]\n\n"


def event(payload: object) -> bytes:
    return b"data: " + orjson.dumps(payload) + b"\n\n"


def delta(finish: str | None = None, **fields: Any) -> bytes:
    """A chunk as servers send it, with the fields that nobody reads here."""
    choice = {"index": 0, "delta": fields, "logprobs": None, "finish_reason": finish}
    return event(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1700000000,
            "model": "tiny",
            "choices": [choice],
            "usage": None,
        }
    )


def say(*words: str) -> bytes:
    return b"".join(delta(content=word) for word in words)


def usage(tokens: int | None) -> bytes:
    return event({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": tokens}})


def end(tokens: int = 3, finish: str = "stop") -> bytes:
    """All that follows the last word."""
    return delta(finish) + usage(tokens) + DONE


@dataclass
class Request:
    """What the endpoint was asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


class Exchange:
    """One request that is being answered.

    Attributes:
        sent: Chunks sent so far.
    """

    def __init__(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.request = request
        self.sent = 0
        self._reader = reader
        self._writer = writer

    async def answer(
        self, status: int, body: object = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        """Send a whole response, JSON unless the body is bytes."""
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        self._head(status, {"Content-Length": str(len(data)), **(headers or {})})
        self._writer.write(data)
        await self._writer.drain()

    def begin(self, media_type: str = "text/event-stream; charset=utf-8") -> None:
        self._head(200, {"Content-Type": media_type, "Transfer-Encoding": "chunked"})

    async def send(self, *chunks: bytes) -> None:
        """Send HTTP chunks in one write."""
        self._writer.write(b"".join(b"%x\r\n%b\r\n" % (len(c), c) for c in chunks))
        await self._writer.drain()
        self.sent += len(chunks)

    async def finish(self) -> None:
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()

    async def stream(self, *chunks: bytes) -> None:
        """Send a whole stream."""
        self.begin()
        await self.send(*chunks)
        await self.finish()

    async def cut(self) -> None:
        """Break the connection once the client has had the chance to read what was sent."""
        self._writer.close()
        await self._writer.wait_closed()

    async def hang(self) -> None:
        """Say nothing until the client has gone."""
        with suppress(ConnectionError):
            await self._reader.read(1)

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} Whatever", *(f"{k}: {v}" for k, v in headers.items())]
        self._writer.write("\r\n".join((*lines, "", "")).encode())


Script = Callable[[Exchange], Awaitable[None]]


def talk(*chunks: bytes) -> Script:
    """Stream these chunks, in one write."""
    return lambda exchange: exchange.stream(*chunks)


def refuse(status: int, body: object = b"", **headers: str) -> Script:
    """Answer with a status."""
    return lambda exchange: exchange.answer(status, body, headers)


HELLO = talk(say("Hello", " world"), end(2))


class FakeEndpoint:
    """Answers each completion by the next script, and by the last one from then on.

    Attributes:
        url: Its base URL.
        requests: All that it was asked, in order.
        scripts: How completions are answered.
        models: How the list of models is answered.
        titles: How requests for the title of a chat are answered, which are beside all others.
        title_requests: Those.
        embeddings: How embeddings are answered.
        open: Connections that are open.
    """

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[Request] = []
        self.scripts: deque[Script] = deque([HELLO])
        self.titles: Script = refuse(404)
        self.title_requests: list[Request] = []
        self.models: Script = refuse(200, {"data": [{"id": "tiny"}, {"id": "large"}]})
        self.embeddings: Script = refuse(404)
        self.open: set[asyncio.StreamWriter] = set()

    def script(self, *scripts: Script) -> None:
        self.scripts = deque(scripts)

    @property
    def completions(self) -> list[Any]:
        """Bodies of the completions asked for."""
        return [r.json for r in self.requests if r.path.endswith("/chat/completions")]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.add(writer)
        try:
            while request := await _read_request(reader):
                asks_for_title = INSTRUCTIONS.encode() in request.body
                (self.title_requests if asks_for_title else self.requests).append(request)
                await self._script(request)(Exchange(request, reader, writer))
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()
            self.open.discard(writer)

    def _script(self, request: Request) -> Script:
        if request.path.endswith("/models"):
            return self.models
        if request.path.endswith("/embeddings"):
            return self.embeddings
        if request in self.title_requests:
            return self.titles
        return self.scripts.popleft() if len(self.scripts) > 1 else self.scripts[0]


async def _read_request(reader: asyncio.StreamReader) -> Request | None:
    head = await reader.read(1)
    # Whoever begins with a TLS handshake is sent away, as servers of plain HTTP do.
    if head in (b"", b"\x16"):
        return None
    head += await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").splitlines()[:-1]
    method, path, _ = first.split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, path, headers, body)


@asynccontextmanager
async def fake_endpoint(tls: ssl.SSLContext | None = None) -> AsyncGenerator[FakeEndpoint]:
    endpoint = FakeEndpoint()
    server = await asyncio.start_server(endpoint.serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        scheme = "https" if tls else "http"
        endpoint.url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        yield endpoint
        for writer in list(endpoint.open):
            writer.close()
