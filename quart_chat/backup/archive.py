"""The file of a backup: a tar of a database and of the files of its documents.

Its members are, in this order:

- ``quart-chat-backup.json``: the format, and what wrote the file and when;
- ``documents/`` and the id of a document: each document's file;
- ``chat.sqlite``: the database, as a file of SQLite whatever engine keeps it;
- ``digest``: the BLAKE2b digest of all bytes before this member, in hexadecimal.

The digest comes last, so that a file that was cut off has none.
"""

from __future__ import annotations

import io
import re
import shutil
import tarfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import IO, BinaryIO

import orjson

from quart_chat.copying.installation import CannotCopy

FORMAT = 1
MANIFEST = "quart-chat-backup.json"
DATABASE = "chat.sqlite"
DOCUMENTS = "documents"
DIGEST = "digest"

_CHUNK = 1024 * 1024
_MAX_TEXT = 4096
"""Bytes of the manifest and of the digest that are read."""

_MEMBER = re.compile(rf"{DOCUMENTS}/[0-9a-f]{{32}}|{re.escape(DATABASE)}")

Advanced = Callable[[int, int], None]
"""Is told how many bytes of how many are done."""


class DigestingFile:
    """Computes the digest of what is written to a file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = blake2b()

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        return self._file.write(data)

    def tell(self) -> int:
        return self._file.tell()

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


class ArchiveWriter:
    """Writes a backup; made by :func:`create_archive`."""

    def __init__(self, tar: tarfile.TarFile, file: DigestingFile) -> None:
        self._tar = tar
        self._file = file
        self._names: set[str] = set()

    def add_document(self, document_id: str, folder: Path) -> bool:
        """Add the file of a document, once; False if it is not there."""
        name = f"{DOCUMENTS}/{document_id}"
        if name in self._names:
            return True
        try:
            # It stays readable once it is open, also if the document is deleted meanwhile.
            with (folder / document_id).open("rb") as file:
                self._add(name, file)
        except FileNotFoundError:
            return False
        return True

    def add_database(self, path: Path) -> None:
        with path.open("rb") as file:
            self._add(DATABASE, file)

    def add_text(self, name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        self._tar.addfile(member, io.BytesIO(content))

    def finish(self) -> str:
        """Add the digest of all before it, and return it."""
        digest = self._file.hexdigest()
        self.add_text(DIGEST, digest.encode())
        return digest

    def _add(self, name: str, file: BinaryIO) -> None:
        member = self._tar.gettarinfo(arcname=name, fileobj=file)
        member.uname = member.gname = ""
        member.uid = member.gid = 0
        member.mode = 0o600
        self._tar.addfile(member, file)
        self._names.add(name)


@contextmanager
def create_archive(file: BinaryIO, program: str, created_at: str) -> Generator[ArchiveWriter]:
    """Write a backup to a file for the block."""
    digesting = DigestingFile(file)
    with tarfile.open(fileobj=digesting, mode="w", format=tarfile.PAX_FORMAT) as tar:  # type: ignore[call-overload]  # it calls write and tell alone
        writer = ArchiveWriter(tar, digesting)
        manifest = {"format": FORMAT, "program": program, "createdAt": created_at}
        writer.add_text(MANIFEST, orjson.dumps(manifest))
        yield writer


def is_archive(path: Path) -> bool:
    """Whether a file is a backup, whole or not."""
    try:
        with tarfile.open(path, mode="r:") as tar:
            first = tar.next()
            return first is not None and first.name == MANIFEST
    except (OSError, tarfile.TarError):
        return False


def extract_archive(path: Path, folder: Path, advanced: Advanced) -> None:
    """Check a backup, and only then write its database and documents into a folder.

    Raises:
        CannotCopy: It can't be read, is damaged, no backup, or of a newer program.
        OSError: The folder can't be written.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise CannotCopy(f"{path} can't be read: {error.strerror}.") from error
    with file:
        try:
            with tarfile.open(fileobj=file, mode="r:") as tar:
                members = _check_manifest(path, tar)
                _check_digest(path, file, tar, members, advanced)
        except (tarfile.TarError, EOFError, UnicodeError) as error:
            raise _damaged(path) from error
        file.seek(0)
        with tarfile.open(fileobj=file, mode="r:") as tar:
            _extract(path, tar, folder)


def _check_manifest(path: Path, tar: tarfile.TarFile) -> list[tarfile.TarInfo]:
    first = tar.next()
    if first is None or first.name != MANIFEST:
        raise CannotCopy(f"{path} is no backup of this program.")
    try:
        number = orjson.loads(_read(tar, first))["format"]
    except (ValueError, LookupError, TypeError) as error:
        raise _damaged(path) from error
    if number != FORMAT:
        raise CannotCopy(f"{path} was made by a newer version. Use that version to restore it.")
    return tar.getmembers()


def _check_digest(
    path: Path,
    file: IO[bytes],
    tar: tarfile.TarFile,
    members: list[tarfile.TarInfo],
    advanced: Advanced,
) -> None:
    last = members[-1]
    if last.name != DIGEST:
        raise CannotCopy(f"{path} is not complete: it was cut off. Use another backup.")
    expected = _read(tar, last)
    if _digest_of(file, last.offset, advanced).encode() != expected:
        raise _damaged(path)


def _digest_of(file: IO[bytes], size: int, advanced: Advanced) -> str:
    """The digest of the first bytes of a file."""
    digest, left = blake2b(), size
    file.seek(0)
    advanced(0, size)
    while left and (chunk := file.read(min(_CHUNK, left))):
        digest.update(chunk)
        left -= len(chunk)
        advanced(size - left, size)
    return digest.hexdigest()


def _extract(path: Path, tar: tarfile.TarFile, folder: Path) -> None:
    (folder / DOCUMENTS).mkdir()
    for member in tar.getmembers()[1:-1]:
        content = tar.extractfile(member) if _MEMBER.fullmatch(member.name) else None
        if content is None or not member.isreg():
            raise CannotCopy(f"{path} has a part of another program: {member.name!r}.")
        with content, (folder / member.name).open("xb") as file:
            shutil.copyfileobj(content, file, _CHUNK)


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = tar.extractfile(member)
    return b"" if content is None else content.read(_MAX_TEXT)


def _damaged(path: Path) -> CannotCopy:
    return CannotCopy(f"{path} is damaged: its bytes have changed. Use another backup.")
