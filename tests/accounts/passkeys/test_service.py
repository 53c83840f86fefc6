"""Signing in with a passkey, by real keys and signatures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quart_chat.accounts.models import Actor, SignInMethod
from quart_chat.accounts.passkeys.adding import MAX_PASSKEYS
from quart_chat.accounts.service import AccountService
from quart_chat.errors import Forbidden, InvalidInput, NotFound, WrongCredentials
from tests.accounts.authenticator import Authenticator
from tests.accounts.parts import HOME, OPERATOR, Clock, add_admin, add_user
from tests.accounts.passkeys.parts import BROWSER, LOCAL, OTHER_SITE, SITE, come, register
from tests.examples import examples


@pytest.fixture
def key() -> Authenticator:
    return Authenticator(SITE.origin)


@pytest.mark.parametrize("counts", [True, False])
async def test_a_passkey_signs_in_on_any_process(
    open_accounts: Callable[[], AccountService], clock: Clock, counts: bool
) -> None:
    one, other = open_accounts(), open_accounts()
    await add_admin(one)
    key = Authenticator(SITE.origin, counts=counts)
    passkey = await register(one, key)
    assert (passkey.name, passkey.transports, passkey.used_at) == ("Key", ("nfc", "usb"), None)
    clock.pass_(60)
    for service, answering in ((one, other), (other, one)):
        challenge = await service.passkeys.begin_sign_in(BROWSER, SITE)
        signed_in = await answering.passkeys.finish_sign_in(
            challenge.id, BROWSER, key.get(challenge.options), SITE, HOME
        )
        assert (signed_in.user.id, signed_in.session.method) == ("local", SignInMethod.PASSKEY)
        assert await service.identify_session(signed_in.secret) is not None
    assert await one.passkeys.list("local") == [replace(passkey, used_at=clock.now)]
    assert (await one.users.get("local")).passkeys == 1


async def test_the_options_ask_for_a_key_that_replaces_name_and_password(
    accounts: AccountService, key: Authenticator
) -> None:
    await add_admin(accounts)
    passkey = await register(accounts, key)
    options = (await accounts.passkeys.begin_registration("local", BROWSER, SITE)).options
    assert options["rp"] == {"id": SITE.id, "name": SITE.name}
    assert options["user"]["name"] == "Ada"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert [known["id"] for known in options["excludeCredentials"]] == [passkey.id]
    asked = (await accounts.passkeys.begin_sign_in(BROWSER, SITE)).options
    assert (asked["rpId"], asked["userVerification"]) == (SITE.id, "required")
    assert not asked.get("allowCredentials")


async def test_a_challenge_is_answered_once(accounts: AccountService, key: Authenticator) -> None:
    await add_admin(accounts)
    await register(accounts, key)
    challenge = await accounts.passkeys.begin_sign_in(BROWSER, SITE)
    answer = key.get(challenge.options)
    finish = accounts.passkeys.finish_sign_in
    results = await asyncio.gather(
        *(finish(challenge.id, BROWSER, answer, SITE, HOME) for _ in range(4)),
        return_exceptions=True,
    )
    assert [type(r) for r in results].count(WrongCredentials) == 3
    with pytest.raises(WrongCredentials):
        await finish(challenge.id, BROWSER, key.get(challenge.options), SITE, HOME)


async def test_a_challenge_ends_after_five_minutes(
    accounts: AccountService, key: Authenticator, clock: Clock
) -> None:
    await add_admin(accounts)
    late = await accounts.passkeys.begin_registration("local", BROWSER, SITE)
    clock.pass_(300)
    with pytest.raises(InvalidInput):
        await accounts.passkeys.finish_registration(
            LOCAL, late.id, BROWSER, "Key", key.create(late.options), SITE
        )
    await register(accounts, key)
    challenge = await accounts.passkeys.begin_sign_in(BROWSER, SITE)
    clock.pass_(300)
    with pytest.raises(WrongCredentials):
        await accounts.passkeys.finish_sign_in(
            challenge.id, BROWSER, key.get(challenge.options), SITE, HOME
        )


async def test_a_challenge_is_for_its_user_and_purpose(
    accounts: AccountService, key: Authenticator
) -> None:
    await add_admin(accounts)
    bob = await add_user(accounts)
    for actor in (Actor(bob.id), OPERATOR):
        challenge = await accounts.passkeys.begin_registration("local", BROWSER, SITE)
        with pytest.raises(InvalidInput):
            await accounts.passkeys.finish_registration(
                actor, challenge.id, BROWSER, "Key", key.create(challenge.options), SITE
            )
    await register(accounts, key)
    registration = await accounts.passkeys.begin_registration("local", BROWSER, SITE)
    asked = {**registration.options, "rpId": SITE.id}
    with pytest.raises(WrongCredentials):
        await accounts.passkeys.finish_sign_in(registration.id, BROWSER, key.get(asked), SITE, HOME)
    assert await accounts.passkeys.list(bob.id) == []


@pytest.mark.parametrize(
    "key",
    [Authenticator(OTHER_SITE.origin), Authenticator(SITE.origin, verifies=False)],
    ids=["another site", "a user who has not shown who it is"],
)
async def test_a_key_that_answers_otherwise_is_not_taken(
    accounts: AccountService, key: Authenticator
) -> None:
    await add_admin(accounts)
    with pytest.raises(InvalidInput):
        await register(accounts, key)
    assert await accounts.passkeys.list("local") == []


async def test_a_page_of_another_site_gets_nobody_in(
    accounts: AccountService, key: Authenticator
) -> None:
    await add_admin(accounts)
    await register(accounts, key)
    challenge = await accounts.passkeys.begin_sign_in(BROWSER, SITE)
    lured = key.get({**challenge.options, "rpId": OTHER_SITE.id})
    with pytest.raises(WrongCredentials):
        await accounts.passkeys.finish_sign_in(challenge.id, BROWSER, lured, SITE, HOME)


async def test_an_answer_that_names_another_user_is_refused(
    accounts: AccountService, key: Authenticator
) -> None:
    await add_admin(accounts)
    bob = await add_user(accounts)
    await register(accounts, key)
    key.user = bob.id.encode()
    with pytest.raises(WrongCredentials):
        await come(accounts, key)


async def test_a_copy_of_a_key_is_noticed_by_what_it_counts(
    accounts: AccountService, key: Authenticator
) -> None:
    await add_admin(accounts)
    await register(accounts, key)
    for _ in range(3):
        await come(accounts, key)
    key.count = 1
    with pytest.raises(WrongCredentials):
        await come(accounts, key)


async def test_a_key_of_a_disabled_or_deleted_user_is_not_let_in(
    accounts: AccountService, key: Authenticator
) -> None:
    await add_admin(accounts)
    bob = await add_user(accounts)
    await register(accounts, key, user_id=bob.id)
    await accounts.users.disable(OPERATOR, bob.id)
    with pytest.raises(WrongCredentials):
        await come(accounts, key)
    await accounts.users.enable(OPERATOR, bob.id)
    await come(accounts, key)
    await accounts.users.delete(OPERATOR, bob.id)
    with pytest.raises(WrongCredentials):
        await come(accounts, key)


async def test_passkeys_are_renamed_and_removed_by_their_users(
    accounts: AccountService, key: Authenticator
) -> None:
    await add_admin(accounts)
    bob = await add_user(accounts)
    passkey = await register(accounts, key)
    with pytest.raises(NotFound):
        await accounts.passkeys.rename(Actor(bob.id), passkey.id, "Mine")
    with pytest.raises(Forbidden):
        await accounts.passkeys.remove(Actor(bob.id), "local", passkey.id)
    with pytest.raises(NotFound):
        await accounts.passkeys.remove(Actor(bob.id), bob.id, passkey.id)
    with pytest.raises(InvalidInput):
        await register(accounts, key, user_id=bob.id)
    assert (await accounts.passkeys.rename(LOCAL, passkey.id, " Blue key ")).name == "Blue key"
    await accounts.passkeys.remove(LOCAL, "local", passkey.id)
    with pytest.raises(WrongCredentials):
        await come(accounts, key)


async def test_there_are_only_so_many_passkeys(accounts: AccountService) -> None:
    await add_admin(accounts)
    for _ in range(MAX_PASSKEYS):
        await register(accounts, Authenticator(SITE.origin))
    with pytest.raises(InvalidInput):
        await register(accounts, Authenticator(SITE.origin))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=5,
)
PATHS = [
    *(("id",), ("rawId",), ("type",), ("response",), ("response", "clientDataJSON")),
    *(("response", "attestationObject"), ("response", "transports")),
    *(("response", "authenticatorData"), ("response", "signature"), ("response", "userHandle")),
]


def spoil(answer: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    if len(path) == 1:
        return {**answer, path[0]: value}
    return {**answer, path[0]: {**answer[path[0]], path[1]: value}}


@settings(
    max_examples=examples(50),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(path=st.sampled_from(PATHS), value=JSON)
async def test_an_answer_that_was_spoilt_is_refused_or_changes_nothing(
    accounts: AccountService, clock: Clock, path: tuple[str, ...], value: Any
) -> None:
    clock.pass_(5)
    if not await accounts.users.has_admin():
        await add_admin(accounts)
    key = Authenticator(SITE.origin)
    challenge = await accounts.passkeys.begin_registration("local", BROWSER, SITE)
    answer = spoil(key.create(challenge.options), path, value)
    try:
        passkey = await accounts.passkeys.finish_registration(
            LOCAL, challenge.id, BROWSER, "Key", answer, SITE
        )
    except InvalidInput:
        passkey = await register(accounts, key)
    challenge = await accounts.passkeys.begin_sign_in(BROWSER, SITE)
    answer = spoil(key.get(challenge.options), path, value)
    try:
        await accounts.passkeys.finish_sign_in(challenge.id, BROWSER, answer, SITE, HOME)
    except WrongCredentials:
        assert path != ("response", "transports")
    await accounts.passkeys.remove(LOCAL, "local", passkey.id)
