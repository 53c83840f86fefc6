"""How often a text that flows is passed on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

FRAME = 0.04
"""Seconds between two pieces of a text in full flow, at least. A text that grows 25 times a second
reads as smoothly as one that grows with each token, and a piece costs the event manager, each
stream and each page the same, however long it is."""


class TextPacer:
    """Passes the pieces of a text on, joined where they follow each other within a frame.

    The first piece after a pause is passed on at once.

    Args:
        emit: Takes a piece, and where in the text it begins.
    """

    def __init__(self, emit: Callable[[int, str], None]) -> None:
        self._emit = emit
        self._offset = 0
        self._waiting: list[str] = []
        self._next_frame = float("-inf")
        self._timer: asyncio.TimerHandle | None = None

    def add(self, offset: int, text: str) -> None:
        """Take a piece that begins where the one before ends."""
        if not self._waiting:
            self._offset = offset
        self._waiting.append(text)
        if self._timer is None:
            wait = self._next_frame - monotonic()
            if wait <= 0:
                self.flush()
            else:
                self._timer = asyncio.get_running_loop().call_later(wait, self._frame)

    def flush(self) -> None:
        """Pass on what waits."""
        if self._waiting:
            text, self._waiting = "".join(self._waiting), []
            self._next_frame = monotonic() + FRAME
            self._emit(self._offset, text)

    def forget(self) -> None:
        """Drop the pieces that wait: the text begins anew, with a first piece."""
        self._waiting = []
        self._next_frame = float("-inf")
        self._cancel()

    def close(self) -> None:
        """Pass on what waits; nothing will follow."""
        self.flush()
        self._cancel()

    def _frame(self) -> None:
        self._timer = None
        self.flush()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
