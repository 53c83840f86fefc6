"""Users whom another server names with each request."""

from __future__ import annotations

import pytest

from quart_chat.accounts.models import CredentialKind, Identity, Role
from quart_chat.accounts.service import AccountService
from quart_chat.errors import InvalidInput
from quart_chat.storage import Storage
from tests.accounts.parts import OPERATOR, add_user, database_of


async def identify(accounts: AccountService, name: str, role: Role = Role.USER) -> Identity | None:
    return await accounts.identify_external("proxy", name, name, role=role)


async def test_who_is_named_is_added_once(accounts: AccountService, storage: Storage) -> None:
    await add_user(accounts, "Ada")
    first = await identify(accounts, "ada")
    assert first is not None
    assert (first.name, first.role, first.may_write) == ("ada 2", Role.USER, True)
    assert first.credential.kind is CredentialKind.EXTERNAL
    await identify(accounts, "ada")
    queries = database_of(storage).queries
    assert await identify(accounts, "ada") == first
    assert database_of(storage).queries == queries
    assert len(await accounts.users.all()) == 2


async def test_the_first_administrator_is_the_user_of_the_machine(
    accounts: AccountService,
) -> None:
    identity = await identify(accounts, "grace", Role.ADMIN)
    assert identity is not None
    assert identity.user_id == "local"


async def test_the_other_server_says_what_a_user_may_do(accounts: AccountService) -> None:
    for role in (Role.USER, Role.ADMIN, Role.USER):
        identity = await identify(accounts, "grace", role)
        assert identity is not None
        assert identity.role is role
        assert (await accounts.users.get(identity.user_id)).role is role


async def test_who_is_disabled_is_not_let_in(accounts: AccountService) -> None:
    identity = await identify(accounts, "bob")
    assert identity is not None
    await accounts.users.disable(OPERATOR, identity.user_id)
    assert await identify(accounts, "bob") is None
    assert await identify(accounts, "bob", Role.ADMIN) is None


async def test_requests_of_a_disabled_user_write_nothing(
    accounts: AccountService, storage: Storage
) -> None:
    identity = await identify(accounts, "bob")
    assert identity is not None
    await accounts.users.disable(OPERATOR, identity.user_id)
    written = storage.writes.count
    for role in (Role.USER, Role.ADMIN, Role.USER):
        assert await identify(accounts, "bob", role) is None
    assert storage.writes.count == written
    # The role that was named meanwhile is settled with the first request that is let in.
    await accounts.users.enable(OPERATOR, identity.user_id)
    again = await identify(accounts, "bob", Role.ADMIN)
    assert again is not None
    assert again.role is Role.ADMIN


async def test_a_long_name_is_cut_and_known_by_all_of_it(accounts: AccountService) -> None:
    names = ["x" * 150 + end for end in ("a", "b", "a")]
    found = [await identify(accounts, name) for name in names]
    assert found[0] == found[2] != found[1]
    names = [user.name for user in await accounts.users.all()]
    assert sorted(names) == ["x" * 58 + " 2", "x" * 64]


@pytest.mark.parametrize("name", ["", " ", "\u200b"])
async def test_a_name_that_can_not_be_used_is_refused(accounts: AccountService, name: str) -> None:
    with pytest.raises(InvalidInput):
        await identify(accounts, name)
    assert await accounts.users.all() == []
