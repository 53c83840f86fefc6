"""Stopping a round of any user, on whichever node it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart_chat.chat.models import RoundStatus
from quart_chat.web.auth.identity import actor
from quart_chat.web.context import services

if TYPE_CHECKING:
    from quart_chat.chat.models import Round


async def stop_round(workflow_id: str, number: int | None = None) -> Round | None:
    """Stop a round for an administrator, which the security log tells; None where none runs.

    Raises:
        NotFound: No chat has this id.
        Unavailable: Another process runs it, which doesn't answer for now.
    """
    owner, ended = await services().chat.stops.stop_any(workflow_id, number)
    accounts = services().accounts
    if accounts is not None and ended is not None and ended.status is RoundStatus.STOPPED:
        await accounts.log.add_stop(actor(), owner, workflow_id)
    return ended
