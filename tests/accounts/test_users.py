"""Adding, changing and deleting users, and who may do it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.accounts.models import Actor, Role, User
from quart_chat.accounts.names import MAX_NAME, clean_user_name, name_key
from quart_chat.accounts.service import AccountService
from quart_chat.errors import (
    ChatError,
    Forbidden,
    InvalidInput,
    LastAdministrator,
    NameTaken,
    NotFound,
    WeakPassword,
    WrongCredentials,
)
from tests.accounts.parts import OPERATOR, PASSWORD, add_admin, add_user, sign_in


async def test_the_first_administrator_is_the_user_of_the_machine(
    accounts: AccountService,
) -> None:
    before = await accounts.users.add(OPERATOR, "Bob", password=PASSWORD)
    assert not await accounts.users.has_admin()
    first = await add_admin(accounts)
    second = await add_admin(accounts, "Grace")
    assert first.id == "local"
    assert len({before.id, first.id, second.id}) == 3
    assert await accounts.users.has_admin()
    assert [user.name for user in await accounts.users.all()] == ["Ada", "Bob", "Grace"]


async def test_the_id_of_the_machine_is_given_again_to_no_second_administrator(
    accounts: AccountService,
) -> None:
    await add_admin(accounts)
    grace = await add_admin(accounts, "Grace")
    await accounts.users.delete(OPERATOR, "local")
    later = await add_admin(accounts, "Joan")
    assert "local" not in {grace.id, later.id}


@pytest.mark.parametrize("name", ["ADA", " ada ", "ａｄａ", "A\u0064a"])
async def test_two_names_differ_in_more_than_case_and_width(
    accounts: AccountService, name: str
) -> None:
    ada = await add_admin(accounts)
    assert await accounts.users.find(name) == ada
    with pytest.raises(NameTaken):
        await accounts.users.add(OPERATOR, name)
    assert (await accounts.users.rename(OPERATOR, ada.id, name)).id == ada.id


@pytest.mark.parametrize(
    "name", ["", " \n", "\u200b", "a\u202eb", "a\0b\ufffd\x07", "x" * (MAX_NAME + 1), "\ue000"]
)
async def test_a_name_that_can_not_be_seen_or_told_is_refused(
    accounts: AccountService, name: str
) -> None:
    with pytest.raises(InvalidInput):
        await accounts.users.add(OPERATOR, name)
    assert await accounts.users.all() == []


@given(st.text(max_size=80))
def test_a_name_that_is_taken_can_be_signed_in_with(name: str) -> None:
    try:
        cleaned = clean_user_name(name)
    except InvalidInput:
        return
    assert clean_user_name(cleaned) == cleaned
    assert name_key(cleaned) == name_key(name)
    for typed in (cleaned.upper().lower(), f" {cleaned}\n"):
        if typed.strip().casefold() == cleaned.casefold():
            assert name_key(typed) == name_key(cleaned)
    assert name_key(name_key(cleaned)) == name_key(cleaned)


async def test_a_user_without_a_password_can_not_sign_in(accounts: AccountService) -> None:
    await accounts.users.add(OPERATOR, "Bob")
    for password in ("", PASSWORD, "None"):
        with pytest.raises(WrongCredentials):
            await sign_in(accounts, "Bob", password=password)


async def test_a_weak_password_adds_no_user(accounts: AccountService) -> None:
    with pytest.raises(WeakPassword):
        await accounts.users.add(OPERATOR, "Bob", password="short")
    assert await accounts.users.all() == []


async def test_only_enabled_administrators_change_others(accounts: AccountService) -> None:
    ada, bob = await add_admin(accounts), await add_user(accounts)
    grace = await add_admin(accounts, "Grace")
    await accounts.users.disable(OPERATOR, grace.id)
    for actor in (Actor(bob.id), Actor(grace.id), Actor("nobody")):
        for call in (
            accounts.users.add(actor, "Joan"),
            accounts.users.set_role(actor, bob.id, Role.ADMIN),
            accounts.users.disable(actor, ada.id),
            accounts.users.enable(actor, grace.id),
            accounts.users.delete(actor, ada.id),
            accounts.users.rename(actor, ada.id, "Eve"),
            accounts.passwords.set(actor, ada.id, "another long password"),
            accounts.invites.create(actor),
            accounts.invites.create_password_link(actor, ada.id),
            accounts.sessions.revoke_all(actor, ada.id),
        ):
            with pytest.raises(Forbidden):
                await call
    assert {user.name for user in await accounts.users.all()} == {"Ada", "Bob", "Grace"}


async def test_users_rename_and_delete_themselves(accounts: AccountService) -> None:
    await add_admin(accounts)
    bob = await add_user(accounts)
    assert (await accounts.users.rename(Actor(bob.id), bob.id, "Robert")).name == "Robert"
    await accounts.users.delete(Actor(bob.id), bob.id)
    with pytest.raises(NotFound):
        await accounts.users.get(bob.id)
    with pytest.raises(WrongCredentials):
        await sign_in(accounts, "Robert")
    assert (await add_user(accounts, "Robert")).id != bob.id


async def test_a_user_who_is_enabled_again_signs_in_anew(accounts: AccountService) -> None:
    await add_admin(accounts)
    bob = await add_user(accounts)
    signed_in = await sign_in(accounts, "Bob")
    assert not (await accounts.users.disable(OPERATOR, bob.id)).is_enabled
    with pytest.raises(WrongCredentials):
        await sign_in(accounts, "Bob")
    assert (await accounts.users.enable(OPERATOR, bob.id)).is_enabled
    assert await accounts.identify_session(signed_in.secret) is None
    assert (await sign_in(accounts, "Bob")).user.id == bob.id


Removal = Callable[[AccountService, User], Awaitable[object]]

REMOVALS: list[Removal] = [
    lambda accounts, user: accounts.users.delete(OPERATOR, user.id),
    lambda accounts, user: accounts.users.disable(OPERATOR, user.id),
    lambda accounts, user: accounts.users.set_role(OPERATOR, user.id, Role.USER),
    lambda accounts, user: accounts.users.delete(Actor(user.id), user.id),
]


@pytest.mark.parametrize("remove", REMOVALS)
async def test_the_last_enabled_administrator_stays(
    accounts: AccountService, remove: Removal
) -> None:
    ada, grace = await add_admin(accounts), await add_admin(accounts, "Grace")
    await add_user(accounts)
    await accounts.users.disable(OPERATOR, grace.id)
    with pytest.raises(LastAdministrator):
        await remove(accounts, ada)
    await accounts.users.enable(OPERATOR, grace.id)
    await remove(accounts, ada)


@pytest.mark.parametrize("first", REMOVALS)
@pytest.mark.parametrize("second", REMOVALS)
async def test_two_administrators_who_leave_at_once_leave_one(
    open_accounts: Callable[[], AccountService], first: Removal, second: Removal
) -> None:
    one, other = open_accounts(), open_accounts()
    ada, grace = await add_admin(one), await add_admin(one, "Grace")
    results = await asyncio.gather(first(one, ada), second(other, grace), return_exceptions=True)
    assert [type(result) for result in results if isinstance(result, ChatError)] == [
        LastAdministrator
    ]
    assert await one.users.has_admin()


async def test_several_setups_at_once_make_one_administrator_of_the_machine(
    open_accounts: Callable[[], AccountService],
) -> None:
    services = [open_accounts() for _ in range(4)]
    added = await asyncio.gather(
        *(add_admin(service, f"Admin {n}") for n, service in enumerate(services))
    )
    assert [user.id for user in added].count("local") == 1
