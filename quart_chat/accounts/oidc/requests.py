"""Authorization requests: what a browser is sent to the provider with, and has to come back with.

A request is stored, so that any process answers for it. It is valid for ten minutes and gone with
its first answer. Half of it is known to the browser alone, in a cookie, so another browser can't
answer it: no link signs a person in as another user.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest

from quart_chat.accounts.models import Origin
from quart_chat.accounts.options import AccountOptions
from quart_chat.accounts.secret import digest, is_secret, new_secret
from quart_chat.accounts.storage import AccountStorage, AccountTransaction, StoredChallenge
from quart_chat.accounts.throttle.rates import AUTHORIZATIONS, authorizations_of, spend

LIFETIME = 600.0
"""Seconds that a person has for signing in at the provider."""

_SIGN_IN = "oidc"
_CONNECTION = "oidc-connection"


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What belongs to one attempt to sign in.

    Attributes:
        secret: What the browser keeps, and the store does not.
        challenge: What the store keeps, and the browser does not.
        user_id: The user who connects an account with the provider; None for a sign-in.
    """

    secret: str
    challenge: str
    user_id: str | None = None

    @property
    def state(self) -> str:
        """Comes back with the browser, and shows that the answer is for it (RFC 6749, 10.12)."""
        return _derive("state", self.secret)

    @property
    def nonce(self) -> str:
        """Comes back in the ID token, and shows that the token is for this attempt."""
        return _derive("nonce", self.challenge)

    @property
    def code_verifier(self) -> str:
        """Shows the provider that the code is redeemed by who has asked for it (RFC 7636, 4.1)."""
        return _derive("verifier", self.challenge)

    @property
    def code_challenge(self) -> str:
        """What is sent ahead of the verifier, by the method S256."""
        return _encode(self.code_verifier)


class AuthorizationRequests:
    """The requests that wait for an answer."""

    def __init__(self, storage: AccountStorage, options: AccountOptions) -> None:
        self._storage = storage
        self._options = options

    async def begin(self, origin: Origin, user_id: str | None = None) -> AuthorizationRequest:
        """Make a request: for a sign-in, or for a user who connects an account.

        Raises:
            SignInThrottled: The address has begun too many.
        """
        made = AuthorizationRequest(new_secret(), new_secret(), user_id)
        ends = self._options.clock() + LIFETIME
        stored = StoredChallenge(
            digest(made.secret), _purpose(user_id), made.challenge, user_id, ends
        )
        bucket = authorizations_of(origin)

        def insert(tx: AccountTransaction) -> None:
            spend(tx, bucket, AUTHORIZATIONS, self._options.clock())
            tx.insert_challenge(stored)

        await self._storage.write(insert)
        return made

    async def take(self, secret: str, state: str) -> AuthorizationRequest | None:
        """End a request with the answer to it.

        None where the browser has no such request, or has had an answer, or too much time has gone
        by. An answer with another state ends nothing: any page could send the browser here.
        """
        if not is_secret(secret) or not compare_digest(
            _derive("state", secret).encode(), state.encode("utf-8", "replace")
        ):
            return None
        stored = await self._storage.write(lambda tx: tx.take_challenge(digest(secret)))
        if stored is None or stored.purpose != _purpose(stored.user_id):
            return None
        if stored.expires_at <= self._options.clock():
            return None
        return AuthorizationRequest(secret, stored.challenge, stored.user_id)


def _purpose(user_id: str | None) -> str:
    """A purpose for each, as nodes of an earlier release take what is "oidc" for a sign-in."""
    return _SIGN_IN if user_id is None else _CONNECTION


def _derive(purpose: str, secret: str) -> str:
    return _encode(f"{purpose}\n{secret}")


def _encode(text: str) -> str:
    return urlsafe_b64encode(sha256(text.encode()).digest()).rstrip(b"=").decode()
