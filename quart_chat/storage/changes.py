"""What is to be written, each as if it had a transaction of its own, several of them in one.

Where many write at the same time, most of what a transaction costs is its beginning, its commit and
the way to the thread of the connection. All changes that wait share these.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import Any

from quart_chat.errors import ChatError
from quart_chat.patience import Patience
from quart_chat.storage.statements import Statements


class Change:
    """One that waits for its turn, or has been written.

    Args:
        work: Makes the change, on the thread of the connection.
        ready: Called on the event loop once it is the turn of this one.
        patience: How long that may take.
        is_followed: Whether its caller still has to do something before the next may go on.

    Attributes:
        context: That of its caller, whose language errors are told in.
        done: What the work has given, once it is committed, or why it is not.
        result, error: The same, before the caller is told.
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
        self.error: Exception | None = None
        self.work = work
        self.patience = patience
        self.is_followed = is_followed
        self._ready = ready

    def get_ready(self) -> None:
        """It is its turn."""
        if self._ready is not None:
            self._ready()

    def tell(self) -> bool:
        """Let the caller go on; whether the next has to wait for that."""
        if self.done.done():
            return False  # the caller was cancelled
        if self.error is not None:
            self.done.set_exception(self.error)
            return False
        self.done.set_result(self.result)
        return self.is_followed


def run_together(statements: Statements, changes: Sequence[Change]) -> None:
    """Run the work of several changes in one transaction; one that is refused is undone alone.

    Any other failure is that of all: what has failed may not have been one of them.
    """
    for change in changes:
        statements.fetch("SAVEPOINT change")
        try:
            # Sentences for people are in the language of who asks.
            change.result = change.context.run(change.work, statements)
        except ChatError as error:
            statements.fetch("ROLLBACK TO change")
            change.error = error
        statements.fetch("RELEASE change")
