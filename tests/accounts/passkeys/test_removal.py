"""Removing passkeys, and what ends with them."""

from __future__ import annotations

import asyncio

import pytest

from quart_chat.accounts.models import Actor, Revoked
from quart_chat.accounts.security_log.events import Action
from quart_chat.accounts.service import AccountService
from quart_chat.errors import LastWayIn, NotFound, WrongCredentials
from tests.accounts.authenticator import Authenticator
from tests.accounts.parts import HOME, OPERATOR, OTHER_PASSWORD, add_admin, add_user, sign_in
from tests.accounts.passkeys.parts import LOCAL, SITE, come, register


def new_key() -> Authenticator:
    return Authenticator(SITE.origin)


async def test_a_passkey_takes_the_sessions_along_that_began_with_it(
    accounts: AccountService,
) -> None:
    await add_admin(accounts)
    lost, kept = new_key(), new_key()
    passkey = await register(accounts, lost)
    await register(accounts, kept)
    stolen = [await come(accounts, lost) for _ in range(2)]
    others = [await come(accounts, kept), await sign_in(accounts)]
    told: list[Revoked] = []
    accounts.on_revoked(told.append)
    await accounts.passkeys.remove(LOCAL, "local", passkey.id)
    assert [await accounts.identify_session(each.secret) for each in stolen] == [None, None]
    assert all([await accounts.identify_session(each.secret) for each in others])
    ended = {revoked.credential.id for revoked in told if revoked.credential}
    assert ended == {each.session.id for each in stolen}


async def test_the_session_in_which_a_passkey_is_removed_goes_on(accounts: AccountService) -> None:
    await add_admin(accounts)
    key = new_key()
    passkey = await register(accounts, key)
    here, there = await come(accounts, key), await come(accounts, key)
    await accounts.passkeys.remove(LOCAL, "local", passkey.id, keep=here.session.id)
    assert await accounts.identify_session(here.secret) is not None
    assert await accounts.identify_session(there.secret) is None


async def test_the_last_way_in_is_removed_only_on_purpose(accounts: AccountService) -> None:
    await add_admin(accounts)
    user = await accounts.users.add(OPERATOR, "Bob")  # without a password
    actor = Actor(user.id)
    one, other = [await register(accounts, new_key(), user_id=user.id) for _ in range(2)]
    # Of two that are removed at the same time, one is the last.
    results = await asyncio.gather(
        *(accounts.passkeys.remove(actor, user.id, key.id) for key in (one, other)),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["LastWayIn", "NoneType"]
    (left,) = await accounts.passkeys.list(user.id)
    with pytest.raises(NotFound):
        await accounts.passkeys.remove(actor, user.id, "none", even_last=True)
    with pytest.raises(LastWayIn):
        await accounts.passkeys.remove(actor, user.id, left.id)
    await accounts.passkeys.remove(actor, user.id, left.id, even_last=True)
    assert await accounts.passkeys.list(user.id) == []


@pytest.mark.parametrize("way", ["link", "administrator"])
async def test_a_password_that_is_set_for_a_user_leaves_no_passkey(
    accounts: AccountService, way: str
) -> None:
    """An intruder may have added one."""
    await add_admin(accounts)
    bob, key = await add_user(accounts), new_key()
    await register(accounts, key, user_id=bob.id)
    if way == "link":
        link = await accounts.invites.create_password_link(LOCAL, bob.id)
        await accounts.invites.accept(link.secret, OTHER_PASSWORD, HOME)
    else:
        await accounts.passwords.set(LOCAL, bob.id, OTHER_PASSWORD)
    assert await accounts.passkeys.list(bob.id) == []
    with pytest.raises(WrongCredentials):
        await come(accounts, key)


async def test_what_concerns_passkeys_is_in_the_log(accounts: AccountService) -> None:
    await add_admin(accounts)
    key = new_key()
    passkey = await register(accounts, key)
    await come(accounts, key)
    key.count = 0
    with pytest.raises(WrongCredentials):
        await come(accounts, key)
    await accounts.settle()
    await accounts.passkeys.remove(LOCAL, "local", passkey.id)
    events = [(event.action, event.detail) for event in (await accounts.log.page()).entries]
    assert events[:4] == [
        (Action.PASSKEY_REMOVED, "Key"),
        (Action.SIGN_IN_FAILED, "passkey:Key"),
        (Action.SIGNED_IN, "passkey"),
        (Action.PASSKEY_ADDED, "Key"),
    ]


async def test_a_passkey_is_offered_until_there_is_one_or_none_is_wanted(
    accounts: AccountService,
) -> None:
    await add_admin(accounts)
    bob = await add_user(accounts)
    nameless = await accounts.users.add(OPERATOR, "Eve")  # who signs in elsewhere
    offers = accounts.passkeys.offers
    assert await offers("local")
    assert not await offers(nameless.id)
    assert not await offers("none")
    passkey = await register(accounts, new_key())
    assert not await offers("local")
    await accounts.passkeys.remove(LOCAL, "local", passkey.id)
    assert await offers("local")
    await accounts.passkeys.decline(Actor(bob.id))
    assert not await offers(bob.id)
    assert await offers("local")
