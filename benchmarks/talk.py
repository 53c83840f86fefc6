"""The client of the chat part: asks, takes the time of the first token, and keeps what comes.

What came is parsed only once it has all come, so that reading costs the same for whoever serves.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from typing import cast

import orjson

from quart_chat.events.sse import StreamParser

_FIRST = b'"delta"'
_WORKFLOW_ID = re.compile(rb'"workflowId":"(\w+)"')
_END = b"\r\n0\r\n\r\n"
"""The last chunk of a response (RFC 9112, 7.1); no frame ends like it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came on a prompt.

    Attributes:
        waited: Nanoseconds from the prompt to the first token.
        response: All that came, as it came.
    """

    prompt: str
    waited: int
    response: bytes


class Talk(asyncio.Protocol):
    """A connection of a person, who asks one prompt after another."""

    def __init__(self, session: str | None = None) -> None:
        """Talk in the session with this secret, or without any."""
        self._cookie = "" if session is None else f"Cookie: __Host-session={session}\r\n"
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    async def ask(self, prompt: str, model: str) -> Reply:
        """Send a prompt, and return when the stream of its answer has ended."""
        asked_at = time.monotonic_ns()
        body = orjson.dumps({"prompt": prompt, "assistant": "model", "model": model})
        await self._post("/api/chatbot/start/stream", body, _END)
        return Reply(prompt, self._first_at - asked_at, bytes(self._received))

    async def stop(self, workflow_id: str) -> None:
        """Stop the answer to another connection's prompt."""
        await self._post(f"/api/chatbot/{workflow_id}/stop", b"", b"}")

    @property
    def workflow_id(self) -> str:
        """The chat that the answer belongs to, which comes with the first of it."""
        found = _WORKFLOW_ID.search(self._received)
        assert found is not None
        return found[1].decode()

    async def _post(self, path: str, body: bytes, end: bytes) -> None:
        assert self._transport is not None
        self._answered = asyncio.get_running_loop().create_future()
        self._received.clear()
        self._first_at = 0
        self._end = end
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
            f"Content-Type: application/json\r\n{self._cookie}"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self._transport.write(head.encode() + body)
        await self._answered

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._first_at and _FIRST in self._received:
            self._first_at = time.monotonic_ns()
        if self._received.endswith(self._end):
            self._answered.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._answered.done():
            self._answered.set_exception(exc or ConnectionError("closed in mid-answer"))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def read_events(response: bytes) -> list[dict[str, object]]:
    """The events of a response with its head, in chunks."""
    head, _, rest = response.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        raise ValueError(head.decode() + rest[:200].decode())
    parser = StreamParser()
    events: list[dict[str, object]] = []
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size, 16)
        events += [orjson.loads(frame.data) for frame in parser.feed(rest[:length])]
        rest = rest[length + 2 :]
    return events


def read_answer(response: bytes) -> str:
    """The text that the deltas of a response make.

    Raises:
        ValueError: They leave a gap or overlap, or the stream has another end than ``complete``.
    """
    text, last = "", None
    for event in read_events(response):
        last, item = event["type"], cast("dict[str, str]", event.get("item") or {})
        if last == "delta":
            if item.get("offset", len(text)) != len(text):
                raise ValueError("the pieces don't join")
            text += item["text"]
        elif last == "message" and item["status"] == "streaming":
            text = item["content"]  # what a snapshot has of an answer in flight
    if last != "complete":
        raise ValueError(f"it ended with {last}")
    return text
