"""Challenges that browsers answer with a passkey, once and within five minutes.

The challenge of a registration is stored, for a user who is known, and is gone with its first
answer.

That of a sign-in is not stored, as strangers ask for it: the sign-in page asks on its own, for
all people behind one address, so neither a row nor a bound for each address would do. Its id begins
with the second in which it ends, and it is the HMAC of the id and of the browser's own secret, by a
key that all processes on a store share. So no other browser can answer it, none can make one, and
any process checks the answer. A challenge that was answered right is stored until it ends: it is
not answered again.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode

from quart_chat.accounts.options import AccountOptions
from quart_chat.accounts.passkeys.answers import TIMEOUT
from quart_chat.accounts.secret import digest, new_id, new_secret
from quart_chat.accounts.storage import AccountStorage, AccountTransaction, StoredChallenge

REGISTRATION = "registration"

_ID = re.compile(r"[0-9a-f]{32}")
_KEY, _ANSWERED = "key", "answered"
_NEVER = 1e12
"""An end, in seconds since the epoch, that does not come."""

_LEEWAY = 60.0
"""Seconds by which the clocks of two nodes may differ, or a clock may be set back."""


class Challenges:
    """The challenges of all browsers."""

    def __init__(self, storage: AccountStorage, options: AccountOptions) -> None:
        self._storage = storage
        self._options = options
        self._key: bytes | None = None

    async def begin_registration(
        self, user_id: str, browser: str, purpose: str = REGISTRATION
    ) -> tuple[str, str]:
        """Store a challenge for a user; return its id and the challenge, in base64url."""
        id_ = new_id()
        challenge = StoredChallenge(
            _name(id_, browser), purpose, new_secret(), user_id, self._end()
        )
        await self._storage.write(lambda tx: tx.insert_challenge(challenge))
        return id_, challenge.challenge

    async def take_registration(
        self, id_: str, browser: str, purpose: str = REGISTRATION
    ) -> StoredChallenge | None:
        """End a challenge; None if it has expired, was answered, or is of another browser."""
        name = _name(id_, browser)
        taken = await self._storage.write(lambda tx: tx.take_challenge(name))
        if taken is None or taken.purpose != purpose:
            return None
        return taken if self._options.clock() < taken.expires_at else None

    async def begin_sign_in(self, browser: str) -> tuple[str, str]:
        """Make a challenge for a stranger; return its id and the challenge, in base64url."""
        id_ = f"{int(self._end()):08x}{new_id()[8:]}"
        return id_, _sign(await self._read_key(), id_, browser)

    async def find_sign_in(self, id_: str, browser: str) -> str | None:
        """The challenge with an id; None if it has expired, or there is none."""
        if _ID.fullmatch(id_) is None:
            return None
        is_alive = self._options.clock() < int(id_[:8], 16) <= self._end() + _LEEWAY
        return _sign(await self._read_key(), id_, browser) if is_alive else None

    def answer_sign_in(self, tx: AccountTransaction, id_: str, browser: str) -> bool:
        """Note that a challenge was answered right; False where it was before."""
        name = _name(id_, browser)
        if tx.find_challenge(name) is not None:
            return False
        tx.insert_challenge(StoredChallenge(name, _ANSWERED, "", None, self._end() + _LEEWAY))
        return True

    async def _read_key(self) -> bytes:
        if self._key is None:
            stored = await self._storage.read(lambda reader: reader.find_challenge(_KEY))
            if stored is None:
                stored = await self._storage.write(_keep_key)
            self._key = stored.challenge.encode()
        return self._key

    def _end(self) -> float:
        return self._options.clock() + TIMEOUT / 1000


def _keep_key(tx: AccountTransaction) -> StoredChallenge:
    """Make the key, unless another process has."""
    stored = tx.find_challenge(_KEY)
    if stored is None:
        stored = StoredChallenge(_KEY, _KEY, new_secret(), None, _NEVER)
        tx.insert_challenge(stored)
    return stored


def _sign(key: bytes, id_: str, browser: str) -> str:
    signature = hmac.digest(key, f"{id_}\n{browser}".encode("utf-8", "replace"), "sha256")
    return urlsafe_b64encode(signature).rstrip(b"=").decode()


def _name(id_: str, browser: str) -> str:
    return digest(f"{id_}\n{browser}")
