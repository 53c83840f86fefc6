"""The tables of the log, and the statements that change and read them.

The head has the epoch and the number of the last batch. Appending counts it up, and the lock of its
row lasts until the commit: numbers have the order of the commits, in which the server also notifies
those who listen.

The tables are unlogged: an append waits for no disk, and after a crash the server empties them. The
epoch is lost with the batches then. For the case that they are restored while they are in use, each
batch has a mark of its own, by which one of another history is told from the one that was there.
"""

from __future__ import annotations

import secrets
from binascii import a2b_base64
from typing import Any, NamedTuple

from psycopg.errors import UniqueViolation

from quart_chat.events.brokers.protocol import Place
from quart_chat.outbound.postgres import Connection

KEPT = 20_000
"""Batches that the log keeps."""

KEPT_BYTES = 200_000_000
"""Bytes of batches past which the oldest go."""

REACH_BACK = 60
"""Seconds of the log that a node reads which has read nothing yet."""

AT_ONCE = 64
"""Batches that are read at once."""

CARRIED = 5_800
"""Bytes of a batch that a notification can carry: in base64 less than the 8,000 bytes that it has
(PostgreSQL § NOTIFY)."""

_TRIM = 256

_SCHEMA = """
SELECT pg_advisory_xact_lock(hashtext('quart-chat log'), hashtext(current_schema()));
CREATE UNLOGGED TABLE IF NOT EXISTS qc_head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch TEXT NOT NULL,
    number BIGINT NOT NULL,
    bytes BIGINT NOT NULL
) WITH (fillfactor = 10);
CREATE UNLOGGED TABLE IF NOT EXISTS qc_log (
    epoch TEXT NOT NULL,
    number BIGINT NOT NULL,
    mark TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    appended_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    body BYTEA NOT NULL,
    PRIMARY KEY (epoch, number)
);
ALTER TABLE qc_log ALTER body SET STORAGE EXTERNAL;
"""

# One of each log: several may be in schemas of the same database.
_CHANNEL = "'qc_log_' || CAST(to_regclass('qc_log') AS OID)"

_BEGIN = "INSERT INTO qc_head VALUES (1, %s, 0, 0) ON CONFLICT DO NOTHING"

_APPEND = f"""
WITH head AS (
    UPDATE qc_head SET number = number + 1, bytes = bytes + octet_length(%(body)b)
    RETURNING epoch, number, bytes
), entry AS (
    INSERT INTO qc_log (epoch, number, mark, bytes, body)
    SELECT epoch, number, %(mark)s, bytes, %(body)b FROM head
)
SELECT epoch, number, bytes, pg_notify({_CHANNEL}, concat_ws(' ', epoch, number, %(mark)s,
    CASE WHEN octet_length(%(body)b) <= {CARRIED} THEN encode(%(body)b, 'base64') END))
FROM head
"""  # noqa: S608 - no value

_DROP = """
DELETE FROM qc_log WHERE epoch <> %(epoch)s OR number < greatest(%(number)s, (
    SELECT number FROM qc_log WHERE epoch = %(epoch)s AND bytes > %(bytes)s ORDER BY number LIMIT 1
))
"""

_FIND = f"""
SELECT epoch, number,
    (SELECT min(number) FROM qc_log WHERE epoch = head.epoch),
    (SELECT max(number) FROM qc_log WHERE epoch = head.epoch),
    (SELECT count(*) FROM qc_log WHERE epoch = head.epoch),
    (SELECT min(number) FROM qc_log WHERE epoch = head.epoch
        AND appended_at > clock_timestamp() - INTERVAL '{REACH_BACK} seconds')
FROM qc_head AS head
"""  # noqa: S608 - no value

_READ = """
SELECT head.epoch, qc_log.number, mark, CASE WHEN qc_log.number > %(number)s THEN body END
FROM qc_head AS head
LEFT JOIN qc_log ON qc_log.epoch = head.epoch AND qc_log.number >= %(number)s
ORDER BY qc_log.number LIMIT %(limit)s
"""

_AT = """
SELECT mark, body FROM qc_log JOIN qc_head AS head ON head.epoch = qc_log.epoch
WHERE qc_log.epoch = %s AND qc_log.number = %s
"""

_RENEW = """
WITH renewed AS (
    UPDATE qc_head SET epoch = %(new)s, number = 0, bytes = 0 WHERE epoch = %(old)s RETURNING epoch
)
DELETE FROM qc_log WHERE epoch = %(old)s AND EXISTS (SELECT 1 FROM renewed)
"""


class Batch(NamedTuple):
    """A batch of the log; a notification of it has no body where that is too long."""

    number: int
    mark: str
    body: bytes


def open_channel(connection: Connection) -> None:
    """Make the tables where there are none, and listen to what is appended to them."""
    found = connection.execute(
        "SELECT to_regclass('qc_log') IS NOT NULL AND to_regclass('qc_head') IS NOT NULL"
    ).fetchone()
    if found != (True,):
        connection.execute(_SCHEMA, prepare=False)
    (channel,) = connection.execute(f"SELECT {_CHANNEL}").fetchone() or ("",)
    connection.execute(f"UNLISTEN *; LISTEN {channel}", prepare=False)


def notify(connection: Connection, payload: str) -> None:
    """Have all who listen look at the log."""
    connection.execute(f"SELECT pg_notify({_CHANNEL}, %s)", (payload,))


def read_notification(payload: str | None) -> tuple[str, Batch | None]:
    """The epoch and the batch of a notification; no batch where it brings none."""
    try:
        epoch, number, mark, *body = (payload or "").split(" ")
        return epoch, Batch(int(number), mark, a2b_base64("".join(body)))
    except ValueError:
        return "", None


def append(connection: Connection, body: bytes) -> None:
    """Append a batch, notify those who listen, and drop old batches now and then."""
    row = _append(connection, body)
    if row is None:
        # The head is lost, and the epoch with it.
        connection.execute(_BEGIN, (_new_mark(),))
        row = _append(connection, body)
    if row is not None and row[1] % _TRIM == 0:
        _drop(connection, *row[:3])


def _append(connection: Connection, body: bytes) -> tuple[Any, ...] | None:
    """Append a batch; the head after that, or None where there is no head."""
    try:
        return connection.execute(_APPEND, {"body": body, "mark": _new_mark()}).fetchone()
    except UniqueViolation:
        # The head was restored without the rest, or another program has written to the log.
        for (epoch,) in connection.execute("SELECT epoch FROM qc_head").fetchall():
            renew(connection, epoch)
        raise


def _drop(connection: Connection, epoch: str, number: int, size: int) -> None:
    """Drop what the log does not keep."""
    oldest = {"epoch": epoch, "number": number - KEPT, "bytes": size - KEPT_BYTES}
    connection.execute(_DROP, oldest)


def find(connection: Connection, after: Place | None) -> tuple[Place, str | None]:
    """The place where a reading begins, and the mark of the batch that is there."""
    while True:
        row = connection.execute(_FIND).fetchone()
        if row is None:
            connection.execute(_BEGIN, (_new_mark(),))
            continue
        epoch, last, oldest, newest, count, recent = row
        if count and (newest != last or count != newest - oldest + 1):
            # Parts of it were deleted, or restored without the rest.
            renew(connection, epoch)
            continue
        place = Place(epoch, _start(after, epoch, oldest or last + 1, last, recent))
        found = connection.execute(_AT, place).fetchone()
        return place, None if found is None else found[0]


def _start(after: Place | None, epoch: str, oldest: int, last: int, recent: int | None) -> int:
    if after is None:
        return last if recent is None else recent - 1
    if after.epoch == epoch and after.number >= oldest - 1:
        return min(after.number, last)
    return oldest - 1


def read(connection: Connection, place: Place, mark: str | None) -> list[Batch] | None:
    """The next batches after a place; None where the log does not go on from there.

    The batch at the place itself has to be the one that was there.
    """
    values = {"number": place.number, "limit": AT_ONCE + 1}
    rows = connection.execute(_READ, values).fetchall()
    if not rows or rows[0][0] != place.epoch:
        return None
    batches = [Batch(*row[1:]) for row in rows if row[1] is not None]
    at_place = batches.pop(0).mark if batches and batches[0].number == place.number else None
    goes_on = all(batch.number == place.number + n for n, batch in enumerate(batches, 1))
    return batches if at_place == mark and goes_on else None


def read_at(connection: Connection, place: Place) -> bytes | None:
    """The batch at a place; None where it is not held, or not under this epoch."""
    row = connection.execute(_AT, place).fetchone()
    return None if row is None else row[1]


def renew(connection: Connection, epoch: str) -> None:
    """Empty the log and give it another epoch, unless it has another one already."""
    connection.execute(_RENEW, {"new": _new_mark(), "old": epoch})
    notify(connection, "renewed")


def _new_mark() -> str:
    return secrets.token_hex(4)
