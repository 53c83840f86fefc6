"""The parts of accounts, put together for tests."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

from quart_chat.accounts.models import Actor, Origin, Role, Scope, SignedIn, User
from quart_chat.accounts.options import AccountOptions
from quart_chat.accounts.passkeys.models import Passkey
from quart_chat.accounts.passwords.hashing import Hasher
from quart_chat.accounts.service import AccountService
from quart_chat.accounts.storage import StoredChallenge, StoredPasskey
from quart_chat.chat.usage.models import DailyUsage
from quart_chat.errors import WrongCredentials
from quart_chat.storage import Storage
from quart_chat.storage.statements import Database, Row, Statements

OPERATOR = Actor(None)
PASSWORD = "tulip copper ladder"
OTHER_PASSWORD = "seven quiet harbours"
HOME = Origin("192.0.2.1", "Test/1.0")


class Clock:
    """Seconds since the epoch, as the test says."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += seconds


def make_accounts(
    storage: Storage, clock: Clock, options: AccountOptions | None = None
) -> AccountService:
    options = replace(options or AccountOptions(watch=0.01), clock=clock)
    return AccountService(storage.accounts, options, Hasher(memory=8, passes=1))


async def add_admin(accounts: AccountService, name: str = "Ada") -> User:
    return await accounts.users.add(OPERATOR, name, role=Role.ADMIN, password=PASSWORD)


async def add_user(accounts: AccountService, name: str = "Bob") -> User:
    return await accounts.users.add(OPERATOR, name, password=PASSWORD)


async def sign_in(
    accounts: AccountService, name: str = "Ada", origin: Origin = HOME, password: str = PASSWORD
) -> SignedIn:
    return await accounts.sign_in.with_password(name, password, origin)


async def fill(storage: Storage) -> None:
    """Have at least one row in each table of accounts."""
    accounts = make_accounts(storage, Clock())
    ada = await add_admin(accounts)
    bob = await add_user(accounts)
    signed_in = await sign_in(accounts)
    await accounts.identify_session(signed_in.secret)
    await accounts.tokens.create(Actor(ada.id), ada.id, "Backup – “ä”", Scope.READ)
    await accounts.invites.create(OPERATOR)
    await accounts.invites.create_password_link(OPERATOR, bob.id)
    await accounts.identify_external("proxy", "7", "Grace", role=Role.USER)
    await accounts.sessions.revoke_all(OPERATOR, bob.id)
    await accounts.users.disable(OPERATOR, bob.id)
    with suppress(WrongCredentials):
        await sign_in(accounts, password=OTHER_PASSWORD)
    passkey = Passkey("p1", ada.id, "Key", 1.5, None, ("usb",))
    challenge = StoredChallenge("c1", "sign_in", "Y2hhbGxlbmdl", None, 60.25)
    await storage.accounts.write(
        lambda tx: tx.insert_passkey(StoredPasskey(passkey, "cHVibGlj", 7))
    )
    await storage.accounts.write(lambda tx: tx.insert_challenge(challenge))
    used = DailyUsage("2027-01-31", "gpt-4o – “ä”", 1, 2, 3)
    await storage.chats.write(lambda tx: tx.add_usage(ada.id, used))
    await storage.chats.write(lambda tx: tx.update_prompt_times(ada.id, (1.5, 2.25)))
    await accounts.users.set_limits(OPERATOR, bob.id, "tokens_per_day=5")
    await accounts.close()


def database_of(storage: Storage) -> Database:
    """The database under a store."""
    return cast("Database", cast("Any", storage.accounts)._database)


async def rows_of(storage: Storage) -> list[Row]:
    """All rows that let in, or tell of it."""
    tables = ("accounts", "sessions", "tokens", "invites", "known_origins", "security_log")

    def read(statements: Statements) -> list[Row]:
        return [row for table in tables for row in statements.fetch(f"SELECT * FROM {table}")]  # noqa: S608

    return await database_of(storage).read(read)
