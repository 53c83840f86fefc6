"""What a process that died has left running is ended by the next one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from quart_chat.chat.ending import INTERRUPTED, end_round
from quart_chat.chat.journal import Entry, Journal
from quart_chat.chat.models import MessageStatus, Round
from quart_chat.chat.repository import ChatRepository
from quart_chat.chat.text import Render, render_html
from quart_chat.errors import RoundEnded


async def end_interrupted_rounds(
    repository: ChatRepository, journal: Journal, render: Render
) -> None:
    """End all rounds that the database says are running; their text is kept."""
    for round_ in await repository.select_running_rounds():
        await end_interrupted_round(round_, repository, journal, render, lambda: False)


async def end_interrupted_round(
    round_: Round,
    repository: ChatRepository,
    journal: Journal,
    render: Render,
    runs: Callable[[], bool],
) -> Round | None:
    """End a round that is stored as running, unless it has ended since or, after all, ``runs``."""
    messages, logs = await repository.select_in_flight(round_.workflow_id)
    now = time.time()
    final = [
        replace(
            message,
            html=await render_html(render, message.content, message.citable),
            status=MessageStatus.ERROR,
            updated_at=now,
        )
        for message in messages
    ]
    ended = [replace(log, status=INTERRUPTED.log_status) for log in logs]

    def change(entry: Entry) -> Round | None:
        if runs():
            return None
        interrupted = INTERRUPTED.of(round_, now)
        return end_round(entry, interrupted, messages=final, logs=ended)

    try:
        return await journal.commit(change)
    except RoundEnded:
        return None
