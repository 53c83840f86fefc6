"""Looks at what is on this machine, and at the store."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from quart_chat.check.findings import Finding
from quart_chat.config import Settings
from quart_chat.errors import DatabaseUnavailable
from quart_chat.serving.instance import describe_holder
from quart_chat.storage import inspect_storage
from quart_chat.storage.inspection import Inspection

LITTLE = 200_000_000
"""Bytes of a disk that are too few to go on with."""

MOST_OFF = 1.0
"""Seconds by which two clocks may differ."""


def check_folder(settings: Settings) -> Iterator[Finding]:
    """See whether the folders can be written; the server makes those that are not there yet."""
    for part, folder in (
        ("folder", settings.instance_path),
        ("documents", settings.documents_path),
    ):
        try:
            yield _try_to_write(part, folder)
        except OSError as error:
            yield Finding(
                part,
                f"{folder} can't be used: {error.strerror}.",
                "Make it a folder that the server's user can write to, or name another one in"
                " QUART_CHAT_INSTANCE.",
            )


def _try_to_write(part: str, folder: Path) -> Finding:
    if folder.is_dir():
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0")
        return Finding(part, f"{folder} can be written.")
    if folder.exists():
        raise NotADirectoryError(20, "it is not a folder")
    parent = _existing(folder)
    if not (parent.is_dir() and os.access(parent, os.W_OK | os.X_OK)):
        raise PermissionError(13, f"it does not exist, and {parent} can't be written")
    return Finding(part, f"{folder} does not exist yet; the server creates it.")


def check_disk(settings: Settings) -> Finding:
    """See whether the disk of the folder has room."""
    usage = shutil.disk_usage(_existing(settings.instance_path))
    text = f"{usage.free / 1e9:.1f} GB of {usage.total / 1e9:.1f} GB are free."
    if usage.free < LITTLE:
        return Finding("disk", text, "Make room: a full disk can't store anything.")
    return Finding("disk", text)


def check_server(settings: Settings) -> Finding:
    """Say which server uses the folder."""
    holder = describe_holder(settings.instance_path)
    return Finding(
        "server", f"The folder is used by {holder}." if holder else "No server runs here."
    )


def check_store(settings: Settings) -> tuple[Finding, Inspection | None]:
    """See whether the store can be read and written, and what it says."""
    where = "QUART_CHAT_DATABASE" if settings.database else str(settings.database_path)
    try:
        found = inspect_storage(settings.store)
    except DatabaseUnavailable as error:
        said = " ".join(str(error.__cause__ or "").split())
        text = f"{where}: {error.message}" + (f" ({said})" if said else "")
        return Finding("store", text, _cure_of_store(settings, error)), None
    text = f"{found.engine} at {where}, version {found.version} of {found.known}."
    if found.version > found.known:
        cure = "Install the newer program again, or restore a backup."
        return Finding("store", text, cure), None
    if found.version == 0:
        text = f"{found.engine} at {where}: still empty; the server creates the tables."
    elif found.version < found.known:
        text += " The next start brings it up to date."
    return Finding("store", text), found


def _cure_of_store(settings: Settings, error: DatabaseUnavailable) -> str:
    if settings.database:
        return "Correct QUART_CHAT_DATABASE or its server; see docs/how-to/use-postgresql.md."
    match error.reason:
        case "damaged":
            return "See docs/how-to/back-up.md."
        case "locked":
            return "End the program that keeps it locked, such as a database browser."
        case _:
            return "Give the server's user read and write access to the file and its folder."


def check_clock(found: Inspection) -> Finding:
    """See whether the clock of the store is that of this machine."""
    if found.clock is None:
        return Finding("clock", "The store uses this machine's clock.")
    side = "ahead of" if found.clock > 0 else "behind"
    text = f"The database's clock is {abs(found.clock):.1f} s {side} this machine's."
    if abs(found.clock) > MOST_OFF:
        cure = "Let both keep their time by NTP (timedatectl): chats would be sorted wrongly."
        return Finding("clock", text, cure)
    return Finding("clock", text)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(each for each in (folder, *folder.parents) if each.exists())
