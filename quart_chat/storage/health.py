"""Whether the database can be written: logged once each time that changes, and told."""

from __future__ import annotations

import logging
from collections.abc import Callable

from quart_chat.errors import DatabaseUnavailable

_logger = logging.getLogger(__name__)

Listener = Callable[[DatabaseUnavailable | None], None]
"""Is told why nothing can be written, again and again as long as that is so; then None, once."""


class Health:
    """What is known of a database from the latest attempt to write.

    Attributes:
        trouble: Why nothing can be written; None where all is well.
    """

    def __init__(self) -> None:
        self.trouble: DatabaseUnavailable | None = None
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Have changes told, on the event loop."""
        self._listeners.append(listener)

    def failed(self, error: DatabaseUnavailable) -> None:
        """An attempt to write has failed."""
        known, self.trouble = self.trouble, error
        if known is None or known.reason != error.reason:
            cause = f" ({error.__cause__})" if error.__cause__ else ""
            _logger.error("Nothing can be stored: %s%s", error.message, cause)
            self.repeat()

    def succeeded(self) -> None:
        """Something has been written."""
        if self.trouble is not None:
            self.trouble = None
            _logger.warning("The database can be written again.")
            self.repeat()

    def repeat(self) -> None:
        """Tell how it is, for those who have come since."""
        for listener in self._listeners:
            listener(self.trouble)
