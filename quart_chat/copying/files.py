"""The files of documents, each of which has the id of its document as its name."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Collection
from pathlib import Path

from quart_chat.copying.installation import CannotCopy

_PART = ".part"


class DocumentFiles:
    """The files of documents that are to be copied from one folder to another.

    Args:
        source: The folder that has them.
        target: The one that is to have them; it may be the same.
        ids: The documents that should have one.

    Attributes:
        names: The files that are there.
        missing: Those that are not.
    """

    def __init__(self, source: Path, target: Path, ids: Collection[str]) -> None:
        self._source = source
        self._target = target
        self.names = sorted(id_ for id_ in ids if (source / id_).is_file())
        self.missing = sorted(set(ids).difference(self.names))

    @property
    def stay(self) -> bool:
        """Whether both sides have the same folder, by whichever path."""
        here, there = self._source, self._target
        return here == there or (here.exists() and there.exists() and here.samefile(there))

    def check(self) -> None:
        """Check that the source exists, and that the target has no files of others.

        It may have files that an earlier attempt has left.

        Raises:
            CannotCopy: One of the two checks fails.
        """
        if self.missing and not self._source.is_dir():
            raise CannotCopy(
                f"{self._source}, the folder of the documents, does not exist. Name its parent with"
                " --instance."
            )
        if self.stay or not self._target.is_dir():
            return
        own = {f"{name}{suffix}" for name in self.names for suffix in ("", _PART)}
        if any(path.name not in own for path in self._target.iterdir()):
            raise CannotCopy(f"{self._target} has files already. Choose an empty folder.")

    def copy(self, copied: Callable[[int], None]) -> int:
        """Copy them, all or none, and return how many bytes they have.

        Raises:
            CannotCopy: The disk refuses, or a copy differs from what was read.
        """
        try:
            if not self.stay:
                self._copy_all(copied)
            return sum((self._source / name).stat().st_size for name in self.names)
        except OSError as error:
            raise CannotCopy(f"a file can't be copied: {error}.") from error

    def _copy_all(self, copied: Callable[[int], None]) -> None:
        self._target.mkdir(parents=True, exist_ok=True)
        begun: list[str] = []
        try:
            for number, name in enumerate(self.names, 1):
                begun.append(name)
                self._copy(name)
                copied(number)
            sync(self._target)
        except BaseException:
            for name in begun:
                (self._target / name).unlink(missing_ok=True)
                self._part(name).unlink(missing_ok=True)
            raise

    def _copy(self, name: str) -> None:
        source, part = self._source / name, self._part(name)
        shutil.copyfile(source, part)
        sync(part)
        if _digest(source) != _digest(part):
            raise CannotCopy(f"{part} differs from {source}. Is the disk sound?")
        part.replace(self._target / name)

    def _part(self, name: str) -> Path:
        return self._target / f"{name}{_PART}"


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").digest()


def sync(path: Path) -> None:
    """Flush a file to the disk before the database refers to it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
