"""Whether a user may begin one more round now."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress

from quart_chat.assistants.protocol import Assistant, ModelAssistant
from quart_chat.chat.unit_of_work import UnitOfWork
from quart_chat.chat.usage.service import UsageService
from quart_chat.errors import TooManyRequests
from quart_chat.limits import NO_LIMITS, UserLimits
from quart_chat.texts import _

LIST_PATIENCE = 5.0
"""Seconds that a question waits for a list of models; past it, the model is not known."""


class Admission:
    """Lets prompts in.

    Args:
        max_running: Rounds of one user that run at a time, where no other limit is set.
        usage: Holds users within their limits; None where there are none.
        assistants: Those that can be asked.
    """

    def __init__(
        self, max_running: int, usage: UsageService | None, assistants: Collection[Assistant]
    ) -> None:
        self._max_running = max_running
        self._usage = usage
        self._gate = None if usage is None else usage.gate
        self._assistants = assistants

    async def learn_models(self, user_id: str | None = None) -> None:
        """Have the models listed of assistants whose default isn't known yet.

        It is needed where a user has limits of models, and a transaction can't wait for a list.

        Args:
            user_id: Who asks; None for any user.
        """
        unknown = [each for each in self._assistants if _is_unknown(each)]
        if self._usage is None or not unknown:
            return
        if user_id is None or (await self._usage.limits(user_id)).concern_models:
            lists = (each.models() for each in unknown if isinstance(each, ModelAssistant))
            with suppress(TimeoutError):
                async with asyncio.timeout(LIST_PATIENCE):
                    await asyncio.gather(*lists, return_exceptions=True)

    def limits(self, unit: UnitOfWork, user_id: str) -> UserLimits:
        """Read what a user may do, for the checks that follow in the same transaction."""
        return NO_LIMITS if self._gate is None else self._gate.limits(unit.transaction, user_id)

    def check_running(
        self, unit: UnitOfWork, user_id: str, limits: UserLimits, *, ending: int = 0
    ) -> None:
        """Refuse a round beside as many as may run.

        Args:
            unit: The transaction.
            user_id: Whose rounds run.
            limits: What the user may do.
            ending: How many of them are to end before it begins.

        Raises:
            TooManyRequests: So many run.
        """
        limit = limits.running_rounds or self._max_running
        running = unit.transaction.count_running_rounds(user_id) - ending
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
        limits: UserLimits,
        assistant: Assistant,
        model: str | None,
        *,
        is_new: bool = True,
    ) -> str | None:
        """Let a prompt in, and return the model to ask; see :meth:`Gate.admit`."""
        if self._gate is None:
            return model
        return self._gate.admit(unit.transaction, user_id, limits, assistant, model, is_new=is_new)


def _is_unknown(assistant: Assistant) -> bool:
    """Whether an assistant will say later which model it asks where none is chosen."""
    return isinstance(assistant, ModelAssistant) and getattr(assistant, "default_model", "") is None
