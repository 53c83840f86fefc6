"""What keeps chats and documents: engines that implement the contracts of the features."""

from __future__ import annotations

from contextlib import AbstractContextManager

from quart_chat.availability.database import NOT_INSTALLED, unavailable
from quart_chat.storage.engine import Storage
from quart_chat.storage.inspection import Inspection
from quart_chat.storage.tables import Tables

__all__ = [
    "Storage",
    "inspect_storage",
    "is_served",
    "open_beside",
    "open_storage",
    "open_tables",
]


async def open_storage(url: str, *, patience: float = 10.0, shared: bool = True) -> Storage:
    """Open a store, made if need be, and bring its schema up to date.

    Args:
        url: ``sqlite:`` and the path of a file, or ``postgresql://user@host/name`` as libpq reads
            it. An engine is imported only where it is named.
        patience: Seconds to wait for other writers, where no request says how many it has left.
        shared: Whether other servers may have the same database of PostgreSQL open. Who has a file
            open is told by its folder; see :mod:`quart_chat.serving.instance`.

    Raises:
        ValueError: No engine has this scheme.
        DatabaseUnavailable: It can't be used; the message says why.
        DatabaseTooNew: A newer version of this program has written it.
        InstanceInUse: Another server has it open that does not share it, or this one does not.
    """
    scheme, _, rest = url.partition(":")
    match scheme:
        case "sqlite":
            from quart_chat.storage.sqlite.opening import open_sqlite

            return await open_sqlite(rest, patience=patience)
        case "postgresql" | "postgres":
            try:
                from quart_chat.storage.postgres.opening import open_postgres
            except ImportError as error:
                raise unavailable(NOT_INSTALLED) from error
            return await open_postgres(url, patience=patience, shared=shared)
    raise ValueError(f"{scheme}: no engine of this name; expected sqlite or postgresql")


async def open_beside(url: str) -> Storage:
    """Open a store for a moment, whether or not servers use it, for changes that they expect.

    Raises:
        DatabaseUnavailable: It can't be used; the message says why.
        DatabaseTooNew: A newer version of this program has written it.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "sqlite":
        from quart_chat.storage.sqlite.opening import open_sqlite

        return await open_sqlite(rest, patience=10.0)
    try:
        from quart_chat.storage.postgres.opening import open_postgres
    except ImportError as error:
        raise unavailable(NOT_INSTALLED) from error
    return await open_postgres(url, patience=10.0, shared=None)


def is_served(url: str) -> bool:
    """Whether a server uses a database of PostgreSQL; who uses a file is told by its folder.

    Raises:
        DatabaseUnavailable: It can't be reached; the message says why.
    """
    if url.startswith("sqlite:"):
        return False
    try:
        from quart_chat.storage.postgres.inspection import is_held
    except ImportError as error:
        raise unavailable(NOT_INSTALLED) from error
    return is_held(url)


def open_tables(
    address: str, *, write: bool = False, exclusive: bool = True
) -> AbstractContextManager[Tables]:
    """Open a store for the block, as of one moment.

    Args:
        address: As :func:`open_storage` takes it.
        write: Whether rows are inserted, all or none: an error undoes them all. Without it, what is
            not there is not made.
        exclusive: Whether servers are kept away from a database of PostgreSQL; who uses a file is
            told by its folder.

    Raises:
        DatabaseUnavailable: It can't be used; the message says why.
        InstanceInUse: A server uses the database of PostgreSQL.
    """
    scheme, _, rest = address.partition(":")
    if scheme == "sqlite":
        from quart_chat.storage.sqlite.tables import open_sqlite_tables

        return open_sqlite_tables(rest, write=write)
    try:
        from quart_chat.storage.postgres.tables import open_postgres_tables
    except ImportError as error:
        raise unavailable(NOT_INSTALLED) from error
    return open_postgres_tables(address, write=write, exclusive=exclusive)


def inspect_storage(url: str) -> Inspection:
    """Look at the store at an address, as :func:`open_storage` takes it.

    Raises:
        DatabaseUnavailable: It can't be read or written; the message says why.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "sqlite":
        from quart_chat.storage.sqlite.inspection import inspect_sqlite

        return inspect_sqlite(rest)
    try:
        from quart_chat.storage.postgres.inspection import inspect_postgres
    except ImportError as error:
        raise unavailable(NOT_INSTALLED) from error
    return inspect_postgres(url)
