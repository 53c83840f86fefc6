"""An invite can be accepted with a passkey alone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from quart_chat.accounts.models import Actor, LinkKind, Role, SignedIn, SignInMethod
from quart_chat.accounts.service import AccountService
from quart_chat.accounts.throttle.rates import REGISTRATIONS
from quart_chat.errors import (
    InvalidInput,
    LinkUsed,
    NameTaken,
    SignInThrottled,
    WrongCredentials,
)
from tests.accounts.authenticator import Authenticator
from tests.accounts.parts import HOME, OPERATOR, PASSWORD, Clock, add_admin, add_user, sign_in
from tests.accounts.passkeys.parts import BROWSER, OTHER_SITE, SITE, come, register


@pytest.fixture
async def secret(accounts: AccountService) -> str:
    await add_admin(accounts)
    return (await accounts.invites.create(OPERATOR)).secret


@pytest.fixture
def key() -> Authenticator:
    return Authenticator(SITE.origin)


async def accept(
    accounts: AccountService, secret: str, key: Authenticator, name: str = "Berta", **changes: Any
) -> SignedIn:
    begun = await accounts.invited.begin(secret, name, BROWSER, SITE)
    answer = key.create(begun.options)
    sent = {"challenge_id": begun.id, "browser": BROWSER, "passkey_name": "Phone", **changes}
    return await accounts.invited.finish(
        secret, name, response=answer, party=SITE, origin=HOME, **sent
    )


async def test_an_invite_is_accepted_without_a_password(
    accounts: AccountService, secret: str, key: Authenticator
) -> None:
    signed_in = await accept(accounts, secret, key)
    assert (signed_in.user.name, signed_in.user.role) == ("Berta", Role.USER)
    assert (signed_in.user.has_password, signed_in.user.passkeys) == (False, 1)
    assert signed_in.session.method is SignInMethod.PASSKEY
    assert await accounts.identify_session(signed_in.secret) is not None
    # The key signs in from now on, the link makes no second user, and no password does anything.
    assert (await come(accounts, key)).user.id == signed_in.user.id
    with pytest.raises(LinkUsed):
        await accept(accounts, secret, Authenticator(SITE.origin), "Carl")
    with pytest.raises(WrongCredentials):
        await sign_in(accounts, "Berta", password="")
    actions = [entry.action for entry in (await accounts.log.page()).entries]
    assert {"user_added", "passkey_added", "link_used", "signed_in"} <= set(actions)


async def test_a_user_who_loses_the_passkey_comes_in_by_a_link(
    accounts: AccountService, secret: str, key: Authenticator
) -> None:
    user = (await accept(accounts, secret, key)).user
    link = await accounts.invites.create_password_link(OPERATOR, user.id)
    assert link.invite.kind is LinkKind.PASSWORD
    await accounts.invites.accept(link.secret, PASSWORD, HOME)
    assert (await sign_in(accounts, "Berta")).user.id == user.id
    with pytest.raises(WrongCredentials):
        await come(accounts, key)


async def test_one_of_several_accepts(accounts: AccountService, secret: str) -> None:
    keys = [Authenticator(SITE.origin) for _ in range(4)]
    results = await asyncio.gather(
        *(accept(accounts, secret, key, f"User {n}") for n, key in enumerate(keys)),
        return_exceptions=True,
    )
    assert [type(result) for result in results].count(LinkUsed) == 3
    assert len(await accounts.users.all()) == 2


async def test_a_name_is_free_before_the_device_is_asked(
    accounts: AccountService, secret: str, key: Authenticator
) -> None:
    with pytest.raises(NameTaken):
        await accept(accounts, secret, key, "ada")
    with pytest.raises(InvalidInput):
        await accept(accounts, secret, key, " ")
    # One that is taken meanwhile leaves the link open.
    begun = await accounts.invited.begin(secret, "Bob", BROWSER, SITE)
    await add_user(accounts)
    with pytest.raises(NameTaken):
        await accounts.invited.finish(
            secret, "Bob", begun.id, BROWSER, "Phone", key.create(begun.options), SITE, HOME
        )
    assert (await accept(accounts, secret, key)).user.name == "Berta"


async def test_a_challenge_is_of_its_browser_its_link_and_its_purpose(
    accounts: AccountService, secret: str, key: Authenticator, clock: Clock
) -> None:
    with pytest.raises(InvalidInput):
        await accept(accounts, secret, key, browser="another browser")
    other = (await accounts.invites.create(OPERATOR)).secret
    begun = await accounts.invited.begin(other, "Berta", BROWSER, SITE)
    with pytest.raises(InvalidInput):
        await accept(accounts, secret, key, challenge_id=begun.id)
    added = await accounts.passkeys.begin_registration("local", BROWSER, SITE)
    with pytest.raises(InvalidInput):
        await accept(accounts, secret, key, challenge_id=added.id)
    begun = await accounts.invited.begin(secret, "Berta", BROWSER, SITE)
    with pytest.raises(InvalidInput):
        await accounts.passkeys.finish_registration(
            Actor("local"), begun.id, BROWSER, "Key", key.create(begun.options), SITE
        )
    begun = await accounts.invited.begin(secret, "Berta", BROWSER, SITE)
    clock.pass_(300)
    with pytest.raises(InvalidInput):
        await accept(accounts, secret, key, challenge_id=begun.id)
    assert len(await accounts.users.all()) == 1


async def test_a_key_that_is_known_or_of_another_site_makes_no_user(
    accounts: AccountService, secret: str, key: Authenticator
) -> None:
    with pytest.raises(InvalidInput):
        await accept(accounts, secret, Authenticator(OTHER_SITE.origin))
    await register(accounts, key)
    with pytest.raises(InvalidInput, match="known already"):
        await accept(accounts, secret, key)
    assert len(await accounts.users.all()) == 1


@pytest.mark.parametrize("kind", ["password", "setup", "none"])
async def test_other_links_take_no_passkey(
    accounts: AccountService, key: Authenticator, kind: str
) -> None:
    link = await accounts.invites.create_setup() if kind == "setup" else None
    if kind != "setup":
        user = await add_admin(accounts)
        link = await accounts.invites.create_password_link(OPERATOR, user.id)
    assert link is not None
    before = await accounts.users.all()
    with pytest.raises(LinkUsed):
        await accept(accounts, "x" if kind == "none" else link.secret, key)
    assert await accounts.users.all() == before


async def test_the_first_administrator_by_an_invite_is_the_user_of_the_machine(
    accounts: AccountService, key: Authenticator
) -> None:
    one, other = [await accounts.invites.create(OPERATOR, Role.ADMIN) for _ in range(2)]
    begun = await accounts.invited.begin(other.secret, "Bea", BROWSER, SITE)
    answer = Authenticator(SITE.origin).create(begun.options)
    assert (await accept(accounts, one.secret, key)).user.id == "local"
    with pytest.raises(InvalidInput, match="faster"):
        await accounts.invited.finish(
            other.secret, "Bea", begun.id, BROWSER, "Phone", answer, SITE, HOME
        )


async def test_an_invite_stores_only_so_many_challenges(
    accounts: AccountService, secret: str, clock: Clock
) -> None:
    for _ in range(REGISTRATIONS.burst):
        await accounts.invited.begin(secret, "Berta", BROWSER, SITE)
    with pytest.raises(SignInThrottled) as refused:
        await accounts.invited.begin(secret, "Berta", BROWSER, SITE)
    with pytest.raises(SignInThrottled):
        await accounts.invited.begin(secret, "Ada", BROWSER, SITE)
    clock.pass_(refused.value.retry_after)
    assert await accounts.invited.begin(secret, "Berta", BROWSER, SITE)
