"""Guesses at a password are few, and the owner gets in all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quart_chat.accounts.models import Origin
from quart_chat.accounts.options import AccountOptions
from quart_chat.accounts.passwords.hashing import Hasher
from quart_chat.accounts.service import AccountService
from quart_chat.accounts.throttle.buckets import (
    PAIR,
    Bucket,
    buckets_of,
    check,
    count,
    network,
    take_back,
)
from quart_chat.errors import SignInThrottled, TooManyRequests, WrongCredentials
from quart_chat.storage import Storage
from tests.accounts.parts import (
    HOME,
    OPERATOR,
    OTHER_PASSWORD,
    PASSWORD,
    Clock,
    add_admin,
    sign_in,
)
from tests.examples import examples

HOUR = 3600.0
GUESSES = 10_000
ATTACKER = Origin("198.51.100.9")


def elsewhere(number: int) -> Origin:
    return Origin(f"203.{number // 65_536}.{number // 256 % 256}.{number % 256}")


async def guess(accounts: AccountService, origin: Origin, name: str = "Ada") -> bool:
    """Guess once; whether the guess was tried."""
    try:
        await sign_in(accounts, name, origin, OTHER_PASSWORD)
    except WrongCredentials:
        return True
    except SignInThrottled as error:
        return not 0 < error.retry_after <= 900
    raise AssertionError("the guess was right")


FEW = 1_000
"""Guesses that are spread over the hour where a test has to be quick."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("origins", "guesses"),
    [
        pytest.param(elsewhere, FEW, id="some from many addresses"),
        *(
            pytest.param(origins, GUESSES, id=name, marks=pytest.mark.long)
            for name, origins in {
                "one address": lambda _: ATTACKER,
                "as many addresses as guesses": elsewhere,
                "the owner's own": lambda n: HOME if n % 2 else elsewhere(n % 50),
                "one network": lambda n: Origin(f"2001:db8::{n:x}"),
            }.items()
        ),
    ],
)
async def test_of_ten_thousand_guesses_in_an_hour_fewer_than_a_hundred_are_tried(
    accounts: AccountService,
    clock: Clock,
    origins: Callable[[int], Origin],
    guesses: int,
) -> None:
    await add_admin(accounts)
    owner = await sign_in(accounts)
    tried = 0
    for number in range(guesses):
        tried += await guess(accounts, origins(number))
        clock.pass_(HOUR / guesses)
    assert tried < 100
    # The owner gets in from a browser that has signed in before, at once.
    await sign_in(accounts, origin=Origin("192.0.2.99", device=owner.device))


async def test_guesses_at_the_same_time_are_no_way_round(
    open_accounts: Callable[[], AccountService],
) -> None:
    services = [open_accounts() for _ in range(3)]
    await add_admin(services[0])
    tried = await asyncio.gather(*(guess(services[n % 3], elsewhere(n % 40)) for n in range(200)))
    assert sum(tried) <= 11


async def test_the_owner_gets_in_from_where_the_owner_has_been(
    accounts: AccountService, clock: Clock
) -> None:
    await add_admin(accounts)
    await sign_in(accounts)
    for number in range(200):
        await guess(accounts, elsewhere(number))
    with pytest.raises(SignInThrottled):
        await sign_in(accounts, origin=Origin("192.0.2.200"))
    await sign_in(accounts, origin=HOME)
    # A stranger waits, for minutes and not for ever.
    clock.pass_(600)
    await sign_in(accounts, origin=Origin("192.0.2.200"))


async def test_the_owner_gets_in_beside_a_neighbour_who_guesses(accounts: AccountService) -> None:
    await add_admin(accounts)
    owner = await sign_in(accounts)
    for _ in range(50):
        await guess(accounts, HOME)
    with pytest.raises(SignInThrottled):
        await sign_in(accounts, origin=HOME)
    await sign_in(accounts, origin=Origin(HOME.address, device=owner.device))


async def test_a_secret_of_another_user_s_browser_is_no_way_round(
    accounts: AccountService,
) -> None:
    await add_admin(accounts)
    await accounts.users.add(OPERATOR, "Eve", password=PASSWORD)
    eve = await sign_in(accounts, "Eve")
    origin = Origin(HOME.address, device=eve.device)
    assert sum([await guess(accounts, origin) for _ in range(50)]) <= 6


async def test_a_browser_is_known_by_the_same_secret_again(accounts: AccountService) -> None:
    await add_admin(accounts)
    first = await sign_in(accounts)
    again = await sign_in(accounts, origin=Origin("192.0.2.50", device=first.device))
    assert again.device == first.device
    planted = "A" * 43
    assert (await sign_in(accounts, origin=Origin(HOME.address, device=planted))).device != planted


async def test_one_password_for_many_names_is_throttled_by_address(
    accounts: AccountService,
) -> None:
    await add_admin(accounts)
    tried = [await guess(accounts, ATTACKER, f"name {n}") for n in range(200)]
    assert sum(tried) <= 31
    await sign_in(accounts)


async def test_right_passwords_are_not_counted(accounts: AccountService) -> None:
    await add_admin(accounts)
    for number in range(40):
        await sign_in(accounts, origin=elsewhere(number % 20))


async def test_guesses_at_the_current_password_are_throttled(accounts: AccountService) -> None:
    await add_admin(accounts)
    errors = []
    for _ in range(20):
        with pytest.raises((WrongCredentials, SignInThrottled)) as error:
            await accounts.passwords.change("local", OTHER_PASSWORD, "a new long password", HOME)
        errors.append(error.type)
    assert errors.count(WrongCredentials) <= 6


async def test_names_of_no_user_are_throttled_alike(accounts: AccountService) -> None:
    await add_admin(accounts)
    known = [await guess(accounts, ATTACKER) for _ in range(20)]
    unknown = [await guess(accounts, Origin("198.51.100.10"), "Nemo") for _ in range(20)]
    assert known == unknown


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:0db8:0001:0002::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_a_client_has_one_network(address: str, expected: str) -> None:
    assert network(address) == expected


# An attacker who knows the rules: comes from any address, and again as soon as that may be tried.


@settings(max_examples=examples(10), deadline=None)
@given(
    kinds=st.lists(st.sampled_from(["new", "same", "known"]), min_size=1, max_size=6),
    patience=st.sampled_from([0.0, 0.5, 1.0]),
    rights=st.integers(0, 20),
)
def test_however_guesses_are_spread_few_are_tried_in_an_hour(
    kinds: list[str], patience: float, rights: int
) -> None:
    stored: dict[str, Bucket] = {}
    now, tried, number = 0.0, 0, 0
    while now < HOUR:
        kind = kinds[number % len(kinds)]
        number += 1
        origin = elsewhere(number) if kind == "new" else Origin(f"192.0.2.{len(kind)}")
        buckets = buckets_of("ada", origin, known_address=kind == "known", known_device=False)
        try:
            check([stored[name] for name in buckets if name in stored], now)
        except SignInThrottled as error:
            now += max(0.36, patience * error.retry_after)
            continue
        tried += 1
        for name, policy in buckets.items():
            stored[name] = count(stored.get(name), policy, now)
        if tried == rights:
            # The owner signs in from the same place.
            for name, policy in buckets.items():
                left = take_back(stored[name], policy)
                stored.pop(name) if left is None else stored.update({name: left})
    assert tried < 100


async def test_a_server_that_is_busy_counts_no_guess(
    storage: Storage, accounts: AccountService, clock: Clock
) -> None:
    await add_admin(accounts)
    options = AccountOptions(watch=0.01, clock=clock)
    hasher = Hasher(memory=8, passes=1, at_once=1, waiting=-1)
    busy = AccountService(storage.accounts, options, hasher)
    for _ in range(20):
        with pytest.raises(TooManyRequests):
            await sign_in(busy)
    await busy.close()
    assert (await sign_in(accounts)).user.name == "Ada"


def test_an_attempt_that_was_not_made_keeps_what_was_counted_before() -> None:
    after = take_back(Bucket(4, 100.0, 90.0), PAIR, was_right=False)
    assert after is not None
    assert after.failures == 3
    assert take_back(Bucket(4, 100.0, 90.0), PAIR) is None
