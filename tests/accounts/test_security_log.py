"""The security log, page by page, and what a user may know of it."""

from __future__ import annotations

import pytest

from quart_chat.accounts.models import Actor, Role, Scope
from quart_chat.accounts.security_log.events import ACTIONS, Action, Kind, SecurityEvent
from quart_chat.accounts.service import AccountService
from quart_chat.errors import Forbidden, WrongCredentials
from tests.accounts.parts import (
    HOME,
    OPERATOR,
    OTHER_PASSWORD,
    Clock,
    add_admin,
    add_user,
    sign_in,
)


async def all_entries(
    accounts: AccountService, limit: int, **wanted: object
) -> list[SecurityEvent]:
    """Every entry, read in pages."""
    found: list[SecurityEvent] = []
    before = None
    while True:
        page = await accounts.log.page(limit=limit, before=before, **wanted)  # type: ignore[arg-type]
        assert len(page.entries) <= limit
        found += page.entries
        before = page.next
        if before is None:
            return found


async def fill(accounts: AccountService) -> tuple[str, str]:
    """Have entries of most kinds; the ids of an administrator and of a user."""
    ada, bob = await add_admin(accounts), await add_user(accounts)
    admin = Actor(ada.id, "192.0.2.77")
    await sign_in(accounts)
    await sign_in(accounts, "Bob")
    with pytest.raises(WrongCredentials):
        await sign_in(accounts, "Bob", password=OTHER_PASSWORD)
    await accounts.settle()
    await accounts.tokens.create(Actor(bob.id, HOME.address), bob.id, "Backup", Scope.READ)
    await accounts.invites.create(admin)
    await accounts.users.rename(admin, bob.id, "Robert")
    await accounts.log.add_stop(admin, bob.id, "0" * 32)
    return ada.id, bob.id


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 9, 100])
async def test_pages_of_any_size_have_each_entry_once_the_latest_first(
    accounts: AccountService, limit: int
) -> None:
    await fill(accounts)
    whole = (await accounts.log.page(limit=1000)).entries
    assert len(whole) > 8
    assert [entry.number for entry in whole] == sorted(
        (entry.number for entry in whole), reverse=True
    )
    assert await all_entries(accounts, limit) == whole


async def test_what_is_added_meanwhile_neither_repeats_nor_hides_an_entry(
    accounts: AccountService,
) -> None:
    ada, _bob = await fill(accounts)
    before = (await accounts.log.page(limit=1000)).entries
    first = await accounts.log.page(limit=4)
    await accounts.invites.create(Actor(ada))
    rest = await accounts.log.page(limit=1000, before=first.next)
    assert first.entries + rest.entries == before


async def test_the_last_page_is_known_as_such_also_when_it_is_full(
    accounts: AccountService,
) -> None:
    await fill(accounts)
    count = len((await accounts.log.page(limit=1000)).entries)
    assert (await accounts.log.page(limit=count)).next is None
    assert (await accounts.log.page(limit=count - 1)).next is not None


def test_every_action_is_of_one_kind() -> None:
    assert sorted(action for actions in ACTIONS.values() for action in actions) == sorted(Action)
    assert set(ACTIONS) == set(Kind)


@pytest.mark.parametrize("kind", Kind)
async def test_the_entries_of_a_kind_are_those_of_its_actions(
    accounts: AccountService, kind: Kind
) -> None:
    await fill(accounts)
    whole = (await accounts.log.page(limit=1000)).entries
    wanted = [entry for entry in whole if entry.action in ACTIONS[kind]]
    assert wanted
    assert await all_entries(accounts, 2, kind=kind) == wanted


async def test_a_user_and_a_kind_are_wanted_together(accounts: AccountService) -> None:
    _ada, bob = await fill(accounts)
    found = await all_entries(accounts, 1, kind=Kind.SIGN_IN, user_id=bob)
    assert [entry.action for entry in found] == [Action.SIGN_IN_FAILED, Action.SIGNED_IN]


async def test_users_see_what_is_theirs_and_not_where_others_are(accounts: AccountService) -> None:
    _ada, bob = await fill(accounts)
    entries = (await accounts.log.own_page(bob)).entries
    assert all(bob in (entry.actor_id, entry.subject_id) for entry in entries)
    by_action = {entry.action: entry for entry in entries}
    assert by_action[Action.ROUND_STOPPED].actor == "Ada"
    assert by_action[Action.ROUND_STOPPED].address == ""
    assert by_action[Action.USER_RENAMED].address == ""
    # Where they were themselves, and where a stranger has tried, they are told.
    assert by_action[Action.TOKEN_CREATED].address == HOME.address
    assert by_action[Action.SIGN_IN_FAILED].address == HOME.address
    assert Action.LINK_CREATED not in by_action


async def test_only_an_administrator_is_noted_as_having_stopped_a_round(
    accounts: AccountService,
) -> None:
    ada, bob = await fill(accounts)
    with pytest.raises(Forbidden):
        await accounts.log.add_stop(Actor(bob), ada, "0" * 32)
    await accounts.users.add(OPERATOR, "Eve", role=Role.ADMIN)
    await accounts.users.disable(OPERATOR, ada)
    with pytest.raises(Forbidden):
        await accounts.log.add_stop(Actor(ada), bob, "0" * 32)


async def test_an_entry_is_gone_after_its_time(accounts: AccountService, clock: Clock) -> None:
    await fill(accounts)
    clock.pass_(accounts.log.lifetime + 1)
    ada = await accounts.users.find("Ada")
    await accounts.invites.create(Actor(ada.id))
    await accounts._upkeep._prune()
    entries = (await accounts.log.page()).entries
    assert [entry.action for entry in entries] == [Action.LINK_CREATED]
