"""What a provider says of itself and its keys, which is asked once for all who sign in."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass

from joserfc.jwk import KeySet

from quart_chat.accounts.oidc.client import ProviderClient, host_of
from quart_chat.accounts.oidc.id_token import read_keys
from quart_chat.accounts.oidc.metadata import PATH, Metadata, read_metadata
from quart_chat.errors import ProviderUnavailable
from quart_chat.texts import _

_logger = logging.getLogger(__name__)

REFRESH = 3600.0
"""Seconds after which the provider is asked again where it is and what its keys are."""

RETRY = 10.0
"""Seconds after which it is asked again where it could not say it."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the provider, and since when."""

    metadata: Metadata
    keys: KeySet
    since: float


class Discovery:
    """Asks a provider of OpenID Connect who it is.

    Args:
        issuer: The provider.
        client: Asks it.
        clock: Seconds since the epoch.
    """

    def __init__(self, issuer: str, client: ProviderClient, clock: Callable[[], float]) -> None:
        self._issuer = issuer
        self._client = client
        self._clock = clock
        self._known: Known | None = None
        self._failed_at = -math.inf
        self._asking = asyncio.Lock()

    @property
    def known(self) -> Known | None:
        """What was found; None before that."""
        return self._known

    async def discover(self) -> Known:
        """Ask the provider, unless what it has said is still new.

        One request asks for all who wait, and one that has failed does so for some seconds. What
        was known before stays where the provider can't say it again.

        Raises:
            ProviderUnavailable: It does not say, and never has.
        """
        if self._is_due():
            async with self._asking:
                if self._is_due():
                    await self._ask()
        if self._known is None:
            text = _("{host} can't be reached. Try again in a moment.")
            raise ProviderUnavailable(text.format(host=host_of(self._issuer)))
        return self._known

    async def fetch_keys(self, metadata: Metadata) -> KeySet:
        """Ask for the keys once more.

        Raises:
            ProviderUnavailable: The provider does not say.
        """
        keys = read_keys(await self._client.get(metadata.keys))
        self._known = Known(metadata, keys, self._clock())
        return keys

    def _is_due(self) -> bool:
        now, known = self._clock(), self._known
        if 0 <= now - self._failed_at < RETRY:
            return False
        return known is None or not 0 <= now - known.since < REFRESH

    async def _ask(self) -> None:
        try:
            data = await self._client.get(f"{self._issuer}{PATH}")
            await self.fetch_keys(read_metadata(data, self._issuer))
        except ProviderUnavailable:
            self._failed_at = self._clock()
            if self._known is None:
                raise
            _logger.warning("What is known of %s is used on", host_of(self._issuer))
