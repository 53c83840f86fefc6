"""Stopping a round of any user, on whichever node it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart_chat.web.auth.identity import actor
from quart_chat.web.context import services

if TYPE_CHECKING:
    from quart_chat.chat.models import Round


async def stop_round(workflow_id: str, number: int | None = None) -> Round | None:
    """Stop a round for an administrator, which the security log tells; None where none runs.

    The log has it first: a request that is cancelled, or fails, may have stopped the round.

    Raises:
        Forbidden: The caller is an administrator no longer.
        NotFound: No chat has this id.
        Unavailable: Another process runs it, which doesn't answer for now.
    """
    stops, accounts = services().chat.stops, services().accounts
    workflow = await stops.find(workflow_id, number)
    if workflow is None:
        return None
    if accounts is not None:
        await accounts.log.add_stop(actor(), workflow.user_id, workflow_id)
    return await stops.stop(workflow, workflow.head)
