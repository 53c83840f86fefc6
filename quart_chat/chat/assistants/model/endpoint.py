"""An OpenAI-compatible endpoint: its streams and its list of models, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager, suppress
from typing import Self
from urllib.request import getproxies, proxy_bypass

import httpx2
import msgspec
import orjson
from msgspec import Struct

from quart_chat.chat.assistants.model.failures import Failures
from quart_chat.chat.assistants.model.transport import StreamTransport
from quart_chat.texts import _

CONNECT_TIMEOUT = 10.0
LIST_TIMEOUT = 5.0
LIST_PATIENCE = 30.0
"""Seconds until all of a list of models has come."""
MAX_LIST = 8 * 1024 * 1024
"""Bytes of a list of models that are read."""
MAX_BYTES = 64 * 1024 * 1024
"""Of one stream: some hundred times the longest answer that models give."""
MAX_REFUSAL = 64 * 1024
"""Bytes of a refusal's body that are read."""

Messages = Sequence[dict[str, str]]


class Model(Struct):
    id: str


class ModelList(Struct):
    data: list[Model]


class Endpoint:
    """Holds the connections; used with ``async with``.

    Args:
        base_url: Where the API is, usually ending with ``/v1``.
        key: Sent as a bearer token, unless it is empty.
        timeout: Seconds that the endpoint may say nothing.
    """

    def __init__(self, base_url: str, key: str, timeout: float) -> None:
        self._base_url = httpx2.URL(base_url)
        self._key = key
        self._timeout = timeout
        self._resources = AsyncExitStack()
        self.failures = Failures(self._base_url.netloc.decode(), key)

    async def __aenter__(self) -> Self:
        headers = {"Accept-Encoding": "identity"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        self._client = await self._resources.enter_async_context(
            httpx2.AsyncClient(
                base_url=self._base_url,
                headers=headers,
                transport=None if _has_proxy(self._base_url) else StreamTransport(),
                timeout=httpx2.Timeout(self._timeout, connect=CONNECT_TIMEOUT, pool=None),
                # How many run at a time is the service's business.
                limits=httpx2.Limits(max_connections=None, max_keepalive_connections=20),
            )
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._resources.aclose()

    @asynccontextmanager
    async def stream(self, model: str, messages: Messages) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Ask for a completion; what is yielded are the bytes of its stream.

        Raises:
            ModelError: There is no answer, or no more of it.
        """
        body = orjson.dumps(
            {
                "model": model,
                "messages": messages,
                "stream": True,
                "stream_options": {"include_usage": True},
            }
        )
        with self._told():
            async with self._client.stream(
                "POST",
                "chat/completions",
                content=body,
                headers={"Accept": "text/event-stream", "Content-Type": "application/json"},
            ) as response:
                if response.status_code != 200:
                    refusal = await _read_refusal(response)
                    raise self.failures.of_status(
                        response.status_code, response.headers, refusal, model
                    )
                if not response.headers.get("content-type", "").startswith("text/event-stream"):
                    raise self.failures.malformed()
                async with aclosing(self._pieces(response)) as pieces:
                    yield pieces

    async def _pieces(self, response: httpx2.Response) -> AsyncGenerator[bytes, None]:
        # The body as it comes: nothing was accepted that would have to be unpacked, and the
        # response's own iterators would only hand it on.
        assert isinstance(response.stream, httpx2.AsyncByteStream)  # noqa: S101 - an async client's
        size = 0
        async for piece in response.stream:
            if size > MAX_BYTES:
                raise self.failures.too_large()
            size += len(piece)
            yield piece

    async def models(self) -> tuple[str, ...]:
        """The ids of the models that it lists.

        Raises:
            ModelError: It gives no list.
        """
        with self._told():
            async with (
                _patience(LIST_PATIENCE),
                self._client.stream("GET", "models", timeout=LIST_TIMEOUT) as response,
            ):
                body = bytearray()
                await _read(response, MAX_LIST, body)
        if response.status_code != 200:
            raise self.failures.of_status(
                response.status_code, response.headers, bytes(body), _("lists of models")
            )
        try:
            listed = msgspec.json.decode(body, type=ModelList)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise self.failures.malformed() from error
        return tuple(model.id for model in listed.data)

    @contextmanager
    def _told(self) -> Generator[None]:
        try:
            yield
        except httpx2.HTTPError as error:
            raise self.failures.of_transport(error) from error


def _has_proxy(url: httpx2.URL) -> bool:
    """Whether the environment names a proxy for it, by the rules that httpx2 goes by."""
    proxies = getproxies()
    return bool(proxies.get(url.scheme) or proxies.get("all")) and not proxy_bypass(url.host)


async def _read_refusal(response: httpx2.Response) -> bytes:
    body = bytearray()
    # What a refusal is about is in its status; without a body it is one all the same.
    with suppress(httpx2.HTTPError):
        await _read(response, MAX_REFUSAL, body)
    return bytes(body)


async def _read(response: httpx2.Response, most: int, body: bytearray) -> None:
    """Add to ``body`` what comes, until it is more than ``most`` bytes."""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > most:
            break


@asynccontextmanager
async def _patience(seconds: float) -> AsyncGenerator[None]:
    """Wait so long for what is inside, however often something of it comes."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise httpx2.ReadTimeout("the endpoint does not come to an end") from error
