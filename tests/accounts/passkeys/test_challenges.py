"""Challenges belong to one browser, and strangers who ask for many keep no user out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.accounts.secret import new_id
from quart_chat.accounts.security_log.events import Action
from quart_chat.accounts.service import AccountService
from quart_chat.accounts.throttle.buckets import Bucket
from quart_chat.accounts.throttle.rates import FAILURES, Rate
from quart_chat.errors import InvalidInput, SignInThrottled, WrongCredentials
from quart_chat.storage import Storage
from tests.accounts.authenticator import Authenticator
from tests.accounts.parts import HOME, OTHER_PASSWORD, Clock, add_admin, database_of, sign_in
from tests.accounts.passkeys.parts import BROWSER, LOCAL, OTHER_SITE, SITE, come, register

MANY = 500
"""Challenges that one address asks for."""


@pytest.mark.parametrize("other", ["", "another browser", BROWSER + " "])
async def test_another_browser_can_not_answer(accounts: AccountService, other: str) -> None:
    await add_admin(accounts)
    key = Authenticator(SITE.origin)
    begun = await accounts.passkeys.begin_registration("local", BROWSER, SITE)
    with pytest.raises(InvalidInput):
        await accounts.passkeys.finish_registration(
            LOCAL, begun.id, other, "Key", key.create(begun.options), SITE
        )
    await register(accounts, key)
    asked = await accounts.passkeys.begin_sign_in(BROWSER, SITE)
    answer = key.get(asked.options)
    with pytest.raises(WrongCredentials):
        await accounts.passkeys.finish_sign_in(asked.id, other, answer, SITE, HOME)
    # The one that has asked still can.
    signed_in = await accounts.passkeys.finish_sign_in(asked.id, BROWSER, answer, SITE, HOME)
    assert signed_in.user.id == "local"


async def test_clocks_of_nodes_may_differ(accounts: AccountService, clock: Clock) -> None:
    await add_admin(accounts)
    key = Authenticator(SITE.origin)
    await register(accounts, key)
    asked = await accounts.passkeys.begin_sign_in(BROWSER, SITE)
    clock.pass_(-30)
    answer = key.get(asked.options)
    assert await accounts.passkeys.finish_sign_in(asked.id, BROWSER, answer, SITE, HOME)
    with pytest.raises(WrongCredentials):
        await accounts.passkeys.finish_sign_in(asked.id, BROWSER, answer, SITE, HOME)


async def test_strangers_who_ask_for_challenges_keep_no_passkey_out(
    accounts: AccountService, storage: Storage
) -> None:
    await add_admin(accounts)
    key = Authenticator(SITE.origin)
    await register(accounts, key)
    await accounts.passkeys.begin_sign_in(BROWSER, SITE)
    queries = database_of(storage).queries
    for _ in range(MANY):
        await accounts.passkeys.begin_sign_in(BROWSER, SITE)
    assert database_of(storage).queries == queries
    assert await come(accounts, key)


async def test_answers_to_challenges_of_others_cost_no_query(
    accounts: AccountService, storage: Storage
) -> None:
    await accounts.passkeys.begin_sign_in(BROWSER, SITE)
    queries = database_of(storage).queries
    for id_ in ("", "1", "f" * 32, "0" * 32, "9" * 5000, f"{int(Clock().now):08x}{new_id()[8:]}"):
        with pytest.raises(WrongCredentials):
            await accounts.passkeys.finish_sign_in(id_, BROWSER, {"id": "x"}, SITE, HOME)
    assert database_of(storage).queries == queries


async def test_of_invalid_answers_only_so_many_are_logged(accounts: AccountService) -> None:
    await add_admin(accounts)
    key = Authenticator(SITE.origin)
    await register(accounts, key)
    challenge = await accounts.passkeys.begin_sign_in(BROWSER, SITE)
    lured = key.get({**challenge.options, "rpId": OTHER_SITE.id})
    for _ in range(FAILURES.burst + 5):
        with pytest.raises(WrongCredentials):
            await accounts.passkeys.finish_sign_in(challenge.id, BROWSER, lured, SITE, HOME)
    await accounts.settle()
    entries = (await accounts.log.page()).entries
    assert [entry.action for entry in entries].count(Action.SIGN_IN_FAILED) == FAILURES.burst
    # The owner is not kept out, and the answer that is right counts once.
    assert await come(accounts, key)


async def test_guesses_at_passwords_don_t_keep_a_passkey_out(accounts: AccountService) -> None:
    await add_admin(accounts)
    key = Authenticator(SITE.origin)
    await register(accounts, key)
    refusals = []
    for _ in range(60):
        with pytest.raises((WrongCredentials, SignInThrottled)) as refused:
            await sign_in(accounts, password=OTHER_PASSWORD)
        refusals.append(refused.type)
    assert refusals[-1] is SignInThrottled
    assert (await come(accounts, key)).user.id == "local"


@given(
    rate=st.builds(Rate, burst=st.integers(1, 20), interval=st.floats(0.1, 10)),
    waits=st.lists(st.floats(0, 30), max_size=80),
)
def test_never_more_than_the_burst_and_what_time_allows(rate: Rate, waits: list[float]) -> None:
    start = now = 1_800_000_000.0
    stored: Bucket | None = None
    taken = 0
    for wait in waits:
        now += wait
        try:
            stored = rate.count(stored, now)
        except SignInThrottled as refused:
            # What the answer says is enough, and one that is refused counts for nothing.
            rate.count(stored, now + refused.retry_after)
        else:
            taken += 1
        assert taken <= rate.burst + (now - start) / rate.interval + 1e-6
