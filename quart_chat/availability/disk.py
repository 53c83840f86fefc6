"""What a disk refuses, told as an error for people."""

from __future__ import annotations

import errno
import logging
from collections.abc import Generator
from contextlib import contextmanager

from quart_chat.errors import StorageUnavailable
from quart_chat.texts import N_, _

_logger = logging.getLogger(__name__)

_FULL = N_("The server can't write its files: the disk is full.")
_READ_ONLY = N_("The server can't write its files: their folder is read-only for it.")
_NO_FOLDER = N_("The server can't write its files: their folder can't be made.")
_TOO_MANY = N_("The server has too many files and connections open. Try again in a moment.")
_SENTENCES = {
    errno.EMFILE: _TOO_MANY,
    errno.ENFILE: _TOO_MANY,
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EACCES: _READ_ONLY,
    errno.EPERM: _READ_ONLY,
    errno.EROFS: _READ_ONLY,
    errno.EEXIST: _NO_FOLDER,
    errno.ENOTDIR: _NO_FOLDER,
}


@contextmanager
def translated_errors() -> Generator[None]:
    """Raise what the disk or its permissions are to blame for as StorageUnavailable."""
    try:
        yield
    except OSError as error:
        sentence = _SENTENCES.get(error.errno or 0)
        if sentence is None:
            raise
        _logger.warning("A file can't be written: %s", error)
        raise StorageUnavailable(_(sentence)) from error
