"""The databases of a test, where stores are not files: see ``--store``."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from tests.services.store_pool import StorePool


class Databases:
    """The databases of one test in a server, each in the place of a file."""

    def __init__(self, pool: StorePool) -> None:
        self._pool = pool
        self._server = pool.server
        self._names: dict[Path, str] = {}

    def address(self, path: Path) -> str:
        """The address of the database for a path, which is made if need be."""
        return self._server.address(self._name(path))

    def _name(self, path: Path) -> str:
        if path not in self._names:
            self._names[path] = self._pool.take()
        return self._names[path]

    def query(self, path: Path, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run a statement that has question marks for its parameters."""
        return self._server.run(sql.replace("?", "%s"), self._name(path), *parameters)

    def connect(self, path: Path) -> Any:
        """Connect to a database beside the store."""
        return self._server.connect(self._name(path))

    def give_back(self) -> None:
        """Leave them all to other tests."""
        while self._names:
            self._pool.give_back(self._names.popitem()[1])


current: Databases | None = None
"""Those of the running test; None where stores are files of SQLite."""


def settings_of(instance: Path | str) -> dict[str, str]:
    """The settings by which an application has its folder and its store there."""
    settings = {"QUART_CHAT_INSTANCE": str(instance)}
    if current is not None:
        settings["QUART_CHAT_DATABASE"] = current.address(_path(instance))
    return settings


def query(instance: Path, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Run a statement on the store of an application, beside it."""
    if current is not None:
        return current.query(_path(instance), sql, *parameters)
    with closing(sqlite3.connect(_path(instance), isolation_level=None)) as connection:
        return connection.execute(sql, parameters).fetchall()


class Lock:
    """Keeps others from writing to the store of an application, as another program can."""

    def __init__(self, instance: Path) -> None:
        if current is None:
            self._begin = "BEGIN IMMEDIATE"
            self._connection: Any = sqlite3.connect(_path(instance), isolation_level=None)
        else:
            self._begin = "BEGIN; LOCK TABLE users, workflows, rounds, messages, logs IN SHARE MODE"
            self._connection = current.connect(_path(instance))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def take(self) -> None:
        self._connection.execute(self._begin)

    def release(self) -> None:
        self._connection.execute("ROLLBACK")


def _path(instance: Path | str) -> Path:
    return Path(instance) / "chat.sqlite"
