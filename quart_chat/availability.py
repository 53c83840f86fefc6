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
TOO_MANY_FILES = Reason(
    "too_many_files",
    N_("The server has too many files and connections open. Try again in a moment."),
)


def unavailable(reason: Reason) -> DatabaseUnavailable:
    """The error in the language in use."""
    return DatabaseUnavailable(_(reason.sentence), reason.name)
