"""Copies all rows and files, and compares what the target has with what the source had.

All rows are inserted in one transaction. Until it is committed, which is the last step, the target
is as empty as before, whatever happens to this process or its machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from hashlib import blake2b
from itertools import islice
from typing import Protocol

from quart_chat.copying.files import DocumentFiles
from quart_chat.copying.installation import CannotCopy, Installation, hold_all
from quart_chat.documents.models import Status
from quart_chat.storage.tables import AT_ONCE, Tables, Values

FILES = "files"
DOCUMENTS = "documents"

_BITS = 128


class Progress(Protocol):
    """Is told how far a step is."""

    def __call__(self, step: str, done: int, total: int) -> None: ...


@dataclass(slots=True)
class Content:
    """What a table has, whatever the order of its rows.

    Attributes:
        rows: Their number.
        digest: The sum of what is computed from each row.
    """

    rows: int = 0
    digest: int = 0

    def add(self, rows: Iterable[Values]) -> None:
        for row in rows:
            one = blake2b(repr(row).encode(), digest_size=_BITS // 8).digest()
            self.digest = (self.digest + int.from_bytes(one)) % 2**_BITS
            self.rows += 1


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied, and found again in the target.

    Attributes:
        tables: What each table has.
        files: The number of documents that have a file.
        size: Bytes in these files.
        files_missing: The number of documents whose file is not there.
        files_stay: Whether both sides have the same folder, in which the files stay.
    """

    tables: dict[str, Content]
    files: int
    size: int
    files_missing: int
    files_stay: bool

    @property
    def digest(self) -> str:
        """A digest of all tables; equal where all of them are."""
        content = sorted((name, each.rows, each.digest) for name, each in self.tables.items())
        return blake2b(repr(content).encode(), digest_size=_BITS // 8).hexdigest()


def copy_installation(source: Installation, target: Installation, progress: Progress) -> Copied:
    """Copy all that an installation has to one that has nothing.

    Raises:
        CannotCopy: It was not copied, and the target has nothing; the message says why.
    """
    if source.settings.store == target.settings.store:
        raise CannotCopy("the source and the target are the same.")
    if source.is_missing:
        raise CannotCopy(f"{source.place} has no database.")
    with hold_all(source, target), source.open() as ours, target.open(write=True) as theirs:
        _check(source, ours)
        if theirs.version == 0:
            theirs.create()
        else:
            _check_target(target, theirs)
        files = DocumentFiles(source.documents, target.documents, ids_with_file(ours))
        files.check()
        tables = copy_tables(ours, theirs, progress)
        compare_tables(theirs, tables, progress)
        theirs.finish()
        size = files.copy(lambda done: progress(FILES, done, len(files.names)))
    return Copied(tables, len(files.names), size, len(files.missing), files.stay)


def check_empty(target: Installation) -> None:
    """See that an installation has nothing and that no server uses it; its folder is made.

    Raises:
        CannotCopy: It has something, or a server uses it.
    """
    with hold_all(target):
        if target.is_missing:
            return
        with target.open() as tables:
            if tables.version:
                _check_target(target, tables)


def _check(installation: Installation, tables: Tables) -> None:
    """See that a database is of this version, and that no server uses it."""
    check_version(installation, tables)
    if tables.has_living_node():
        raise CannotCopy(
            f"a server uses {installation.place}, or did so until some seconds ago. Stop it, and"
            " try again in ten seconds."
        )


def check_version(installation: Installation, tables: Tables, *, older: bool = False) -> None:
    """See that a database is of this version, or of an older one if that will do.

    Raises:
        CannotCopy: It is not, or it has no tables at all.
    """
    place = installation.place
    if tables.version == 0:
        raise CannotCopy(f"{place} has no database of this program.")
    if tables.version < tables.known and not older:
        raise CannotCopy(
            f"{place} was written by an older version. Start the server of this version once, so"
            " that it brings the database up to date."
        )
    if tables.version > tables.known:
        raise CannotCopy(f"{place} was written by a newer version. Use that version to copy.")


def _check_target(target: Installation, tables: Tables) -> None:
    _check(target, tables)
    if any(tables.count(name) for name in tables.references()):
        raise CannotCopy(f"{target.place} is not empty. Choose an empty target.")


def ids_with_file(tables: Tables) -> list[str]:
    """The documents that should have a file."""
    rows = tables.read(DOCUMENTS, ("id", "status"))
    without = {Status.DELETING, Status.DELETED, Status.FAILED}
    return [id_ for id_, status in rows if Status(status) not in without]


def copy_tables(source: Tables, target: Tables, progress: Progress) -> dict[str, Content]:
    contents: dict[str, Content] = {}
    for table in TopologicalSorter(target.references()).static_order():
        columns = target.columns(table)
        total = source.count(table)
        content = contents[table] = Content()
        progress(table, 0, total)
        for rows in _batches(source.read(table, columns)):
            target.insert(table, columns, rows)
            content.add(rows)
            progress(table, content.rows, total)
    return contents


def compare_tables(target: Tables, expected: dict[str, Content], progress: Progress) -> None:
    total = sum(content.rows for content in expected.values())
    done = 0
    for table, content in expected.items():
        found = Content()
        for rows in _batches(target.read(table, target.columns(table))):
            found.add(rows)
            progress("compared", done + found.rows, total)
        if found != content:
            raise CannotCopy(
                f"the table {table} has other rows in the target than in the source, so nothing"
                " was copied."
            )
        done += found.rows


def _batches(rows: Iterator[Values]) -> Iterator[list[Values]]:
    while batch := list(islice(rows, AT_ONCE)):
        yield batch
