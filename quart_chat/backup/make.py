"""Makes a backup.

Servers go on meanwhile. The database is copied as of one moment, and then the files of the
documents that the copy has. If one of these was deleted before its file was reached, the database
is copied once more: it has no such document then.

All is written to a folder beside the file, named like it with ``.partial`` at the end. The finished
backup is renamed to its place, so that the file is whole or not there, and an earlier one of the
same name stays until then.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from quart_chat.backup.archive import DATABASE, ArchiveWriter, create_archive, is_archive
from quart_chat.backup.snapshot import take_snapshot
from quart_chat.copying.copy import FILES, Progress, ids_with_file
from quart_chat.copying.files import sync
from quart_chat.copying.installation import CannotCopy, Installation
from quart_chat.resources import program_version
from quart_chat.storage import open_tables

if sys.platform != "win32":
    import fcntl

PARTIAL = ".partial"


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a backup has.

    Attributes:
        files: The number of documents that have a file.
        files_missing: The number of documents whose file is not there.
        size: Bytes of the backup.
        digest: The digest that is in it.
    """

    files: int
    files_missing: int
    size: int
    digest: str


def back_up(source: Installation, target: Path, progress: Progress) -> BackedUp:
    """Write all that an installation has to a file.

    Raises:
        CannotCopy: The file is as it was before; the message says why.
    """
    _check_target(source, target)
    if source.is_missing:
        raise CannotCopy(f"{source.place} has no database.")
    try:
        with _partial(target) as folder:
            backed_up = _write(source, folder, progress)
            (folder / target.name).replace(target)
            sync(target.absolute().parent)
    except OSError as error:
        raise CannotCopy(f"{target} can't be written: {error.strerror or error}.") from error
    return backed_up


def _check_target(source: Installation, target: Path) -> None:
    if target.exists() and not is_archive(target):
        raise CannotCopy(f"{target} exists and is no backup. Choose another name.")
    if source.documents.resolve() in target.resolve().parents:
        raise CannotCopy(f"{target} is among the documents. Choose another folder.")


@contextmanager
def _partial(target: Path) -> Generator[Path]:
    """Have a folder for the block for what is not finished; what an earlier attempt left goes."""
    folder = target.with_name(target.name + PARTIAL)
    folder.mkdir(mode=0o700, exist_ok=True)
    _check_own(folder)
    lock = os.open(folder, os.O_RDONLY)
    try:
        _lock(lock, folder)
        for path in folder.iterdir():
            path.unlink()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)


def _check_own(folder: Path) -> None:
    """See that others can't read what is written to a folder, which may have been there before."""
    found = folder.lstat()
    if sys.platform == "win32" or (
        stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077
    ):
        return
    raise CannotCopy(f"{folder} exists, and others can read it. Delete it, or choose another name.")


def _lock(folder: int, path: Path) -> None:
    if sys.platform == "win32":
        return
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotCopy(f"another backup writes to {path}. Wait for its end.") from None


def _write(source: Installation, folder: Path, progress: Progress) -> BackedUp:
    path = folder / folder.name.removesuffix(PARTIAL)
    created_at = datetime.now(UTC).isoformat(timespec="seconds")
    with path.open("xb") as file:
        path.chmod(0o600)
        with create_archive(file, program_version(), created_at) as archive:
            files, missing = _add_all(source, folder / DATABASE, archive, progress)
            digest = archive.finish()
        file.flush()
        os.fsync(file.fileno())
        return BackedUp(files, missing, file.tell(), digest)


def _add_all(
    source: Installation, copy: Path, archive: ArchiveWriter, progress: Progress
) -> tuple[int, int]:
    """Add the files of documents and the database; return how many there are and are missing."""
    known: set[str] = set()
    while True:
        take_snapshot(source, copy, progress)
        ids = _ids_in(copy)
        missing = set()
        for number, id_ in enumerate(ids, 1):
            if not archive.add_document(id_, source.documents):
                missing.add(id_)
            progress(FILES, number, len(ids))
        if missing <= known:
            archive.add_database(copy)
            return len(ids) - len(missing), len(missing)
        # A document was deleted meanwhile, or its file is lost: a newer copy of the database says.
        known = missing
        with suppress(FileNotFoundError):
            copy.unlink()


def _ids_in(copy: Path) -> list[str]:
    with open_tables(f"sqlite:{copy}") as tables:
        return sorted(ids_with_file(tables))
