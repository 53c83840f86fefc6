"""Many chats as one zip, written piece by piece: one chat at a time is in memory."""

from __future__ import annotations

import asyncio
import re
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from datetime import UTC, datetime
from io import RawIOBase
from unicodedata import combining, normalize

from quart_chat.chat.transfer.file import ChatFile, encode
from quart_chat.chat.transfer.prose import to_markdown
from quart_chat.plaintext import one_line

MAX_NAME = 60
"""Characters of a title in the name of a file."""

MAX_NAME_BYTES = 120
"""Bytes of the same. With what a zip puts around it, it fits where names have 143 bytes."""

_UNSAFE = re.compile(r"[^\w .,()-]+")
_DOTS = re.compile(r"\.{2,}")


_LETTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}
)
# What Windows takes for a device, whatever comes after a dot.
_DEVICE = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9¹²³])\s*(\.|$)", re.IGNORECASE)


def file_name(title: str) -> str:
    """A name that every file system takes and no path is in, without an ending."""
    line = _DOTS.sub(".", _UNSAFE.sub("-", one_line(title)))[:MAX_NAME]
    name = line.encode()[:MAX_NAME_BYTES].decode(errors="ignore").strip(" .-")
    return f"chat {name}".strip() if not name or _DEVICE.match(name) else name


def ascii_name(name: str) -> str:
    """The same name for programs that know no letters but those of English."""
    letters = normalize("NFKD", normalize("NFC", name).translate(_LETTERS))
    plain = "".join(letter for letter in letters if not combining(letter))
    return file_name(re.sub(r"[^ -~]+", "-", plain))


class _Sink(RawIOBase):
    """Takes what a zip is written as, until it is asked for."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # zipfile writes bytes alone
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


async def write_zip(
    files: AsyncIterator[ChatFile], titles: Mapping[str, str], usage: str = ""
) -> AsyncGenerator[bytes, None]:
    """A zip with two files for each chat: one to read, and one to import again.

    Args:
        files: The chats.
        titles: What assistants are called.
        usage: What the user has used, as CSV; empty where that is not counted.
    """
    sink = _Sink()
    archive = zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED)
    async for file in files:
        await asyncio.to_thread(_add, archive, file, titles)
        yield sink.take()
    if usage:
        archive.writestr("usage.csv", usage)
    # The end of a cancelled export is not read, and a thread may still be writing to it.
    archive.close()
    yield sink.take()


def _add(archive: zipfile.ZipFile, file: ChatFile, titles: Mapping[str, str]) -> None:
    day = datetime.fromtimestamp(file.chat.created_at, UTC).strftime("%Y-%m-%d")
    # Two chats of a day may have one title.
    name = f"{day} {file_name(file.chat.title)} {file.chat.id[:8]}"
    archive.writestr(f"markdown/{name}.md", to_markdown(file, titles))
    archive.writestr(f"json/{name}.json", encode(file))
