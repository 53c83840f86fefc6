"""Whether a client takes what it is sent."""

from __future__ import annotations


class Progress:
    """What one connection has been given, and when its client last took some of it.

    Each byte that the client's system has confirmed counts: a slow client is no dead one. A client
    that vanished confirms none.

    Attributes:
        written: Bytes that were written so far.
    """

    __slots__ = ("_stuck_since", "_taken", "written")

    def __init__(self) -> None:
        self.written = 0
        self._taken = 0
        self._stuck_since: float | None = None

    @property
    def is_complete(self) -> bool:
        """Whether all that was written was taken when it was looked at last."""
        return self._stuck_since is None and self.written == self._taken

    def is_stalled(self, unsent: int, now: float, patience: float) -> bool:
        """Whether none of what is unsent was taken for so many seconds."""
        taken = self.written - unsent
        if not unsent or self._stuck_since is None or taken > self._taken:
            self._stuck_since = now if unsent else None
        self._taken = taken
        return self._stuck_since is not None and now - self._stuck_since >= patience
