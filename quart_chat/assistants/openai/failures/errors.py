"""The failure of an endpoint."""

from __future__ import annotations

from typing import Self

from quart_chat.assistants.protocol import AssistantError
from quart_chat.texts import ngettext, number


class ModelError(AssistantError):
    """A failure of an endpoint.

    Attributes:
        problem: What has happened, without advice and without the endpoint's words.
        complaint: All that the endpoint said of it.
        passing: Whether the same request may succeed in a moment.
        retry_after: Seconds that the endpoint asks to wait.
        unknown: Parameters that can be left out, which the endpoint doesn't know.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        problem: str = "",
        complaint: str = "",
        passing: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(code, message)
        self.problem = problem or message
        self.complaint = complaint
        self.passing = passing
        self.retry_after = retry_after
        self.unknown: set[str] = set()

    def after(self, attempts: int) -> Self:
        """The same failure, of the last of several attempts: its message says how many."""
        if attempts > 1:
            tried = ngettext("Tried {count} time.", "Tried {count} times.", attempts)
            self.message += "\n" + tried.format(count=number(attempts))
        return self
