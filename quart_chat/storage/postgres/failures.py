"""What PostgreSQL and the way to it refuse, told as an error for people."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import psycopg
from psycopg import errors

from quart_chat.availability.database import (
    BUSY,
    DAMAGED,
    FAILING,
    FULL,
    LOCKED,
    LOGIN_REFUSED,
    NO_RIGHTS,
    NO_SUCH_DATABASE,
    NOT_ADMITTED,
    STANDBY,
    TOO_MANY_CONNECTIONS,
    UNREACHABLE,
    Reason,
    unavailable,
)

_REASONS: dict[type[psycopg.Error], Reason] = {
    errors.LockNotAvailable: LOCKED,
    errors.DeadlockDetected: LOCKED,
    errors.SerializationFailure: LOCKED,
    errors.IdleInTransactionSessionTimeout: BUSY,
    errors.DiskFull: FULL,
    errors.TooManyConnections: TOO_MANY_CONNECTIONS,
    errors.OutOfMemory: FAILING,
    errors.IoError: FAILING,
    errors.DataCorrupted: DAMAGED,
    errors.IndexCorrupted: DAMAGED,
    errors.InsufficientPrivilege: NO_RIGHTS,
    errors.InvalidSchemaName: NO_RIGHTS,
    errors.ReadOnlySqlTransaction: STANDBY,
}

# libpq tells of a connection that is refused with a text alone. A server that speaks another
# language is understood as far as that it has answered.
_REFUSALS = (
    ("starting up", UNREACHABLE),
    ("shutting down", UNREACHABLE),
    ("recovery mode", UNREACHABLE),
    ("accepting connections", UNREACHABLE),
    ("terminating connection", UNREACHABLE),
    ("too many", TOO_MANY_CONNECTIONS),
    ("connection slots", TOO_MANY_CONNECTIONS),
    # It names the database, too.
    ("pg_hba.conf", NOT_ADMITTED),
    ("permission denied", NOT_ADMITTED),
    ('database "', NO_SUCH_DATABASE),
    ("FATAL", LOGIN_REFUSED),
    ("no password supplied", LOGIN_REFUSED),
)


@contextmanager
def translated_errors() -> Generator[None]:
    """Raise what the server or the way to it is to blame for as DatabaseUnavailable."""
    try:
        yield
    except psycopg.Error as error:
        reason = _reason(error)
        if reason is None:
            raise
        raise unavailable(reason) from error


def _reason(error: psycopg.Error) -> Reason | None:
    for type_, reason in _REASONS.items():
        if isinstance(error, type_):
            return reason
    # The others of this kind have a state of SQL that says what is wrong with a statement.
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return UNREACHABLE
    return None


@contextmanager
def translated_refusals() -> Generator[None]:
    """The same, for a connection that can't be made."""
    try:
        yield
    except psycopg.OperationalError as error:
        text = str(error)
        reason = next((reason for part, reason in _REFUSALS if part in text), UNREACHABLE)
        raise unavailable(reason) from error
