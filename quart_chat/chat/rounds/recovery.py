"""What a process that died has left running is ended by the next one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from quart_chat.chat.models import MessageStatus, Round
from quart_chat.chat.rounds.outcome import INTERRUPTED, end_round
from quart_chat.chat.storage import ChatStorage
from quart_chat.chat.unit_of_work import Committer, UnitOfWork
from quart_chat.errors import RoundEnded
from quart_chat.markdown.rendering import Render, render_html


async def end_interrupted_rounds(
    storage: ChatStorage, committer: Committer, render: Render
) -> None:
    """End all rounds that the database says are running; their text is kept."""
    for round_ in await storage.read(lambda reader: reader.select_running_rounds()):
        await end_interrupted_round(round_, storage, committer, render, lambda: False)


async def end_interrupted_round(
    round_: Round,
    storage: ChatStorage,
    committer: Committer,
    render: Render,
    runs: Callable[[], bool],
) -> Round | None:
    """End a round that is stored as running, unless it has ended since or, after all, ``runs``."""
    ended = None
    try:
        while ended is None and not runs():
            ended = await _end(round_, storage, committer, render, runs)
    except RoundEnded:
        return None
    return ended


async def _end(
    round_: Round,
    storage: ChatStorage,
    committer: Committer,
    render: Render,
    runs: Callable[[], bool],
) -> Round | None:
    """End a round with what it has in flight; None where that has changed meanwhile."""
    messages, logs = await storage.read(lambda reader: reader.select_in_flight(round_.workflow_id))
    interrupted = INTERRUPTED.of(round_, time.time())
    final = [
        replace(
            message,
            html=await render_html(render, message.content, message.citable),
            status=MessageStatus.ERROR,
            updated_at=interrupted.ended_at or message.updated_at,
        )
        for message in messages
    ]
    failed = [replace(log, status=INTERRUPTED.log_status) for log in logs]

    def change(unit: UnitOfWork) -> Round | None:
        unit.check_running(round_)
        unchanged = unit.transaction.select_in_flight(round_.workflow_id) == (messages, logs)
        if runs() or not unchanged:
            return None
        return end_round(unit, interrupted, messages=final, logs=failed)

    return await committer.commit(change)
