"""What a database refuses and why, told as an error for people."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from quart_chat.errors import DatabaseUnavailable
from quart_chat.texts import N_, _

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a database can't be used: a word for programs and a sentence for people."""

    name: str
    sentence: str


LOCKED = Reason("locked", N_("The database is in use by another program. Try again in a moment."))
BUSY = Reason("locked", N_("The server has too much to store at once. Try again in a moment."))
READ_ONLY = Reason(
    "read_only", N_("The database can't be written: the file or its folder is read-only.")
)
FORBIDDEN = Reason("unopened", N_("The database can't be opened: the server may not read it."))
UNOPENED = Reason("unopened", N_("The database can't be opened: check its folder and permissions."))
FULL = Reason("full", N_("The database can't be written: the disk is full."))
FAILING = Reason("failing", N_("The database can't be read or written: the disk reports an error."))
DAMAGED = Reason("damaged", N_("The database file is damaged. Restore it from a backup."))
NO_DATABASE = Reason(
    "damaged", N_("The database file is not a database. Restore it from a backup.")
)
GONE = Reason(
    "gone",
    N_(
        "The database file is gone: it was deleted or moved while the server ran. Nothing can be"
        " stored. Put it back, or restore a backup and restart the server."
    ),
)
REPLACED = Reason(
    "replaced",
    N_(
        "The database file was replaced while the server was running. Nothing can be"
        " stored until the server is restarted."
    ),
)
NOT_INSTALLED = Reason(
    "unopened",
    N_("PostgreSQL needs packages that are not installed: pip install 'quart-chat[postgres]'."),
)
UNREACHABLE = Reason(
    "gone",
    N_(
        "The database server can't be reached. Nothing can be stored until it is back; this server"
        " keeps trying."
    ),
)
LOGIN_REFUSED = Reason(
    "unopened", N_("The database server refuses the user or the password of QUART_CHAT_DATABASE.")
)
NO_SUCH_DATABASE = Reason(
    "unopened",
    N_("The database server has no database of the name in QUART_CHAT_DATABASE. Create it first."),
)
NOT_ADMITTED = Reason(
    "unopened",
    N_(
        "The database server does not let its user connect to the database from here. The rights of"
        " the database (GRANT CONNECT) and the server's file pg_hba.conf say who may."
    ),
)
NO_RIGHTS = Reason(
    "unopened",
    N_("The database can't be used: its user may not create or change tables in its schema."),
)
STANDBY = Reason(
    "read_only", N_("The database can't be written: its server is read-only, as a standby is.")
)
TOO_MANY_CONNECTIONS = Reason(
    "too_many_connections",
    N_("The database server has too many connections. Try again in a moment."),
)
TOO_MANY_FILES = Reason(
    "too_many_files",
    N_("The server has too many files and connections open. Try again in a moment."),
)


def unavailable(reason: Reason) -> DatabaseUnavailable:
    """The error in the language in use."""
    return DatabaseUnavailable(_(reason.sentence), reason.name, reason.sentence)


def retold(error: Exception) -> Exception:
    """An error in the language in use, if it says that a database can't be used."""
    if not isinstance(error, DatabaseUnavailable):
        return error
    told = DatabaseUnavailable(_(error.source), error.reason, error.source)
    told.__cause__ = error.__cause__
    return told
