"""Work that reads, on the thread of its connection."""

from __future__ import annotations

from quart_chat.storage.statements import Statements


class Reads:
    """Reads with the statements of one transaction, and no longer than it lasts."""

    def __init__(self, statements: Statements) -> None:
        self.statements = statements
