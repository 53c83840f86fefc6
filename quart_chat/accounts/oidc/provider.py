"""The provider: where a browser is sent to sign in, and who came back."""

from __future__ import annotations

import logging
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

from quart_chat.accounts.names import MAX_NAME, clean_user_name
from quart_chat.accounts.oidc.client import Answer, ProviderClient, host_of, unreadable
from quart_chat.accounts.oidc.discovery import Discovery
from quart_chat.accounts.oidc.id_token import (
    UnknownKey,
    UntrustedToken,
    untrusted,
    verify,
)
from quart_chat.accounts.oidc.metadata import Metadata
from quart_chat.accounts.oidc.requests import AuthorizationRequest
from quart_chat.errors import InvalidInput, SignInRefused
from quart_chat.plaintext import one_line
from quart_chat.texts import _

_logger = logging.getLogger(__name__)

_MAX_WORDS = 200
"""Characters of a provider's own words that are shown."""

_NAMES = ("preferred_username", "name", "nickname", "email", "sub")
"""Claims that a new user may be named by, the best first."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What this server is at the provider.

    Attributes:
        issuer: The provider.
        secret: Empty for a client that has none.
        scopes: What is asked for, separated by spaces.
    """

    issuer: str
    client_id: str
    secret: str
    scopes: str


@dataclass(frozen=True, slots=True)
class ExternalUser:
    """A user as the provider knows them.

    Attributes:
        issuer: The provider, by its own name.
        subject: What it calls the user, for good.
        claims: All that it says of the user.
    """

    issuer: str
    subject: str
    claims: Mapping[str, Any]

    @property
    def name(self) -> str:
        """A name for a user who is new."""
        for claim in _NAMES:
            value = self.claims.get(claim)
            try:
                return clean_user_name(value[:MAX_NAME] if isinstance(value, str) else "")
            except InvalidInput:
                continue
        return "user"


class Provider:
    """A provider of OpenID Connect.

    Args:
        registration: What this server is there.
        client: Asks it.
        clock: Seconds since the epoch.
    """

    def __init__(
        self,
        registration: Registration,
        client: ProviderClient,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._registration = registration
        self._client = client
        self._clock = clock
        self._discovery = Discovery(registration.issuer, client, clock)

    @property
    def host(self) -> str:
        """Its name for people who are told no better one."""
        return host_of(self._registration.issuer)

    @property
    def keys(self) -> int:
        """How many keys are known that ID tokens may be signed with."""
        known = self._discovery.known
        return 0 if known is None else len(known.keys.keys)

    async def discover(self) -> Metadata:
        """Ask the provider where it is and what its keys are, unless that is known.

        Raises:
            ProviderUnavailable: It does not say.
        """
        return (await self._discovery.discover()).metadata

    async def address(self, request: AuthorizationRequest, redirect_uri: str) -> str:
        """Where the browser is sent (OpenID Connect Core 1.0, 3.1.2.1).

        Raises:
            ProviderUnavailable: The provider does not say.
        """
        address = (await self.discover()).authorization
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self._registration.client_id,
                "redirect_uri": redirect_uri,
                "scope": self._registration.scopes,
                "state": request.state,
                "nonce": request.nonce,
                "code_challenge": request.code_challenge,
                "code_challenge_method": "S256",
            }
        )
        return f"{address}{'&' if '?' in address else '?'}{query}"

    async def redeem(
        self, request: AuthorizationRequest, answer: Mapping[str, str], redirect_uri: str
    ) -> ExternalUser:
        """Find out who came back.

        Args:
            request: What the browser was sent with; its state has been compared.
            answer: The query that the browser came back with.
            redirect_uri: Where it was to come back to.

        Raises:
            SignInRefused: The provider has refused, or what it says can't be believed.
            ProviderUnavailable: It can't be asked.
        """
        try:
            return await self._redeem(request, answer, redirect_uri)
        except UntrustedToken as error:
            _logger.warning("A sign-in from %s is not trusted: %s", self.host, error.reason)
            raise

    async def _redeem(
        self, request: AuthorizationRequest, answer: Mapping[str, str], redirect_uri: str
    ) -> ExternalUser:
        metadata = await self.discover()
        # Else another provider could have an answer of its own taken for one of this (RFC 9207).
        if answer.get("iss", None if metadata.names_issuer else metadata.issuer) != metadata.issuer:
            raise untrusted("iss of the answer")
        if "error" in answer:
            raise self._refusal(answer, request)
        if not answer.get("code"):
            raise untrusted("code")
        tokens = await self._exchange(metadata, request, answer["code"], redirect_uri)
        claims = await self._verify(str(tokens.get("id_token", "")), request)
        told = await self._ask_more(metadata, tokens.get("access_token"))
        if told and told.get("sub") != claims["sub"]:
            raise untrusted("sub of the userinfo")
        return ExternalUser(metadata.issuer, claims["sub"], {**told, **claims})

    async def _exchange(
        self, metadata: Metadata, request: AuthorizationRequest, code: str, redirect_uri: str
    ) -> dict[str, Any]:
        """Redeem the code (RFC 6749, 4.1.3)."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": request.code_verifier,
        }
        headers = {}
        client_id, secret = self._registration.client_id, self._registration.secret
        if secret and metadata.takes_basic:
            pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": client_id, **({"client_secret": secret} if secret else {})}
        answer = await self._client.post(metadata.token, form, headers)
        if answer.status != 200:
            raise self._refusal(_words_of(answer), request, code)
        if not isinstance(answer.data.get("id_token"), str):
            raise unreadable(metadata.token)
        return answer.data

    async def _verify(self, token: str, request: AuthorizationRequest) -> dict[str, Any]:
        """Verify a token; keys that the provider has exchanged since are fetched.

        Some providers give their keys no names, so a signature tells of new keys, too.
        """
        known = await self._discovery.discover()
        for keys in (known.keys, None):
            try:
                return verify(
                    token,
                    await self._discovery.renew_keys(known) if keys is None else keys,
                    issuer=known.metadata.issuer,
                    client_id=self._registration.client_id,
                    nonce=request.nonce,
                    now=self._clock(),
                )
            except UnknownKey:
                continue
        raise untrusted("key or signature")

    async def _ask_more(self, metadata: Metadata, access_token: Any) -> dict[str, Any]:
        """What the provider tells beside the token (OpenID Connect Core 1.0, 5.3)."""
        if metadata.userinfo is None or not isinstance(access_token, str) or not access_token:
            return {}
        headers = {"Authorization": f"Bearer {access_token}"}
        return await self._client.get(metadata.userinfo, headers)

    def _refusal(
        self, said: Mapping[str, str], request: AuthorizationRequest, *secrets: str
    ) -> SignInRefused:
        """What the provider itself says, without what is secret in it."""
        words = said.get("error_description") or said.get("error", "")
        for secret in (self._registration.secret, request.code_verifier, request.nonce, *secrets):
            words = words.replace(secret, "***") if secret else words
        words = one_line(words)[:_MAX_WORDS]
        _logger.warning("%s refuses a sign-in: %s", self.host, one_line(said.get("error", ""))[:80])
        if not words:
            return SignInRefused(_("{host} has refused the sign-in.").format(host=self.host))
        text = _("{host} has refused the sign-in. It says: “{words}”")
        return SignInRefused(text.format(host=self.host, words=words))


def _words_of(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.data.items() if isinstance(value, str)}
