"""How long a request waits for the database, all its waits taken together.

A request may write several times, and wait each time for the writers before it and for a lock that
another program holds. All of this is paid for out of one sum of seconds, so a client has its answer
when that is spent, however many wait beside it. Only waiting counts: an upload may take its time.

A task takes over what the task that made it has. What outlives a request gives it back.
"""

from __future__ import annotations

from contextvars import ContextVar
from time import monotonic
from types import TracebackType


class Patience:
    """Seconds that can still be waited; a block entered with it spends what the block takes."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._since: float | None = None

    @property
    def left(self) -> float:
        """Seconds from now on; never less than none."""
        spent = 0.0 if self._since is None else monotonic() - self._since
        return max(0.0, self._left - spent)

    def __enter__(self) -> None:
        # Of waits at the same time only the first is counted.
        self._since = monotonic() if self._since is None else self._since

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._left, self._since = self.left, None


_granted: ContextVar[Patience | None] = ContextVar("patience", default=None)


def grant(seconds: float) -> None:
    """Let this task, and those that it makes, wait for so many seconds altogether."""
    _granted.set(Patience(seconds))


def outlive_request() -> None:
    """Let this task wait as if no request had made it."""
    _granted.set(None)


def granted() -> Patience | None:
    """What is left of the request; None outside of one."""
    return _granted.get()
