"""The body of a stream, and how parts of it reach a connection with no task woken."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol, runtime_checkable


class Chunks(Protocol):
    """The body of a stream: an asynchronous generator, or what is used like one."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def aclose(self) -> None:
        """Let go of what it holds; idempotent."""
        ...


class DirectWriter(Protocol):
    """Writes to a connection there and then, as long as the client takes what it is sent."""

    def takes(self, size: int) -> bool:
        """Whether so many bytes can be written now."""
        ...

    def write_now(self, data: bytes) -> None:
        """Write some of the body, at least a byte."""
        ...


@runtime_checkable
class DirectChunks(Chunks, Protocol):
    """A body that may be written directly while the next of its chunks is awaited."""

    def write_to(self, writer: DirectWriter) -> None:
        """Write what comes meanwhile directly, as far as the writer takes it.

        To be called before the first chunk is asked for.
        """
        ...
