"""What an engine offers to :class:`quart_chat.events.brokers.log.LogBroker`: one ordered log."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import NamedTuple, Protocol


class Place(NamedTuple):
    """A place in a log: that of a batch, or the one before the first.

    Attributes:
        epoch: Names the log. It is stored where the log is, and is lost with it.
        number: Counts the batches of the epoch, from 1.
    """

    epoch: str
    number: int


class LogUnavailable(Exception):
    """The log can't be reached, or is no longer the one that was read; the message says why."""


class LogSilent(LogUnavailable):
    """The log does not answer in time."""


class Log(Protocol):
    """An ordered log of batches that every node appends to and reads.

    All raise LogUnavailable, and may be called again after that.
    """

    async def append(self, batch: bytes) -> None:
        """Append a batch, and return once it is in the log.

        Where it fails, the batch may be in the log all the same.
        """
        ...

    def tail(self, after: Place | None) -> AsyncGenerator[tuple[Place, bytes | None], None]:
        """Read the batches after a place, as they come.

        The first item is the place where the reading begins, without a batch: ``after`` where the
        log goes on from there, its end where that is before ``after`` under the same epoch, and
        else the place before the oldest batch. Without ``after`` it begins with what is at most 60
        seconds old. Later, an item without a batch says that there is nothing more for now.

        Raises:
            LogUnavailable: Also where the epoch has changed, or unread batches are gone.
        """
        ...

    async def at(self, place: Place) -> bytes | None:
        """Read the batch at a place; None where it is not held, or not under this epoch."""
        ...

    async def renew(self, epoch: str) -> None:
        """Empty the log and give it another epoch, unless it has another one already."""
        ...

    async def close(self) -> None:
        """Disconnect; the log may be used again."""
        ...
