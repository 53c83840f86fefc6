"""Runs the process that reads a document, and ends it whatever becomes of either side."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from quart_chat.documents.messages import Failed, Finished, Message, decode
from quart_chat.documents.models import Kind
from quart_chat.errors import (
    EmptyFile,
    EncryptedFile,
    MalformedFile,
    OversizedContent,
    UnreadableFile,
    UnsupportedFile,
)
from quart_chat.texts import _, language

_logger = logging.getLogger(__name__)

MAX_LINE = 4 * 1024 * 1024
"""Bytes in a message."""

# All that the process is told of the environment: keys and tokens are none of its business.
_VARIABLES = ("PATH", "PYTHONPATH", "PYTHONHOME", "LANG", "LC_ALL", "TMPDIR")

_ERRORS: dict[str, type[UnreadableFile | UnsupportedFile]] = {
    error.code: error
    for error in (EmptyFile, EncryptedFile, MalformedFile, OversizedContent, UnsupportedFile)
}


@dataclass(frozen=True, slots=True)
class ResourceLimits:
    """What reading a document may take: bytes of memory, and seconds."""

    memory: int = 512 * 1024 * 1024
    seconds: int = 300


async def check(path: Path, kind: Kind, resource_limits: ResourceLimits) -> None:
    """Make sure that a file can be read.

    Raises:
        UnsupportedFile: It is of no kind that can be read.
        UnreadableFile: It is protected, damaged, or takes more than is allowed.
    """
    async with read(path, kind, resource_limits, task="check") as messages:
        async for _message in messages:
            pass


@asynccontextmanager
async def read(
    path: Path, kind: Kind, resource_limits: ResourceLimits, *, task: str = "read"
) -> AsyncGenerator[AsyncIterator[Message]]:
    """Read a file for as long as the block lasts; what is read comes as messages.

    Raises:
        UnsupportedFile: It is of no kind that can be read.
        UnreadableFile: It is protected, damaged, or takes more than is allowed.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "quart_chat.documents.reading.worker", task, kind, str(path)),
        *(str(resource_limits.memory), str(resource_limits.seconds), language()),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in _VARIABLES if name in os.environ},
        limit=MAX_LINE,
    )
    try:
        async with asyncio.timeout(resource_limits.seconds):
            yield _messages(process)
    except TimeoutError as error:
        raise OversizedContent(_("Reading it takes longer than is allowed.")) from error
    finally:
        if process.returncode is None:
            process.kill()
        await _reap(process)


async def _reap(process: asyncio.subprocess.Process) -> None:
    """Read a process to its end, or what its pipe still holds would keep that from being closed."""
    ended = asyncio.create_task(process.communicate())
    cancelled = False
    while not ended.done():
        try:
            await asyncio.wait({ended})
        except asyncio.CancelledError:
            cancelled = True  # again; the process has been killed, so it takes no time
    if cancelled:
        raise asyncio.CancelledError


async def _messages(process: asyncio.subprocess.Process) -> AsyncIterator[Message]:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    finished = False
    try:
        while line := await process.stdout.readline():
            message = decode(line)
            if isinstance(message, Failed):
                raise _error(message)
            finished = isinstance(message, Finished)
            yield message
    except (ValueError, msgspec.DecodeError) as error:
        raise MalformedFile(_("It is damaged, and can't be read.")) from error
    if not finished:
        raise _death(await process.wait())


def _error(failed: Failed) -> UnreadableFile | UnsupportedFile:
    if failed.detail:
        _logger.info("A document can't be read: %s", failed.detail)
    return _ERRORS.get(failed.code, MalformedFile)(failed.message)


def _death(code: int) -> UnreadableFile:
    """Why the process may have ended without a word."""
    _logger.warning("The process that read a document has ended with code %d", code)
    if code in {-signal.SIGXCPU, -signal.SIGKILL}:
        return OversizedContent(_("Reading it takes more time or memory than is allowed."))
    return UnreadableFile(_("It can't be read."))
