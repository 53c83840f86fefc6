"""Challenges that browsers answer with a passkey.

A challenge is stored, so that any process checks its answer. It is valid for five minutes and is
deleted with its first answer, right or wrong. Its row is found only by its id together with the
secret of the browser that has asked for it, so no other browser can answer.
"""

from __future__ import annotations

from quart_chat.accounts.models import Origin
from quart_chat.accounts.options import AccountOptions
from quart_chat.accounts.passkeys.answers import TIMEOUT
from quart_chat.accounts.secret import digest, new_id, new_secret
from quart_chat.accounts.storage import AccountStorage, AccountTransaction, StoredChallenge
from quart_chat.accounts.throttle import CHALLENGES, challenges_of, spend

REGISTRATION = "registration"
SIGN_IN = "sign_in"


class Challenges:
    """The challenges of all browsers."""

    def __init__(self, storage: AccountStorage, options: AccountOptions) -> None:
        self._storage = storage
        self._options = options

    async def begin_registration(self, user_id: str, browser: str) -> tuple[str, str]:
        """Store a challenge for a user; return its id and the challenge, in base64url."""
        id_, challenge = self._make(REGISTRATION, user_id, browser)
        await self._storage.write(lambda tx: tx.insert_challenge(challenge))
        return id_, challenge.challenge

    async def begin_sign_in(self, browser: str, origin: Origin) -> tuple[str, str]:
        """Store a challenge for a stranger; return its id and the challenge, in base64url.

        Raises:
            SignInThrottled: The address has asked for too many.
        """
        id_, challenge = self._make(SIGN_IN, None, browser)
        bucket = challenges_of(origin)

        def insert(tx: AccountTransaction) -> None:
            stored = tx.select_buckets([bucket]).get(bucket)
            tx.put_bucket(bucket, spend(stored, CHALLENGES, self._options.clock()))
            tx.insert_challenge(challenge)

        await self._storage.write(insert)
        return id_, challenge.challenge

    async def take(self, id_: str, browser: str, purpose: str) -> StoredChallenge | None:
        """End a challenge; None if it has expired, was answered, or is of another browser."""
        key = _key(id_, browser)
        taken = await self._storage.write(lambda tx: tx.take_challenge(key))
        if taken is None or taken.purpose != purpose or taken.expires_at <= self._options.clock():
            return None
        return taken

    def _make(self, purpose: str, user_id: str | None, browser: str) -> tuple[str, StoredChallenge]:
        id_, ends = new_id(), self._options.clock() + TIMEOUT / 1000
        return id_, StoredChallenge(_key(id_, browser), purpose, new_secret(), user_id, ends)


def _key(id_: str, browser: str) -> str:
    return digest(f"{id_}\n{browser}")
