"""Who serves an instance folder: a lock that the kernel drops with the process that holds it.

Without a broker, events travel inside one process, and the rounds that run are known to it alone. A
second server on the same folder would end the rounds of the first, so it is refused before it opens
the database. Processes that have a broker share the folder: they hold the same lock together. One
that comes first holds it alone for a moment, and so knows that all others are dead.

The lock is ``flock(2)`` on a file that stays: the kernel releases it when the process ends, however
it ends, so a server that was killed keeps no other from starting. The file's content says who holds
the lock; it is for people, and decides nothing.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import orjson

from quart_chat.errors import DatabaseUnavailable, InstanceInUse
from quart_chat.texts import N_, _

if sys.platform != "win32":
    import fcntl

_logger = logging.getLogger(__name__)

LOCK = "server.lock"
"""The name of the file in the instance folder."""

_HELD = {errno.EWOULDBLOCK, errno.EACCES}
_UNSUPPORTED = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}
_NO_FOLDER = N_("The database can't be opened: check its folder and permissions.")
_START = 30.0
"""Seconds that the start of a server may take that shares the folder, while it holds it alone."""

_NOTED = 0.5
"""Seconds within which a server that has locked the folder has written its note."""

_LOOK_AGAIN = 0.02
_MAX_NOTE = 4096
"""Bytes of the file that are read."""


class Hold:
    """The lock of a folder.

    Attributes:
        alone: Whether no other process holds it, and none can before ``share`` is called.
    """

    def __init__(self, file: int, folder: Path) -> None:
        self.alone = True
        self._shared = False
        self._file = file
        self._folder = folder

    def take(self, address: str | None) -> None:
        """Keep all others out."""
        if _lock(self._file, self._folder):
            _note(self._file, address, shared=False)

    def take_to_share(self, address: str | None) -> None:
        """Keep those out that don't share; and all others, where none is there yet."""
        self._shared = True
        try:
            self.alone = _lock(self._file, self._folder)
        except InstanceInUse:
            self.alone = False
            self._wait_to_share()
        _note(self._file, address, shared=True)

    def share(self) -> None:
        """Let others in that share, once it has made use of being alone.

        One that was not taken to share is kept.
        """
        if self.alone and self._shared:
            self.alone = False
            # Giving one lock for another is not atomic (flock(2)): another server may come between.
            self._wait_to_share()

    def _wait_to_share(self) -> None:
        """Hold the lock with others, as soon as one that starts lets others in."""
        begun = monotonic()
        while True:
            try:
                _lock(self._file, self._folder, shared=True)
            except InstanceInUse:
                # A note of a server that does not share may be an old one, for a moment.
                patience = _START if _is_shared(self._file) else _NOTED
                if monotonic() - begun > patience:
                    raise
                sleep(_LOOK_AGAIN)
            else:
                return


@contextmanager
def hold_instance(
    folder: Path, address: str | None = None, *, shared: bool = False
) -> Generator[Hold]:
    """Keep all other servers away from an instance folder for the block.

    Where files can't be locked, which some network file systems don't support and Windows does in
    another way, one line of the log says so and the block runs all the same: one server there is as
    good as any, and a refusal would end it.

    Args:
        folder: The folder, made if need be.
        address: Where this server can be reached, if that is known: what a second one tells.
        shared: Keep only those away that don't share it.

    Raises:
        InstanceInUse: Another server holds it; the message says which.
        DatabaseUnavailable: The folder can't be made or written.
    """
    file = _open(folder)
    try:
        hold = Hold(file, folder)
        if shared:
            hold.take_to_share(address)
        else:
            hold.take(address)
        yield hold
    finally:
        os.close(file)


def _open(folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        _logger.error("The folder %s can't be used: %s", folder, error)  # noqa: TRY400
        raise DatabaseUnavailable(_(_NO_FOLDER)) from error


def _lock(file: int, folder: Path, *, shared: bool = False) -> bool:
    """Take the lock; False where there is none to take."""
    if sys.platform == "win32":
        _logger.warning("This system has no flock: a second server here is not kept out.")
        return False
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            _logger.warning(
                "Files in %s can't be locked (%s): a second server here is not kept out.",
                folder,
                error.strerror,
            )
            return False
        if error.errno not in _HELD:
            raise
        raise InstanceInUse(_describe(file)) from None
    return True


def _note(file: int, address: str | None, *, shared: bool) -> None:
    """Write into the file who holds it."""
    note = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now().astimezone().isoformat(timespec="seconds"),
        "address": address,
        "shared": shared,
    }
    content = orjson.dumps(note, option=orjson.OPT_INDENT_2) + b"\n"
    try:
        os.ftruncate(file, 0)
        os.pwrite(file, content, 0)
    except OSError as error:
        # A full disk is told by what has to be written there.
        _logger.warning("The file %s can't be written: %s", LOCK, error)


def _is_shared(file: int) -> bool:
    """Whether the holder, by its note, lets others in."""
    try:
        return bool(orjson.loads(os.pread(file, _MAX_NOTE, 0))["shared"])
    except (ValueError, LookupError, TypeError, OSError):
        return False


def describe_holder(folder: Path) -> str | None:
    """Which server holds a folder, by its note; None where that has ended, or there is none."""
    try:
        note = orjson.loads((folder / LOCK).read_bytes()[:_MAX_NOTE])
        runs = note["host"] != socket.gethostname() or Path(f"/proc/{note['pid']}").exists()
        return _describe_note(note) if runs else None
    except (ValueError, LookupError, TypeError, AttributeError, OSError):
        return None


def _describe_note(note: dict[str, Any]) -> str:
    holder = _("process {pid} on {host}, since {since}").format(
        pid=note["pid"], host=note["host"], since=note["since"]
    )
    if note.get("address"):
        holder = _("{holder}, at {address}").format(holder=holder, address=note["address"])
    return holder


def _describe(file: int) -> str:
    """Which server holds the folder, and what can be done about it."""
    try:
        holder = _describe_note(orjson.loads(os.pread(file, _MAX_NOTE, 0)))
    except (ValueError, LookupError, TypeError, AttributeError, OSError):
        # It was locked a moment ago and is not written yet, or by another program.
        holder = _("another process")
    return _(
        "Another server uses this folder: {holder}. Stop that one first, give this one a folder"
        " of its own (QUART_CHAT_INSTANCE), or let all of them share it (QUART_CHAT_BROKER=bus)."
    ).format(holder=holder)
