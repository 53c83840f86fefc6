"""Whatever happens to sessions, exactly those are let in that have not ended."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quart_chat.accounts.models import Actor, SignedIn, User
from quart_chat.accounts.secret import new_id
from quart_chat.accounts.service import AccountService
from tests.accounts.parts import (
    HOME,
    OPERATOR,
    PASSWORD,
    Clock,
    add_admin,
    add_user,
    sign_in,
)
from tests.examples import examples


class Browsers:
    """The browsers of a user: those that are signed in, and those that no longer are."""

    def __init__(self, accounts: AccountService, clock: Clock, user: User) -> None:
        self.alive: list[SignedIn] = []
        self.ended: list[SignedIn] = []
        self._accounts = accounts
        self._clock = clock
        self._user = user
        self._actor = Actor(user.id)

    async def do(self, step: str, index: int) -> None:
        if step == "in":
            self.alive.append(await sign_in(self._accounts, self._user.name))
        elif step == "all":
            await self._accounts.sessions.revoke_all(self._actor, self._user.id)
            self._end(self.alive)
        elif step == "disable":
            await self._accounts.users.disable(OPERATOR, self._user.id)
            await self._accounts.users.enable(OPERATOR, self._user.id)
            self._end(self.alive)
        elif step == "wait":
            self._clock.pass_(120)
        elif self.alive:
            await self._do_with(step, self.alive[index % len(self.alive)])

    async def _do_with(self, step: str, chosen: SignedIn) -> None:
        keep = chosen.session.id
        if step == "out":
            await self._accounts.sign_in.sign_out(chosen.secret)
            self._end([chosen])
            return
        if step == "others":
            await self._accounts.sessions.revoke_all(self._actor, self._user.id, keep=keep)
        else:
            await self._accounts.passwords.change(
                self._user.id, PASSWORD, PASSWORD, HOME, keep=keep
            )
        self._end([browser for browser in self.alive if browser is not chosen])

    def _end(self, gone: list[SignedIn]) -> None:
        self.ended += gone
        self.alive = [browser for browser in self.alive if browser not in gone]

    async def check(self) -> None:
        for browser in self.alive:
            assert await self._accounts.identify_session(browser.secret) is not None
        for browser in self.ended:
            assert await self._accounts.identify_session(browser.secret) is None
        listed = {session.id for session in await self._accounts.sessions.list(self._user.id)}
        assert listed == {browser.session.id for browser in self.alive}


STEPS = st.sampled_from(["in", "in", "out", "all", "others", "password", "disable", "wait"])


@settings(max_examples=examples(10), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(STEPS, st.integers(0, 3)), max_size=14))
async def test_exactly_those_sessions_are_let_in_that_have_not_ended(
    accounts: AccountService, clock: Clock, steps: list[tuple[str, int]]
) -> None:
    await add_admin(accounts, f"Admin {new_id()}")
    browsers = Browsers(accounts, clock, await add_user(accounts, f"User {new_id()}"))
    for step, index in steps:
        await browsers.do(step, index)
        await browsers.check()
