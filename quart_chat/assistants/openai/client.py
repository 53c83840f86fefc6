"""An OpenAI-compatible endpoint: its streams and its list of models, over HTTP."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Self
from urllib.parse import urljoin

import aiohttp
import orjson

from quart_chat.assistants.openai.address import EndpointAddress
from quart_chat.assistants.openai.body import Body, Silence, TooLarge
from quart_chat.assistants.openai.failures.error_mapper import ErrorMapper
from quart_chat.assistants.openai.failures.errors import ModelError
from quart_chat.assistants.openai.failures.words import find_words
from quart_chat.assistants.openai.history import join_system
from quart_chat.assistants.openai.length_limits import LengthLimits
from quart_chat.assistants.openai.listing import read_embeddings, read_models
from quart_chat.assistants.openai.tracing import traced
from quart_chat.assistants.parameters import NOTHING, Parameters
from quart_chat.outbound.http import create_tls_context, find_proxy
from quart_chat.texts import _

_logger = logging.getLogger(__name__)

CONNECT_TIMEOUT = 10.0
LIST_TIMEOUT = 5.0
"""Seconds without any of a list of models."""
EMBED_TIMEOUT = 5.0
"""Seconds until all embeddings of a question have come; the answer waits for them."""
LIST_PATIENCE = 30.0
"""Seconds until all of a list of models has come."""
KEPT = 4.0
"""Seconds that an idle connection is kept; many servers close it after five."""
MAX_LIST = 8 * 1024 * 1024
"""Bytes of a list of models that are read."""
MAX_BYTES = 64 * 1024 * 1024
"""Of one stream: some hundred times the longest answer that models give."""
MAX_REFUSAL = 64 * 1024
"""Bytes of a refusal's body that are read."""
MAX_HEAD = 64 * 1024
"""Bytes of one line of a response's head."""

OPTIONAL: dict[str, Any] = {"stream_options": {"include_usage": True}}
"""Parameters that an answer can do without."""
_NAMED = {"stream_options": re.compile(r"stream\W?_?options|include\W?_?usage", re.IGNORECASE)}
"""How a refusal names each."""
_SYSTEM = "system"
_NO_SYSTEM = re.compile(
    r"(?:system|developer)\W+(?:role|message|instruction|prompt)s?\b.{0,40}"
    r"(?:not (?:supported|allowed|enabled|permitted)|unsupported)"
    r"|not support \W{0,2}(?:system|developer)\b|only user and assistant roles"
    r"|roles must alternate",
    re.IGNORECASE,
)
"""How the template of a model refuses a message of the system."""
_ANSWERS = "chat/completions"

Messages = Sequence[dict[str, str]]


class Endpoint:
    """Holds the connections; used with ``async with``.

    Args:
        base_url: Where the API is, usually ending with ``/v1``.
        key: Sent as a bearer token, unless it is empty or the address holds a password.
        timeout: Seconds that the endpoint may say nothing.
    """

    def __init__(self, base_url: str, key: str, timeout: float) -> None:
        self._address = EndpointAddress(base_url)
        self._authorization = self._address.authorization or (f"Bearer {key}" if key else "")
        self._timeout = timeout
        self._refused: set[str] = set()
        self._without_system: set[str] = set()
        self._length_limits = LengthLimits()
        self.failures = ErrorMapper(self._address.host, key, *self._address.secrets)

    async def __aenter__(self) -> Self:
        headers = {"Accept-Encoding": "identity", "User-Agent": "quart-chat"}
        if self._authorization:
            headers["Authorization"] = self._authorization
        secure = self._address.secure
        self._tls = await asyncio.to_thread(create_tls_context) if secure else True
        self._proxy = find_proxy(self._address.to(""))
        self._session = aiohttp.ClientSession(
            # How many run at a time is the service's business.
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT),
            headers=headers,
            # The reader of the answer watches for silence.
            timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_TIMEOUT),
            # What one person's request leaves behind is none of the next one's.
            cookie_jar=aiohttp.DummyCookieJar(),
            # The body unpacks itself: it says what is wrong, and keeps what came before.
            auto_decompress=False,
            max_line_size=MAX_HEAD,
            max_field_size=MAX_HEAD,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    @asynccontextmanager
    async def stream(
        self, model: str, messages: Messages, parameters: Parameters = NOTHING
    ) -> AsyncGenerator[Body]:
        """Ask for a completion; what is yielded is its stream.

        Raises:
            ModelError: There is no answer, or no more of it.
        """
        optional = {name: OPTIONAL[name] for name in OPTIONAL if name not in self._refused}
        asked = self._length_limits.rename(model, parameters.to_request())
        if model in self._without_system:
            messages = join_system(messages)
        fixed = {"model": model, "messages": messages, "stream": True}
        data = orjson.dumps({**asked, **fixed, **optional})
        headers = {"Accept": "text/event-stream", "Content-Type": "application/json"}
        try:
            with self._translate_errors():
                async with self._ask(
                    "POST", _ANSWERS, self._timeout, data, headers, model=model
                ) as answer:
                    response, body = answer
                    if not 200 <= response.status < 300:
                        raise self._refusal(response, await _read_refusal(body), model)
                    if _is_empty(response):
                        raise self.failures.no_content(response.status)
                    yield body
        except ModelError as error:
            error.unknown = {name for name in optional if _NAMED[name].search(error.complaint)}
            error.unknown |= self._length_limits.learn(model, asked, error.complaint)
            if messages[0]["role"] == _SYSTEM and _NO_SYSTEM.search(error.complaint):
                self._without_system.add(model)
                error.unknown.add(_SYSTEM)
            raise

    def do_without(self, error: ModelError) -> bool:
        """Leave out from now on what a refusal names, if there is any that can be left out."""
        self._refused |= error.unknown
        return bool(error.unknown)

    async def models(self) -> tuple[str, ...]:
        """The ids of the models that it lists.

        Raises:
            ModelError: It gives no list.
        """
        listed = bytearray()
        with self._translate_errors():
            async with (
                asyncio.timeout(LIST_PATIENCE),
                self._ask("GET", "models", LIST_TIMEOUT) as (response, body),
            ):
                await _read(body, MAX_LIST, listed)
        if not 200 <= response.status < 300:
            raise self._refusal(response, bytes(listed), _("lists of models"))
        try:
            models = read_models(bytes(listed))
        except ValueError:
            models = None
        if models is None:
            raise self.failures.malformed(find_words(listed.decode("utf-8", "replace")))
        return models

    async def embed(self, model: str, texts: Sequence[str]) -> list[list[float]]:
        """Ask for the embedding of each text.

        Raises:
            ModelError: It gives none, or not one for each.
        """
        data = orjson.dumps({"model": model, "input": list(texts)})
        headers = {"Content-Type": "application/json"}
        answer = bytearray()
        with self._translate_errors():
            async with (
                asyncio.timeout(EMBED_TIMEOUT),
                self._ask("POST", "embeddings", EMBED_TIMEOUT, data, headers, model=model) as (
                    response,
                    body,
                ),
            ):
                await _read(body, MAX_LIST, answer)
        if response.status != 200:
            raise self._refusal(response, bytes(answer), model)
        vectors = read_embeddings(bytes(answer))
        if vectors is None or len(vectors) != len(texts):
            raise self.failures.malformed(find_words(answer.decode("utf-8", "replace")))
        return vectors

    @asynccontextmanager
    async def _ask(
        self,
        method: str,
        path: str,
        patience: float,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
        model: str = "",
    ) -> AsyncGenerator[tuple[aiohttp.ClientResponse, Body]]:
        if not self._address.valid:
            raise aiohttp.InvalidURL(self._address.host)
        _logger.debug("Asking %s for %s", self._address.host, path)
        with traced(method, path, model) as call:
            sent = {**(headers or {}), **call.headers}
            async with asyncio.timeout(patience):
                response = await self._request(method, path, data=data, headers=sent)
            call.status = response.status
            body = Body(response, patience, MAX_BYTES)
            try:
                yield response, body
            finally:
                body.close()

    async def _request(self, method: str, path: str, **content: Any) -> aiohttp.ClientResponse:
        url = self._address.to(path)
        try:
            return await self._session.request(
                method,
                url,
                proxy=self._proxy,
                ssl=self._tls,
                # The key is not taken to where the endpoint may send on to.
                allow_redirects=False,
                **content,
            )
        except UnicodeError as error:
            raise aiohttp.InvalidURL(url) from error  # no such name can be looked up

    def _refusal(self, response: aiohttp.ClientResponse, body: bytes, model: str) -> ModelError:
        headers = {name.lower(): value for name, value in response.headers.items()}
        with suppress(KeyError, ValueError):
            headers["location"] = urljoin(str(response.url), headers["location"])
        return self.failures.of_status(response.status, headers, body, model)

    @contextmanager
    def _translate_errors(self) -> Generator[None]:
        try:
            yield
        except TooLarge as error:
            raise self.failures.too_large() from error
        except (aiohttp.ClientError, OSError, Silence) as error:
            raise self.failures.of_transport(error) from error


def _is_empty(response: aiohttp.ClientResponse) -> bool:
    return response.status in (204, 205) or response.headers.get("Content-Length") == "0"


async def _read_refusal(body: Body) -> bytes:
    refusal = bytearray()
    # What a refusal is about is in its status; without a body it is one all the same.
    with suppress(aiohttp.ClientError, Silence):
        await _read(body, MAX_REFUSAL, refusal)
    return bytes(refusal)


async def _read(body: Body, most: int, into: bytearray) -> None:
    """Add to ``into`` what comes, until it is more than ``most`` bytes."""
    while piece := await body.read():
        body.heard()
        into += piece
        if len(into) > most:
            break
