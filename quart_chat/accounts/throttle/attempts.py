"""Counts attempts to sign in before they are made.

Where each is counted, says :mod:`quart_chat.accounts.throttle.buckets`.
"""

from __future__ import annotations

from dataclasses import dataclass

from quart_chat.accounts.models import Origin, User
from quart_chat.accounts.options import AccountOptions
from quart_chat.accounts.storage import AccountStorage, AccountTransaction
from quart_chat.accounts.throttle.buckets import (
    Buckets,
    buckets_of,
    check,
    count,
    known_names,
    take_back,
)

_KNOWN_ORIGINS = 30
"""Addresses and browsers that are remembered of a user."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that may be made.

    Attributes:
        user: Who has the name; None for no enabled user.
        password: The hash of the user's password, if there is one.
        buckets: Where it is counted.
    """

    user: User | None
    password: str | None
    buckets: Buckets


class Attempts:
    """The attempts to sign in, which all processes on a store count together."""

    def __init__(self, storage: AccountStorage, options: AccountOptions) -> None:
        self._storage = storage
        self._options = options

    async def begin(self, name_key: str, origin: Origin) -> Attempt:
        """Count an attempt for a name; it has failed unless it is taken back.

        Raises:
            SignInThrottled: There were too many; this one is not counted.
        """

        def begin(tx: AccountTransaction) -> Attempt:
            now = self._options.clock()
            # A name that no user has takes the same statements.
            user = tx.find_user(name_key)
            user_id = user.id if user else ""
            address, device = known_names(user_id, origin)
            known = tx.find_origins(user_id, [address, device or address])
            buckets = buckets_of(
                name_key, origin, known_address=address in known, known_device=device in known
            )
            stored = tx.select_buckets(list(buckets))
            check(stored.values(), now)
            for name, policy in buckets.items():
                tx.put_bucket(name, count(stored.get(name), policy, now))
            password = tx.select_password(user_id)
            if user is None or not user.is_enabled:
                return Attempt(None, None, buckets)
            return Attempt(user, password, buckets)

        return await self._storage.write(begin)

    def take_back(
        self, tx: AccountTransaction, attempt: Attempt, *, was_right: bool = True
    ) -> None:
        """Count an attempt no more, as it was right or was not made."""
        stored = tx.select_buckets(list(attempt.buckets))
        for name, policy in attempt.buckets.items():
            if name in stored:
                tx.put_bucket(name, take_back(stored[name], policy, was_right=was_right))

    def remember(
        self, tx: AccountTransaction, user_id: str, origin: Origin, device: str, now: float
    ) -> None:
        """Know the address and the browser of a user who has signed in."""
        names = known_names(user_id, Origin(origin.address, device=device))
        tx.remember_origins(user_id, [name for name in names if name], now, _KNOWN_ORIGINS)
