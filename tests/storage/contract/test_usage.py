"""What was used, and the limits of users, as every engine stores them."""

from __future__ import annotations

import pytest

from quart_chat.accounts.models import Role, User
from quart_chat.accounts.storage import USAGE_KEPT
from quart_chat.chat.usage.models import DailyUsage
from quart_chat.storage import Storage
from tests.storage.contract.chats import USER, begin_workflow

FIRST = DailyUsage("2027-01-31", "gpt-4o", 1, 1000, 20)
NEXT = DailyUsage("2027-02-01", "“ä” 😀", 2, 3, 10**9)


async def begin(storage: Storage) -> None:
    await storage.chats.write(begin_workflow)
    await storage.chats.write(lambda tx: begin_workflow(tx, user="bob"))


async def test_usage_is_added_by_day_and_by_model(storage: Storage) -> None:
    await begin(storage)
    for used in (FIRST, NEXT, FIRST):
        await storage.chats.write(lambda tx, used=used: tx.add_usage(USER, used))  # type: ignore[misc]  # bound now
    await storage.chats.write(lambda tx: tx.add_usage("bob", FIRST))
    twice = DailyUsage("2027-01-31", "gpt-4o", 2, 2000, 40)
    assert await storage.chats.read(lambda r: r.select_usage("", USER)) == [twice, NEXT]
    assert await storage.chats.read(lambda r: r.select_usage("2027-02-01", USER)) == [NEXT]
    assert await storage.chats.read(lambda r: r.select_usage("", "carla")) == []
    three = DailyUsage("2027-01-31", "gpt-4o", 3, 3000, 60)
    assert await storage.chats.read(lambda r: r.select_usage("")) == [three, NEXT]
    sums = {USER: (4, 2043 + 10**9), "bob": (1, 1020)}
    assert await storage.chats.read(lambda r: r.select_used_tokens("2027-01-01")) == sums


async def test_what_is_undone_is_not_counted(storage: Storage) -> None:
    await begin(storage)

    def fail(tx: object) -> None:
        tx.add_usage(USER, FIRST)  # type: ignore[attr-defined]  # a transaction
        raise KeyError

    with pytest.raises(KeyError):
        await storage.chats.write(fail)
    assert await storage.chats.read(lambda r: r.select_usage("")) == []


async def test_the_moments_of_questions_come_back(storage: Storage) -> None:
    await begin(storage)
    assert await storage.chats.read(lambda r: r.select_prompt_times(USER)) == ()
    times = (1795802076.1234567, 1795802077.5)
    await storage.chats.write(lambda tx: tx.update_prompt_times(USER, times))
    assert await storage.chats.read(lambda r: r.select_prompt_times(USER)) == times
    await storage.chats.write(lambda tx: tx.update_prompt_times(USER, ()))
    assert await storage.chats.read(lambda r: r.select_prompt_times(USER)) == ()
    assert await storage.chats.read(lambda r: r.select_prompt_times("bob")) == ()


async def test_limits_belong_to_an_account(storage: Storage) -> None:
    ada = User("local", "Ada", Role.ADMIN, 1.0)
    assert await storage.chats.read(lambda r: r.select_limits("local")) == ("", "")
    await storage.accounts.write(lambda tx: tx.insert_user(ada, "ada", None))
    assert await storage.chats.read(lambda r: r.select_limits("local")) == ("admin", "")
    await storage.accounts.write(lambda tx: tx.update_limits("local", "models=“ä”"))
    assert await storage.chats.read(lambda r: r.select_limits("local")) == ("admin", "models=“ä”")
    assert await storage.accounts.read(lambda r: r.select_limits("local")) == "models=“ä”"
    assert await storage.accounts.read(lambda r: r.select_limits("b")) == ""


async def test_usage_is_erased_with_its_user_and_kept_for_a_time(storage: Storage) -> None:
    await begin(storage)
    bob = User("bob", "Bob", Role.USER, 1.0)
    await storage.accounts.write(lambda tx: tx.insert_user(bob, "bob", None))
    for user in (USER, "bob"):
        await storage.chats.write(lambda tx, user=user: tx.add_usage(user, FIRST))  # type: ignore[misc]  # bound now
        await storage.chats.write(lambda tx, user=user: tx.update_prompt_times(user, (1.0,)))  # type: ignore[misc]  # bound now
    await storage.accounts.write(lambda tx: tx.delete_user("bob", 2.0))
    while await storage.accounts.write(lambda tx: tx.erase_some("bob")):
        pass
    assert await storage.chats.read(lambda r: r.select_prompt_times("bob")) == ()
    assert await storage.chats.read(lambda r: r.select_usage("")) == [FIRST]
    ended = 1801353600.0  # 2027-01-31, 00:00 UTC
    for now, kept in ((ended + USAGE_KEPT, [FIRST]), (ended + USAGE_KEPT + 86400, [])):
        await storage.accounts.write(
            lambda tx, now=now: tx.prune(now, idle_since=0.0, log_since=0.0)  # type: ignore[misc]  # bound now
        )
        assert await storage.chats.read(lambda r: r.select_usage("")) == kept
