"""Links that are used once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quart_chat.accounts.models import Actor, LinkKind, Role, Scope
from quart_chat.accounts.options import DAY
from quart_chat.accounts.secret import new_id, new_secret
from quart_chat.accounts.service import AccountService
from quart_chat.errors import (
    InvalidInput,
    LinkUsed,
    NameTaken,
    NotFound,
    WeakPassword,
    WrongCredentials,
)
from tests.accounts.parts import (
    HOME,
    OPERATOR,
    OTHER_PASSWORD,
    PASSWORD,
    Clock,
    add_admin,
    add_user,
    sign_in,
)
from tests.examples import examples


@pytest.mark.parametrize("role", Role)
async def test_an_invite_makes_a_user_and_signs_in(accounts: AccountService, role: Role) -> None:
    await add_admin(accounts)
    invite = await accounts.invites.create(Actor("local"), role)
    assert (await accounts.invites.get(invite.secret)) == invite.invite
    assert invite.invite.created_by == "local"
    signed_in = await accounts.invites.accept(invite.secret, PASSWORD, HOME, name=" Bob ")
    assert (signed_in.user.name, signed_in.user.role) == ("Bob", role)
    identity = await accounts.identify_session(signed_in.secret)
    assert identity is not None
    assert identity.user_id == signed_in.user.id != "local"
    await sign_in(accounts, "bob")
    assert await accounts.invites.list() == []


async def test_a_setup_link_makes_the_first_administrator(accounts: AccountService) -> None:
    before, setup = [await accounts.invites.create_setup() for _ in range(2)]
    assert before is not None
    assert setup is not None
    with pytest.raises(LinkUsed):
        await accounts.invites.get(before.secret)
    signed_in = await accounts.invites.accept(setup.secret, PASSWORD, HOME, name="Ada")
    assert (signed_in.user.id, signed_in.user.role) == ("local", Role.ADMIN)
    assert await accounts.invites.create_setup() is None


async def test_a_setup_link_ends_with_the_first_administrator(accounts: AccountService) -> None:
    setup = await accounts.invites.create_setup()
    assert setup is not None
    await add_admin(accounts)
    assert await accounts.invites.list() == []
    with pytest.raises(LinkUsed):
        await accounts.invites.accept(setup.secret, PASSWORD, HOME, name="Eve")
    assert [user.name for user in await accounts.users.all()] == ["Ada"]


async def test_a_password_link_sets_a_password_and_ends_other_sessions(
    accounts: AccountService,
) -> None:
    await add_admin(accounts)
    bob = await add_user(accounts)
    before = await sign_in(accounts, "Bob")
    first, link = [
        await accounts.invites.create_password_link(Actor("local"), bob.id) for _ in range(2)
    ]
    assert (link.invite.kind, link.invite.name) == (LinkKind.PASSWORD, "Bob")
    with pytest.raises(LinkUsed):
        await accounts.invites.accept(first.secret, OTHER_PASSWORD, HOME)
    signed_in = await accounts.invites.accept(link.secret, OTHER_PASSWORD, HOME, name="Eve")
    assert signed_in.user.id == bob.id
    assert (await accounts.users.get(bob.id)).name == "Bob"
    assert await accounts.identify_session(before.secret) is None
    assert await accounts.identify_session(signed_in.secret) is not None
    await sign_in(accounts, "Bob", password=OTHER_PASSWORD)


async def test_a_password_link_lets_no_disabled_user_in(accounts: AccountService) -> None:
    await add_admin(accounts)
    bob = await add_user(accounts)
    link = await accounts.invites.create_password_link(OPERATOR, bob.id)
    await accounts.users.disable(OPERATOR, bob.id)
    with pytest.raises(WrongCredentials):
        await accounts.invites.accept(link.secret, OTHER_PASSWORD, HOME)
    await accounts.users.enable(OPERATOR, bob.id)
    await accounts.invites.accept(link.secret, OTHER_PASSWORD, HOME)


async def test_a_link_ends_with_its_user(accounts: AccountService) -> None:
    await add_admin(accounts)
    bob = await add_user(accounts)
    link = await accounts.invites.create_password_link(OPERATOR, bob.id)
    await accounts.users.delete(OPERATOR, bob.id)
    with pytest.raises(LinkUsed):
        await accounts.invites.get(link.secret)


@pytest.mark.parametrize(("kind", "days"), [(LinkKind.INVITE, 7), (LinkKind.PASSWORD, 1)])
async def test_a_link_has_an_end(
    accounts: AccountService, clock: Clock, kind: LinkKind, days: int
) -> None:
    await add_admin(accounts)
    bob = await add_user(accounts)
    if kind is LinkKind.INVITE:
        link = await accounts.invites.create(OPERATOR)
    else:
        link = await accounts.invites.create_password_link(OPERATOR, bob.id)
    clock.pass_(days * DAY - 1)
    assert await accounts.invites.list() == [link.invite]
    clock.pass_(1)
    assert await accounts.invites.list() == []
    with pytest.raises(LinkUsed):
        await accounts.invites.accept(link.secret, OTHER_PASSWORD, HOME, name="Eve")


async def test_a_link_that_was_revoked_can_not_be_used(accounts: AccountService) -> None:
    await add_admin(accounts)
    link = await accounts.invites.create(OPERATOR)
    await accounts.invites.revoke(Actor("local"), link.invite.id)
    for secret in (link.secret, new_secret(), "", "../x", "\0"):
        with pytest.raises(LinkUsed):
            await accounts.invites.get(secret)
    with pytest.raises(NotFound):
        await accounts.invites.revoke(Actor("local"), link.invite.id)


@pytest.mark.parametrize(
    ("name", "password", "error"),
    [
        ("Ada", PASSWORD, NameTaken),
        ("", PASSWORD, InvalidInput),
        (None, PASSWORD, InvalidInput),
        ("Bob", "short", WeakPassword),
        ("Bob Marley", "bob marley 1981", WeakPassword),
    ],
)
async def test_a_link_stays_open_where_it_was_not_filled_in_well(
    accounts: AccountService, name: str | None, password: str, error: type[Exception]
) -> None:
    await add_admin(accounts)
    link = await accounts.invites.create(OPERATOR)
    with pytest.raises(error):
        await accounts.invites.accept(link.secret, password, HOME, name=name)
    await accounts.invites.accept(link.secret, PASSWORD, HOME, name="Bob")


@settings(max_examples=examples(10), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    count=st.integers(2, 6),
    same_name=st.booleans(),
    kind=st.sampled_from([LinkKind.INVITE, LinkKind.PASSWORD]),
)
async def test_of_all_who_use_a_link_at_once_one_wins(
    open_accounts: Callable[[], AccountService], count: int, same_name: bool, kind: LinkKind
) -> None:
    services = [open_accounts() for _ in range(count)]
    await add_admin(services[0], f"Admin {new_id()}")
    bob = await add_user(services[0], f"Bob {new_id()}")
    if kind is LinkKind.INVITE:
        link = await services[0].invites.create(OPERATOR)
    else:
        link = await services[0].invites.create_password_link(OPERATOR, bob.id)
    before = len(await services[0].users.all())
    name = f"Eve {new_id()}"
    results = await asyncio.gather(
        *(
            service.invites.accept(
                link.secret, PASSWORD, HOME, name=name if same_name else f"{name} {n}"
            )
            for n, service in enumerate(services)
        ),
        return_exceptions=True,
    )
    winners = [result for result in results if not isinstance(result, BaseException)]
    assert len(winners) == 1
    assert all(isinstance(r, LinkUsed | NameTaken) for r in results if r is not winners[0])
    added = len(await services[0].users.all()) - before
    assert added == (kind is LinkKind.INVITE)
    sessions = await services[0].sessions.list(winners[0].user.id)
    assert [session.id for session in sessions] == [winners[0].session.id]


@pytest.mark.parametrize("way", ["demoted", "disabled", "deleted"])
async def test_links_of_an_administrator_end_with_the_office(
    accounts: AccountService, way: str
) -> None:
    ada = await add_admin(accounts)
    eve = await accounts.users.add(OPERATOR, "Eve", role=Role.ADMIN, password=PASSWORD)
    invite = await accounts.invites.create(Actor(eve.id), Role.ADMIN)
    link = await accounts.invites.create_password_link(Actor(eve.id), ada.id)
    match way:
        case "demoted":
            await accounts.users.set_role(OPERATOR, eve.id, Role.USER)
        case "disabled":
            await accounts.users.disable(OPERATOR, eve.id)
        case _:
            await accounts.users.delete(OPERATOR, eve.id)
    for secret, name in ((invite.secret, "Mallory"), (link.secret, None)):
        with pytest.raises(LinkUsed):
            await accounts.invites.accept(secret, OTHER_PASSWORD, HOME, name=name)
    assert await accounts.invites.list() == []


async def test_a_password_link_ends_tokens(accounts: AccountService) -> None:
    ada = await add_admin(accounts)
    token = await accounts.tokens.create(Actor(ada.id), ada.id, "backup", Scope.WRITE)
    assert await accounts.identify_token(token.secret)
    link = await accounts.invites.create_password_link(OPERATOR, ada.id)
    await accounts.invites.accept(link.secret, OTHER_PASSWORD, HOME)
    assert await accounts.identify_token(token.secret) is None
