"""The chats in their database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import ClassVar, Self, TypeVar

from quart_chat.storage.sqlite.chats.reader import Reader
from quart_chat.storage.sqlite.chats.transaction import Transaction
from quart_chat.storage.sqlite.file.database import Database as File
from quart_chat.storage.statements import Database, Statements

T = TypeVar("T")


class ChatRepository:
    """Implements :class:`quart_chat.chat.storage.ChatStorage`.

    Attributes:
        reader: Reads with the statements of an engine.
        transaction: Reads and changes with them.
    """

    reader: ClassVar[type[Reader]] = Reader
    transaction: ClassVar[type[Transaction]] = Transaction

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    async def open(cls, path: Path, *, busy_timeout: float = 5.0) -> Self:
        """Open the database, made if need be; see :meth:`Database.open` for what it raises."""
        return cls(await File.open(path, busy_timeout=busy_timeout))

    async def close(self) -> None:
        await self._database.close()

    @property
    def queries(self) -> int:
        """Statements run so far."""
        return self._database.queries

    async def read(self, work: Callable[[Reader], T]) -> T:
        return await self._database.read(lambda statements: work(self.reader(statements)))

    async def search(self, work: Callable[[Reader], T], seconds: float) -> T:
        def read(statements: Statements) -> T:
            return work(self.reader(statements))

        return await self._database.search(read, seconds)

    async def write(
        self,
        change: Callable[[Transaction], T],
        committed: Callable[[T], Awaitable[None]] | None = None,
        ready: Callable[[], None] | None = None,
    ) -> T:
        return await self._database.write(
            lambda statements: change(self.transaction(statements)), committed, ready
        )
