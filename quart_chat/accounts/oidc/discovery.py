"""What a provider says of itself and its keys, which is asked once for all who sign in."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

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

LONGEST = 86_400.0
"""Seconds for which what it has said is used where it can't say it again: a key that it has
withdrawn since would be believed so long."""

RENEW = 30.0
"""Seconds between two requests for keys because a token is signed with one that is not known."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the provider, and when it has said all of it."""

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
        self._failed_at = self._renewed_at = -math.inf
        self._asking = asyncio.Lock()

    @property
    def known(self) -> Known | None:
        """What was found; None before that."""
        return self._known

    async def discover(self) -> Known:
        """Ask the provider, unless what it has said is still new.

        One request asks for all who wait, and one that has failed does so for some seconds. What
        was known before stays for a day where the provider can't say it again.

        Raises:
            ProviderUnavailable: It does not say, and has not for a day.
        """
        if self._is_due():
            async with self._asking:
                if self._is_due():
                    await self._ask()
        if self._known is None:
            text = _("{host} can't be reached. Try again in a moment.")
            raise ProviderUnavailable(text.format(host=host_of(self._issuer)))
        if self._is_outdated(self._known):
            text = _(
                "{host} can't be reached, and has not been for a day, so what it signs can't be"
                " checked any more. Tell an administrator."
            )
            raise ProviderUnavailable(text.format(host=host_of(self._issuer)))
        return self._known

    async def renew_keys(self, tried: Known) -> KeySet:
        """Ask for the keys once more, as none of those that were tried has signed a token.

        The provider is asked once for all sign-ins that wait, and not again within half a minute:
        the keys that it has named then stay.

        Raises:
            ProviderUnavailable: The provider does not say.
        """
        async with self._asking:
            known = self._known or tried
            now = self._clock()
            if known.keys is tried.keys and not 0 <= now - self._renewed_at < RENEW:
                self._renewed_at = now
                keys = read_keys(await self._client.get(known.metadata.keys))
                known = self._known = replace(known, keys=keys)
            return known.keys

    def _is_due(self) -> bool:
        now, known = self._clock(), self._known
        if 0 <= now - self._failed_at < RETRY:
            return False
        return known is None or not 0 <= now - known.since < REFRESH

    async def _ask(self) -> None:
        try:
            data = await self._client.get(f"{self._issuer}{PATH}")
            metadata = read_metadata(data, self._issuer)
            keys = read_keys(await self._client.get(metadata.keys))
        except ProviderUnavailable:
            self._failed_at = self._clock()
            if self._known is None:
                raise
            self._log_age(self._known)
        else:
            self._known = Known(metadata, keys, self._clock())

    def _is_outdated(self, known: Known) -> bool:
        return not 0 <= self._clock() - known.since < LONGEST

    def _log_age(self, known: Known) -> None:
        host, hours = host_of(self._issuer), (self._clock() - known.since) / 3600
        if self._is_outdated(known):
            _logger.error(
                "No user can sign in at %s: what is known of it is %.1f hours old, and it"
                " can't be asked again",
                host,
                hours,
            )
        else:
            _logger.warning("What is known of %s, %.1f hours old, is used on", host, hours)
