"""The accounts in their database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from quart_chat.storage.sqlite.accounts.reader import Reader
from quart_chat.storage.sqlite.accounts.transaction import Transaction
from quart_chat.storage.statements import Database

T = TypeVar("T")


class AccountRepository:
    """Implements :class:`quart_chat.accounts.storage.AccountStorage`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, work: Callable[[Reader], T]) -> T:
        return await self._database.read(lambda statements: work(Reader(statements)))

    async def write(
        self,
        change: Callable[[Transaction], T],
        committed: Callable[[T], Awaitable[None]] | None = None,
    ) -> T:
        return await self._database.write(
            lambda statements: change(Transaction(statements)), committed
        )
