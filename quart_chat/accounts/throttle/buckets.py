"""How often a password may be tried: attempts are counted in buckets, with growing waits.

An attempt is counted before the password is looked at, so that many at the same time are no way
round, and taken back where the password was right. Which buckets it is counted in depends on where
it comes from:

- Everyone: one for the account and the address together, and one for the address, which is for
  those who try one password with many names.
- An address from which no sign-in to the account has succeeded: one for the account. Guesses from
  many addresses fill it, and then strangers have to wait: the owner, who has signed in before, does
  not.
- An address from which the owner has signed in: another one for the account, so that such addresses
  have their bound, too.
- A browser that shows the secret of an earlier sign-in: one of its own, and none of the others.

So neither a stranger nor a neighbour in the same network can shut the owner out.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from quart_chat.accounts.models import Origin
from quart_chat.accounts.secret import digest
from quart_chat.errors import SignInThrottled
from quart_chat.texts import _, number

FORGET = 86_400.0
"""Seconds without an attempt after which a bucket is empty again."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Attempts that failed.

    Attributes:
        free_at: When the next may come.
        last_at: When the last one came.
    """

    failures: int = 0
    free_at: float = 0.0
    last_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Policy:
    """How long to wait after a failure: nothing at first, then twice as long each time.

    Attributes:
        free: Failures without a wait.
        longest: Seconds that a wait may grow to.
    """

    free: int
    longest: float

    def wait(self, failures: int) -> float:
        """Seconds after so many failures."""
        beyond = failures - self.free
        return 0.0 if beyond <= 0 else min(self.longest, 2.0 ** min(beyond, 30))


PAIR = Policy(free=5, longest=900.0)
ADDRESS = Policy(free=30, longest=300.0)
ACCOUNT = Policy(free=10, longest=600.0)

Buckets = Mapping[str, Policy]


def known_names(user_id: str, origin: Origin) -> tuple[str, str | None]:
    """What a user's sign-ins are remembered by: the address, and the browser if it shows itself."""
    address = bucket_name("from", user_id, network(origin.address))
    return address, digest(origin.device) if origin.device else None


def buckets_of(
    key: str, origin: Origin, *, known_address: bool, known_device: bool
) -> dict[str, Policy]:
    """The buckets that an attempt for the name ``key`` is counted in."""
    if known_device and origin.device:
        return {bucket_name("device", key, origin.device): PAIR}
    address = network(origin.address)
    account = "known" if known_address else "account"
    return {
        bucket_name("pair", key, address): PAIR,
        bucket_name("address", address): ADDRESS,
        bucket_name(account, key): ACCOUNT,
    }


def check(stored: Iterable[Bucket], now: float) -> None:
    """See whether another attempt may come.

    Raises:
        SignInThrottled: Not yet.
    """
    wait = math.ceil(max((bucket.free_at - now for bucket in stored), default=0.0))
    if wait > 0:
        raise SignInThrottled(
            _("Too many attempts to sign in. Try again in {seconds} s.").format(
                seconds=number(wait)
            ),
            wait,
        )


def count(bucket: Bucket | None, policy: Policy, now: float) -> Bucket:
    """A bucket after another attempt, which has failed unless it is taken back."""
    if bucket is None or now - bucket.last_at > FORGET:
        bucket = Bucket()
    failures = bucket.failures + 1
    return Bucket(failures, now + policy.wait(failures), now)


def take_back(bucket: Bucket, policy: Policy, *, was_right: bool = True) -> Bucket | None:
    """A bucket after an attempt that turned out right, or was not made; None for an empty one.

    After one that was right, that of the account and the address is emptied, as the owner is there.
    Others keep what those have done who guess.
    """
    failures = 0 if policy is PAIR and was_right else bucket.failures - 1
    if failures <= 0:
        return None
    return Bucket(failures, bucket.last_at + policy.wait(failures), bucket.last_at)


def network(address: str) -> str:
    """What counts as one address: of IPv6 the network, as a client chooses the rest itself."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)


def bucket_name(*parts: str) -> str:
    """The name of a bucket: nothing of its parts can be read in it, and none can be too long."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
