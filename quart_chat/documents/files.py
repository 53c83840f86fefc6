"""The uploaded files: a folder in which each has its document's id as its name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from quart_chat.availability.disk import translated_errors
from quart_chat.documents.kinds import CHECKED, HEAD, detect, is_binary
from quart_chat.documents.models import Kind
from quart_chat.errors import EmptyFile, FileTooLarge, MislabelledFile, NotFound, QuotaExceeded
from quart_chat.texts import N_, _, number

WRITE = 256 * 1024
"""Bytes that are written at a time."""

_PART = ".part"
_TOO_LARGE = N_("The file has more than {size} MB, the limit for a document.")


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that has arrived as a whole."""

    kind: Kind
    size: int


class Files:
    """Stores what is uploaded, as it comes.

    Args:
        folder: Where.
        node_id: The node that does, which may share the folder with others.
    """

    def __init__(self, folder: Path, node_id: str) -> None:
        self._folder = folder
        self._node_id = node_id

    async def prepare(self, wanted: set[str] | None) -> None:
        """Make the folder, and remove from it what belongs to no document.

        Args:
            wanted: The ids of all documents; None to remove nothing, where another node may be
                storing an upload.

        Raises:
            StorageUnavailable: It can't be made or written.
        """

        def tidy() -> None:
            self._folder.mkdir(parents=True, exist_ok=True)
            TemporaryFile(dir=self._folder).close()  # told of now, and not with the first upload
            for path in self._folder.iterdir():
                if wanted is not None and path.is_file() and path.name not in wanted:
                    path.unlink()

        with translated_errors():
            await asyncio.to_thread(tidy)

    async def remove_parts(self, node_ids: Iterable[str]) -> None:
        """Remove what nodes that died had begun to store."""

        def remove() -> None:
            for node_id in node_ids:
                for path in self._folder.glob(f"*.{node_id}{_PART}"):
                    path.unlink(missing_ok=True)

        with translated_errors():
            await asyncio.to_thread(remove)

    def path(self, document_id: str) -> Path:
        return self._folder / document_id

    def part(self, document_id: str) -> Path:
        """Where the file is as long as it is not known to be whole and sound."""
        return self._folder / f"{document_id}.{self._node_id}{_PART}"

    async def store(
        self, document_id: str, name: str, chunks: AsyncIterator[bytes], *, limit: int, quota: int
    ) -> Stored:
        """Write a file as it comes, to its ``part``, and see what it is.

        Args:
            document_id: Whose file it is.
            name: What it is called, which tells kinds of text apart.
            chunks: Its content.
            limit: Bytes that a file may have.
            quota: Bytes that its owner may still store.

        Raises:
            EmptyFile: It has no bytes.
            FileTooLarge: It has more than ``limit``.
            QuotaExceeded: It has more than ``quota``.
            UnsupportedFile: It is of no kind that can be read, or not what its name says.
            EncryptedFile: It is a Word document with a password.
            StorageUnavailable: The disk is full or read-only.
        """
        head, size, kind = b"", 0, None
        pending = bytearray()
        async with _created(self.part(document_id)) as file:
            async for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise FileTooLarge(_(_TOO_LARGE).format(size=megabytes(limit)))
                if size > quota:
                    raise QuotaExceeded(
                        _("The file is larger than your remaining space of {left} MB.").format(
                            left=megabytes(quota)
                        )
                    )
                if kind is None:
                    head = (head + chunk)[:HEAD]
                    kind = detect(head, name) if len(head) == HEAD else None
                if kind is not None and kind not in CHECKED and is_binary(chunk, head):
                    raise MislabelledFile(_("The file is not text, although it begins like one."))
                pending += chunk
                if len(pending) >= WRITE:
                    await asyncio.to_thread(file.write, pending)
                    pending = bytearray()
            if not size:
                raise EmptyFile(_("The file is empty."))
            await asyncio.to_thread(file.write, pending)
        return Stored(kind or detect(head, name), size)

    async def keep(self, document_id: str) -> None:
        """The file is sound: give it its place."""
        with translated_errors():
            await asyncio.to_thread(self.part(document_id).rename, self.path(document_id))

    async def exists(self, document_id: str) -> bool:
        return await asyncio.to_thread(self.path(document_id).is_file)

    @asynccontextmanager
    async def removed_on_failure(self, document_id: str) -> AsyncGenerator[None]:
        """Remove the file if the block fails or is cancelled."""
        try:
            yield
        except BaseException:
            await self.remove(document_id)
            raise

    async def remove(self, document_id: str) -> None:
        """Remove the file, whole or not; idempotent."""

        def remove() -> None:
            self.part(document_id).unlink(missing_ok=True)
            self.path(document_id).unlink(missing_ok=True)

        with translated_errors():
            await asyncio.to_thread(remove)


@asynccontextmanager
async def _created(path: Path) -> AsyncGenerator[BinaryIO]:
    """Create a file. A thread does it even for one who has gone away, so it is waited for."""
    opening = asyncio.create_task(asyncio.to_thread(path.open, "wb"))
    with translated_errors():
        try:
            yield await asyncio.shield(opening)
        finally:
            (await opening).close()


def megabytes(size: int) -> str:
    """A size as it was set, with no more digits than it has."""
    value = round(size / 1_000_000, 6)
    digits = f"{value:.6f}".rstrip("0").partition(".")[2]
    return number(value, len(digits))


def not_kept() -> NotFound:
    """A document has no file: it has failed, or is being deleted."""
    return NotFound(_("The file of this document was not kept."))
