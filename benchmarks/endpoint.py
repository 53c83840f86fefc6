"""A model's endpoint that costs next to nothing: ``python -m benchmarks.endpoint PORT``.

It speaks the chat completions of OpenAI's API: real HTTP, an event for each token in a chunk of its
own, each written by itself, all of it encoded before the first request. An answer begins with the
prompt, so that no two are alike and a mix-up would show. The model's name says how much and how
fast: ``200-50`` writes 200 tokens, 50 a second, ``200-0`` one with every turn of its event loop;
``0-50`` has no token to say and ``mute-50`` not even a head, and neither ends.

``GET /state`` tells how many answers are under way and, by prompt, when each connection was closed
that was closed in mid-answer and how many tokens it could still have sent.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, cycle, islice
from typing import cast

import orjson
import uvloop

_SENTENCES = (
    "A **server** tells its readers what has happened, a little at a time, and each in order.",
    "Whoever comes late reads `snapshot` first, and follows from there.",
    "Nothing is lost, nothing is doubled, and nobody waits for the slowest.",
)
_PARAGRAPHS = (
    " ".join(_SENTENCES),
    "## What follows",
    "\n".join(f"- {sentence}" for sentence in _SENTENCES),
    "```python\nfor event in stream:\n    show(event)\n```",
)


_WORDS = ("\n\n" + "\n\n".join(_PARAGRAPHS)).replace(" ", "\0 ").split("\0")


def make_answer(prompt: str, tokens: int) -> str:
    """What a prompt is answered, to the character; the first token is the prompt."""
    return "".join(islice(chain([prompt], cycle(_WORDS)), tokens))


def _event(payload: object) -> bytes:
    data = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    frame = b"data: %b\n\n" % data
    return b"%x\r\n%b\r\n" % (len(frame), frame)


def _chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return _event(
        {
            "id": "chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012",
            "object": "chat.completion.chunk",
            "created": 1700000000,
            "model": "token",
            "service_tier": "default",
            "system_fingerprint": "fp_0123456789",
            "choices": [choice],
            "usage": None,
        }
    )


_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    b"Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"
) + _chunk({"role": "assistant", "content": ""})
_TOKENS = [_chunk({"content": word}) for word in _WORDS]
_END = b"".join(
    (
        _chunk({}, "stop"),
        _event(
            {
                "id": "chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012",
                "object": "chat.completion.chunk",
                "created": 1700000000,
                "model": "token",
                "choices": [],
                "usage": {"prompt_tokens": 9, "completion_tokens": 200, "total_tokens": 209},
            }
        ),
        _event(b"[DONE]"),
        b"0\r\n\r\n",
    )
)


@dataclass(slots=True)
class State:
    """What all connections have come to; see above."""

    running: int = 0
    closed: dict[str, tuple[int, int]] = field(default_factory=dict)


class Exchange(asyncio.Protocol):
    """A connection, and the answer that is being written to it."""

    def __init__(self, state: State) -> None:
        self._loop = asyncio.get_running_loop()
        self._state = state
        self._received = b""
        self._prompt = ""
        self._left = 0
        self._tokens: Iterator[bytes] = iter(())
        self._timer: asyncio.Handle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or len(body) < _content_length(head):
            return
        self._received = b""
        if head.startswith(b"GET"):
            self._tell(orjson.dumps(self._state))
        else:
            self._answer(orjson.loads(body))

    def _tell(self, body: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self._transport.write(head % len(body) + body)

    def _answer(self, asked: dict[str, object]) -> None:
        tokens, _, rate = str(asked["model"]).partition("-")
        messages = cast("list[dict[str, str]]", asked["messages"])
        self._prompt = messages[-1]["content"]
        self._state.running += 1
        if tokens != "mute":
            self._transport.write(_HEAD)
        if tokens.isdecimal() and tokens != "0":
            self._left = int(tokens)
            self._tokens = chain([_chunk({"content": self._prompt})], cycle(_TOKENS))
            self._write(self._loop.time(), 1 / float(rate) if float(rate) else 0.0)

    def _write(self, due: float, pause: float) -> None:
        if not self._left:
            self._prompt, self._timer = "", None
            self._state.running -= 1
            self._transport.write(_END)
            return
        self._left -= 1
        self._transport.write(next(self._tokens))
        due += pause
        if pause:
            self._timer = self._loop.call_at(due, self._write, due, pause)
        else:
            self._timer = self._loop.call_soon(self._write, due, pause)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._prompt:
            self._state.running -= 1
            self._state.closed[self._prompt] = (time.monotonic_ns(), self._left)


def _content_length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0] or 0)


async def serve(port: int) -> None:
    state = State()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Exchange(state), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    gc.disable()  # a pause here would be counted as a latency of the server
    uvloop.run(serve(int(sys.argv[1])))
