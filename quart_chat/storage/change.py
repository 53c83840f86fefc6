"""A change that waits to be written, and how several are run in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import Any

from quart_chat.availability.patience import Patience
from quart_chat.errors import ChatError
from quart_chat.storage.statements import Statements

_MOMENT = 0.01
"""Seconds that are too few for another attempt."""


class Change:
    """A change that waits for its turn, or has been written.

    Attributes:
        context: That of its caller, whose language errors are told in.
        done: What the work has given, once it is committed, or why it is not.
        result, error: The same, before the caller is told.
        is_alone: Whether it has failed with others, and is to be tried without them.
    """

    def __init__(
        self,
        work: Callable[[Any], Any],
        ready: Callable[[], None] | None,
        patience: Patience,
        *,
        is_followed: bool,
    ) -> None:
        self.context = copy_context()
        self.done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.result: Any = None
        self.error: BaseException | None = None
        self.is_alone = False
        self.patience = patience
        self._work = work
        self._ready = ready
        self._is_followed = is_followed

    @property
    def can_wait(self) -> bool:
        """Whether its caller is there, and has time for another attempt."""
        return self.patience.left > _MOMENT and not self.done.done()

    def get_ready(self) -> bool:
        """Tell the caller, once, that it is its turn; False where that fails."""
        ready, self._ready = self._ready, None
        if ready is None:
            return True
        try:
            self.context.run(ready)
        except Exception as error:  # noqa: BLE001 - the caller is told
            self.error = error
            return False
        return True

    def run(self, statements: Statements) -> Any:
        """Do the work of the change, on the thread of the connection."""
        try:
            return self.context.run(self._work, statements)
        except StopIteration as error:
            # No future can pass it on: the queue would wait for ever.
            raise RuntimeError("A change has raised StopIteration") from error

    def tell(self) -> bool:
        """Let the caller go on; whether the others have to wait for what it does then."""
        if self.done.done():
            return False  # it was cancelled
        if self.error is not None:
            self.done.set_exception(self.error)
            return False
        self.done.set_result(self.result)
        return self._is_followed


def run_together(statements: Statements, changes: Sequence[Change]) -> None:
    """Run the work of several changes in one transaction; one that is refused is undone alone.

    Any other failure is that of all: the engine may have undone the whole.
    """
    for change in changes:
        change.error = None
        statements.fetch("SAVEPOINT change")
        try:
            change.result = change.run(statements)
        except ChatError as error:
            statements.fetch("ROLLBACK TO change")
            change.error = error
        statements.fetch("RELEASE change")
