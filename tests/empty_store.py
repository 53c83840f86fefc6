"""An empty store of SQLite, made once in a process: to copy it is quicker than all migrations."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from quart_chat.storage import Storage, open_storage
from quart_chat.storage.sqlite.file.database import Database


async def open_copy(url: str, *, patience: float = 10.0, shared: bool = True) -> Storage:
    """Open a store as :func:`open_storage` does, which then has no schema to make."""
    scheme, _, path = url.partition(":")
    if scheme == "sqlite":
        copy_to(Path(path))
    return await open_storage(url, patience=patience, shared=shared)


def copy_to(path: Path) -> None:
    """Put a copy at a path where there is no file; what can't be written is left to the opening."""
    if path.exists():
        return
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        # Another process never sees a part of it: a link is made as a whole, or not at all.
        copy = path.with_name(uuid4().hex)
        try:
            copy.write_bytes(content())
            os.link(copy, path)
        finally:
            copy.unlink(missing_ok=True)


@cache
def content() -> bytes:
    """The content of the file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "chat.sqlite"
        # A thread of its own, since this one may have a loop that runs.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _make(path)).result()
        return path.read_bytes()


async def _make(path: Path) -> None:
    await (await Database.open(path)).close()
