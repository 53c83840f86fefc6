"""Challenges belong to one browser, and one address gets only so many."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.accounts.models import Origin
from quart_chat.accounts.service import AccountService
from quart_chat.accounts.throttle import CHALLENGES, Bucket, Rate, spend
from quart_chat.errors import InvalidInput, SignInThrottled, WrongCredentials
from tests.accounts.authenticator import Authenticator
from tests.accounts.parts import HOME, OTHER_PASSWORD, Clock, add_admin, sign_in
from tests.accounts.passkeys.parts import BROWSER, LOCAL, SITE, come, register

ELSEWHERE = Origin("198.51.100.7", "Test/1.0")


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
    asked = await accounts.passkeys.begin_sign_in(BROWSER, SITE, HOME)
    answer = key.get(asked.options)
    with pytest.raises(WrongCredentials):
        await accounts.passkeys.finish_sign_in(asked.id, other, answer, SITE, HOME)
    # The one that has asked still can.
    signed_in = await accounts.passkeys.finish_sign_in(asked.id, BROWSER, answer, SITE, HOME)
    assert signed_in.user.id == "local"


async def test_one_address_gets_only_so_many_challenges_in_a_time(
    accounts: AccountService, clock: Clock
) -> None:
    await add_admin(accounts)
    key = Authenticator(SITE.origin)
    await register(accounts, key)
    begin = accounts.passkeys.begin_sign_in
    for _ in range(CHALLENGES.burst):
        await begin(BROWSER, SITE, HOME)
    with pytest.raises(SignInThrottled) as refused:
        await begin(BROWSER, SITE, HOME)
    assert await begin(BROWSER, SITE, ELSEWHERE)
    clock.pass_(refused.value.retry_after)
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
            stored = spend(stored, rate, now)
        except SignInThrottled as refused:
            # What the answer says is enough, and one that is refused counts for nothing.
            spend(stored, rate, now + refused.retry_after)
        else:
            taken += 1
        assert taken <= rate.burst + (now - start) / rate.interval + 1e-6
