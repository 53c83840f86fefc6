"""How often something may be asked for that is no guess at a password.

It is counted in buckets, as attempts to sign in are (:mod:`quart_chat.accounts.throttle.buckets`);
they say when all that was asked for is worked off.
"""

from __future__ import annotations

from dataclasses import dataclass

from quart_chat.accounts.models import Origin
from quart_chat.accounts.storage import AccountTransaction
from quart_chat.accounts.throttle.buckets import Bucket, bucket_name, check, network


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something may be asked for.

    Attributes:
        burst: How many times at once.
        interval: Seconds after which it may be asked for once more.
    """

    burst: int
    interval: float

    def count(self, stored: Bucket | None, now: float) -> Bucket:
        """A bucket after one more request; its ``free_at`` is when all are worked off.

        Raises:
            SignInThrottled: Not yet.
        """
        backlog = max(stored.free_at if stored else 0.0, now)
        ready = backlog - (self.burst - 1) * self.interval
        check([Bucket(free_at=ready)], now)
        return Bucket(0, backlog + self.interval, now)


AUTHORIZATIONS = Rate(burst=120, interval=1.0)
"""Sign-ins at a provider that begin at one address, which all people of a network may share."""

REGISTRATIONS = Rate(burst=20, interval=15.0)
"""Passkeys that a browser begins to make for one invite."""

FAILURES = Rate(burst=20, interval=60.0)
"""Invalid answers of one passkey that are logged."""


def spend(tx: AccountTransaction, bucket: str, rate: Rate, now: float) -> None:
    """Count one more request in a bucket.

    Raises:
        SignInThrottled: There were too many; this one is not counted.
    """
    tx.put_bucket(bucket, rate.count(tx.select_buckets([bucket]).get(bucket), now))


def authorizations_of(origin: Origin) -> str:
    """The bucket in which sign-ins that begin at a provider are counted, and nothing else."""
    return bucket_name("authorizations", network(origin.address))


def registrations_of(invite_id: str) -> str:
    """The bucket in which attempts to accept an invite with a passkey are counted."""
    return bucket_name("registrations", invite_id)


def failures_of(passkey_id: str) -> str:
    """The bucket in which invalid answers of a passkey are counted."""
    return bucket_name("failures", passkey_id)
