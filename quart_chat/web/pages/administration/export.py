"""The security log as a file: one line for each entry, the latest first."""

from __future__ import annotations

import csv
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from typing import TYPE_CHECKING, Any

import orjson

from quart_chat.errors import DatabaseUnavailable
from quart_chat.plaintext import to_cell

if TYPE_CHECKING:
    from quart_chat.accounts.security_log.events import SecurityEvent
    from quart_chat.accounts.security_log.service import SecurityLog

AT_ONCE = 500
"""Entries that are read at once."""

Row = dict[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the entries of a log.

    Attributes:
        media_type: What the file is.
        head: Its first line.
        line: Makes the line of an entry, or that of a fault.
    """

    media_type: str
    head: bytes
    line: Callable[[dict[str, Any]], bytes]


def to_row(event: SecurityEvent) -> Row:
    """An entry by the names of its columns."""
    return {
        "number": event.number,
        "time": datetime.fromtimestamp(event.at, UTC).isoformat(timespec="milliseconds"),
        "action": event.action,
        "actorId": event.actor_id,
        "actor": event.actor,
        "subjectId": event.subject_id,
        "subject": event.subject,
        "detail": event.detail,
        "address": event.address,
    }


COLUMNS = (
    *("number", "time", "action", "actorId", "actor", "subjectId", "subject", "detail"),
    *("address", "error"),
)


def _json_line(row: dict[str, Any]) -> bytes:
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def _table_line(row: dict[str, Any]) -> bytes:
    line = StringIO()
    csv.writer(line).writerow([to_cell(row.get(name)) for name in COLUMNS])
    return line.getvalue().encode()


WRITERS = {
    "jsonl": Writer("application/jsonl; charset=utf-8", b"", _json_line),
    "csv": Writer(
        "text/csv; charset=utf-8", _table_line({name: name for name in COLUMNS}), _table_line
    ),
}
"""By the ending of the file."""


async def write(
    log: SecurityLog, writer: Writer, wanted: dict[str, Any]
) -> AsyncGenerator[bytes, None]:
    """Write what is wanted of a log, some hundred entries at a time.

    The first part is read before anything is written. Where a later one can't be read, the last
    line says so: what is missing is not missed in silence.

    Raises:
        DatabaseUnavailable: The first part can't be read.
    """
    page = await log.page(limit=AT_ONCE, **wanted)
    yield writer.head + b"".join(writer.line(to_row(entry)) for entry in page.entries)
    while page.next is not None:
        try:
            page = await log.page(limit=AT_ONCE, before=page.next, **wanted)
        except DatabaseUnavailable as error:
            yield writer.line({"error": f"{error.code}: {error.message}"})
            return
        yield b"".join(writer.line(to_row(entry)) for entry in page.entries)
