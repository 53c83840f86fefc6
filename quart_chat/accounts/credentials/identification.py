"""Who sends a request, told from the secret that it shows: asked for every request.

A secret that was seen a few seconds ago is recognised without asking the store. What is revoked is
forgotten at once; where another process has revoked it, once this one reads that.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from time import monotonic

from quart_chat.accounts.credentials.sessions import is_alive
from quart_chat.accounts.credentials.tokens import is_token
from quart_chat.accounts.models import (
    Credential,
    CredentialKind,
    Identity,
    Revoked,
    Scope,
    User,
)
from quart_chat.accounts.options import AccountOptions
from quart_chat.accounts.secret import digest, is_secret
from quart_chat.accounts.storage import AccountReader, AccountStorage, AccountTransaction

MOST = 10_000
"""Identities that are held; the one that was not seen for longest is let go first."""

Find = Callable[[AccountReader, str, float], Identity | None]


class Identification:
    """Recognises sessions and tokens, and notes when they were used."""

    def __init__(self, storage: AccountStorage, options: AccountOptions) -> None:
        self._storage = storage
        self._options = options
        self._cache: OrderedDict[str, tuple[Identity, float]] = OrderedDict()
        self._revocations = 0
        self._uses: dict[Credential, float] = {}

    async def identify_session(self, secret: str) -> Identity | None:
        """Say who has a session; None where it has ended, or there never was one."""
        if not is_secret(secret):
            return None
        return await self.identify(digest(secret), self._find_session)

    async def identify_token(self, secret: str) -> Identity | None:
        """Say whose token this is; None where it has ended, or there never was one."""
        if not is_token(secret):
            return None
        return await self.identify(digest(secret), self._find_token)

    def forget(self, revoked: Revoked) -> None:
        """Forget the identities that a revocation ends."""
        self._revocations += 1
        ended = [key for key, (identity, _) in self._cache.items() if revoked.ends(identity)]
        for key in ended:
            del self._cache[key]

    async def store_uses(self) -> None:
        """Store when credentials were used since the last time."""
        uses, self._uses = self._uses, {}
        for kind in (CredentialKind.SESSION, CredentialKind.TOKEN):
            times = {used.id: at for used, at in uses.items() if used.kind is kind}
            if times:
                await self._storage.write(partial(_note_uses, kind, times))

    async def identify(self, key: str, find: Find) -> Identity | None:
        """Say who has what is stored under a key, which is no secret; ``find`` reads it."""
        now = monotonic()
        identity, until = self._cache.get(key, (None, 0.0))
        if identity is None or until <= now:
            identity = await self._read(key, find)
        else:
            self._cache.move_to_end(key)
        wall = self._options.clock()
        if identity is None or (identity.expires_at is not None and identity.expires_at <= wall):
            return None
        if identity.credential.kind is not CredentialKind.EXTERNAL:
            self._uses[identity.credential] = wall
        return identity

    async def _read(self, key: str, find: Find) -> Identity | None:
        before, begun = self._revocations, monotonic()
        now = self._options.clock()
        identity = await self._storage.read(lambda reader: find(reader, key, now))
        self._cache.pop(key, None)
        # What was revoked while it was read is not held: it may have been read before.
        if identity is not None and before == self._revocations:
            self._cache[key] = identity, begun + self._options.cache
            if len(self._cache) > MOST:
                self._cache.popitem(last=False)
        return identity

    def _find_session(self, reader: AccountReader, key: str, now: float) -> Identity | None:
        found = reader.find_session(key)
        if found is None or not is_alive(found[0], now, self._options):
            return None
        session, user = found
        return _identity(
            user, Credential(CredentialKind.SESSION, session.id), True, session.expires_at
        )

    def _find_token(self, reader: AccountReader, key: str, now: float) -> Identity | None:
        found = reader.find_token(key)
        if found is None:
            return None
        token, user = found
        may_write = token.scope is Scope.WRITE
        return _identity(
            user, Credential(CredentialKind.TOKEN, token.id), may_write, token.expires_at
        )


def _identity(
    user: User, credential: Credential, may_write: bool, expires_at: float | None
) -> Identity | None:
    if not user.is_enabled:
        return None
    return Identity(user.id, user.name, user.role, credential, may_write, expires_at)


def _note_uses(kind: CredentialKind, times: dict[str, float], tx: AccountTransaction) -> None:
    tx.note_uses(kind, times)
