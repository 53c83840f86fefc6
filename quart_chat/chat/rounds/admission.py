"""Whether a user may begin one more round now."""

from __future__ import annotations

from quart_chat.assistants.protocol import Assistant
from quart_chat.chat.unit_of_work import UnitOfWork
from quart_chat.chat.usage.service import UsageService
from quart_chat.errors import TooManyRequests
from quart_chat.texts import _


class Admission:
    """Lets prompts in.

    Args:
        max_running: Rounds of one user that run at a time, where no other limit is set.
        usage: Holds users within their limits; None where there are none.
    """

    def __init__(self, max_running: int, usage: UsageService | None) -> None:
        self._max_running = max_running
        self._gate = None if usage is None else usage.gate

    def check_running(self, unit: UnitOfWork, user_id: str) -> None:
        """Refuse a round beside as many as may run.

        Raises:
            TooManyRequests: So many run.
        """
        limit = self._max_running
        if self._gate is not None:
            limit = self._gate.limits(unit.transaction, user_id).running_rounds or limit
        running = unit.transaction.count_running_rounds(user_id)
        if running >= limit:
            raise TooManyRequests(
                _(
                    "{count} of your answers are being written, and at most {limit} are allowed at"
                    " a time. Wait for one to end, or stop one."
                ).format(count=running, limit=limit)
            )

    def admit(
        self,
        unit: UnitOfWork,
        user_id: str,
        assistant: Assistant,
        model: str | None,
        *,
        is_new: bool = True,
    ) -> str | None:
        """Let a prompt in, and return the model to ask; see :meth:`Gate.admit`."""
        if self._gate is None:
            return model
        return self._gate.admit(unit.transaction, user_id, assistant, model, is_new=is_new)
