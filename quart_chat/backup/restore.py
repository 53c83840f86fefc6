"""Restores a backup to an installation that has nothing.

The digest is checked before anything is written. Then the backup becomes an installation of its
own, in a folder that goes when all is done, and is copied from there as ``quart-chat copy`` does:
all or nothing, to either engine.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from quart_chat.backup.archive import extract_archive
from quart_chat.config import load_settings, variable
from quart_chat.copying.copy import Copied, Progress, check_empty, copy_installation
from quart_chat.copying.installation import CannotCopy, Installation
from quart_chat.errors import ChatError
from quart_chat.storage import inspect_storage, open_storage


def restore(path: Path, target: Installation, progress: Progress) -> Copied:
    """Restore a backup.

    Raises:
        CannotCopy: Nothing was restored; the message says why.
    """
    check_empty(target)
    try:
        with tempfile.TemporaryDirectory(
            prefix="restore-", suffix=".partial", dir=target.settings.instance_path
        ) as folder:
            extract_archive(path, Path(folder), lambda *done: progress("verified", *done))
            source = Installation(str(path), load_settings({variable("instance"): folder}, {}))
            _bring_up_to_date(source)
            return copy_installation(source, target, progress)
    except OSError as error:
        place = target.settings.instance_path
        raise CannotCopy(f"{place} can't be written: {error.strerror or error}.") from error


def _bring_up_to_date(source: Installation) -> None:
    """Give the database of an older program the tables of this one."""

    async def migrate(store: str) -> None:
        await (await open_storage(store)).close()

    try:
        found = inspect_storage(source.settings.store)
        if 0 < found.version < found.known:
            asyncio.run(migrate(source.settings.store))
    except ChatError as error:
        raise CannotCopy(f"{source.place}: {error.message}") from error
