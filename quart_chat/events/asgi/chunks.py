"""The body of a stream, and how parts of it reach a connection with no task woken."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol, cast

from quart_chat.events.subscription import Sink, Waker


class Chunks(Protocol):
    """The body of a stream: an asynchronous generator, or what is used like one."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def aclose(self) -> None:
        """Let go of what it holds; idempotent."""
        ...


class DirectWriter(Sink, Protocol):
    """Writes to a connection there and then, as long as the client takes what it is sent.

    As a sink it leaves the end of a context to whatever iterates its events.
    """

    def takes(self, size: int) -> bool:
        """Whether so many bytes can be written now."""
        ...

    def write_now(self, data: bytes) -> None:
        """Write some of the body, at least a byte."""
        ...

    def give_up(self, *, dead: bool) -> None:
        """End the response, and its connection where that is ``dead`` or takes nothing."""
        ...


class EndableChunks(Chunks, Protocol):
    """The body of a stream that others can end."""

    def end(self, last: bytes) -> None:
        """Send these bytes as the last ones, in place of all that is still to come; idempotent."""
        ...

    def cut_off(self) -> None:
        """End the response though the client has not taken all of it."""
        ...


class TasklessChunks(Chunks, Protocol):
    """The body of a stream that can be sent with no task, for as long as its client takes it."""

    def write_without_task(self, writer: DirectWriter, refused: Waker) -> None:
        """Write what there is and what comes, without being iterated.

        ``refused`` is called once the writer does not take something, and at the end; that may be
        at once. From then on the body is iterated, and yields the rest.
        """
        ...

    def close(self) -> None:
        """Do what ``aclose`` does; idempotent."""
        ...


def as_taskless(chunks: Chunks) -> TasklessChunks | None:
    """The same chunks, if they can be sent with no task."""
    # To ask for the method costs a hundredth of asking whether this is of a protocol's kind.
    can = getattr(chunks, "write_without_task", None) is not None
    return cast("TasklessChunks", chunks) if can else None


def write_directly(chunks: Chunks, writer: DirectWriter) -> None:
    """Have a body write what comes while its next chunk is awaited, where it can.

    One that can has a method ``write_to``, which is called before its first chunk is asked for.
    """
    write_to = getattr(chunks, "write_to", None)
    if write_to is not None:
        write_to(writer)
