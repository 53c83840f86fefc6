"""Whether a client takes what it is sent."""

from __future__ import annotations


class Progress:
    """When the client of one connection last took some of what it was given.

    Each byte that the client's system has confirmed counts: a slow client is no dead one. A client
    that vanished confirms none. How much was written is counted by the connection itself: that
    changes with every write, and all else here only where the connection is looked at.
    """

    __slots__ = ("_stuck_since", "_taken")

    def __init__(self) -> None:
        self._taken = 0
        self._stuck_since: float | None = None

    def is_complete(self, written: int) -> bool:
        """Whether all that was written was taken when it was looked at last."""
        return self._stuck_since is None and written == self._taken

    def is_stalled(self, written: int, unsent: int, now: float, patience: float) -> bool:
        """Whether none of what is unsent was taken for so many seconds."""
        taken = written - unsent
        if not unsent or self._stuck_since is None or taken > self._taken:
            self._stuck_since = now if unsent else None
        self._taken = taken
        return self._stuck_since is not None and now - self._stuck_since >= patience
