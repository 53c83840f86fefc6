"""The parts of accounts, put together for tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from quart_chat.accounts.hashing import Hasher
from quart_chat.accounts.models import Actor, Origin, Role, SignedIn, User
from quart_chat.accounts.options import AccountOptions
from quart_chat.accounts.service import AccountService
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


def database_of(storage: Storage) -> Database:
    """The database under a store."""
    return cast("Database", cast("Any", storage.accounts)._database)


async def rows_of(storage: Storage) -> list[Row]:
    """All rows that let in, or tell of it."""
    tables = ("accounts", "sessions", "tokens", "invites", "known_origins", "security_log")

    def read(statements: Statements) -> list[Row]:
        return [row for table in tables for row in statements.fetch(f"SELECT * FROM {table}")]  # noqa: S608

    return await database_of(storage).read(read)
