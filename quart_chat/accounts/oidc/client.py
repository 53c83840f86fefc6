"""Requests to the provider, over HTTP: each has a deadline, and no answer is read without end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import aiohttp
import orjson
from yarl import URL

from quart_chat.errors import ProviderUnavailable
from quart_chat.outbound.http import create_tls_context, find_proxy
from quart_chat.texts import _

_logger = logging.getLogger(__name__)

TIMEOUT = 8.0
"""Seconds until an answer has arrived in whole: a person waits for it."""
MAX_BYTES = 512 * 1024
"""Of one answer: far more than any provider says of itself, its keys or a user."""
MAX_CONNECTIONS = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider has answered; ``data`` is empty where that is no JSON object."""

    status: int
    data: dict[str, Any]


class ProviderClient:
    """Holds the connections; used with ``async with``.

    Args:
        timeout: Seconds until an answer has arrived in whole.
    """

    def __init__(self, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout

    async def __aenter__(self) -> Self:
        self._tls = await asyncio.to_thread(create_tls_context)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=MAX_CONNECTIONS, keepalive_timeout=4.0),
            headers={"Accept": "application/json", "User-Agent": "quart-chat"},
            timeout=aiohttp.ClientTimeout(total=None),  # one deadline is enough
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Ask for a JSON object.

        Raises:
            ProviderUnavailable: There is none.
        """
        answer = await self._ask("GET", url, headers=headers or {})
        if answer.status != 200 or not answer.data:
            _logger.warning("%s: status %d, or no object", _without_query(url), answer.status)
            raise unreadable(url)
        return answer.data

    async def post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """Send a form.

        Raises:
            ProviderUnavailable: There is no answer, or none that can be read.
        """
        return await self._ask("POST", url, headers=headers, data=form)

    async def _ask(self, method: str, url: str, **content: Any) -> Answer:
        with _translate_errors(url):
            async with asyncio.timeout(self._timeout):
                found = URL(url)
                async with self._session.request(
                    method,
                    found,
                    proxy=find_proxy(found),
                    ssl=self._tls,
                    allow_redirects=False,  # secrets go to no other server
                    **content,
                ) as response:
                    body = await _read(response)
        if response.status >= 500:
            raise ProviderUnavailable(
                _("{host} answers with an error. Try again in a moment.").format(host=host_of(url))
            )
        return Answer(response.status, _parse(body))


class _TooLarge(Exception):
    """More has come than is read."""


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > MAX_BYTES:
            raise _TooLarge
    return bytes(body)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        data = orjson.loads(body)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


@contextmanager
def _translate_errors(url: str) -> Generator[None]:
    host = host_of(url)
    try:
        yield
    except TimeoutError as error:
        _logger.warning("%s has not answered in time", host)
        text = _("{host} takes too long to answer. Try again in a moment.")
        raise ProviderUnavailable(text.format(host=host)) from error
    except _TooLarge as error:
        _logger.warning("%s sends more than is read", host)
        raise unreadable(url) from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        _logger.warning("%s can't be reached: %s", host, type(error).__name__)
        text = _("{host} can't be reached. Try again in a moment.")
        raise ProviderUnavailable(text.format(host=host)) from error


def unreadable(url: str) -> ProviderUnavailable:
    """The error of an answer that is none."""
    return ProviderUnavailable(
        _("{host} sends something that can't be read. Tell an administrator.").format(
            host=host_of(url)
        )
    )


def host_of(url: str) -> str:
    """The host of an address, for people."""
    try:
        return URL(url).host or url
    except ValueError:
        return url


def _without_query(url: str) -> str:
    return url.partition("?")[0]
