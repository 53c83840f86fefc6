"""What a process that died has left running is ended by the next one."""

from __future__ import annotations

import time
from dataclasses import replace

from quart_chat.chat.ending import INTERRUPTED, end_round
from quart_chat.chat.journal import Journal
from quart_chat.chat.models import MessageStatus, Round
from quart_chat.chat.repository import ChatRepository
from quart_chat.chat.text import Render, render_html


async def end_interrupted_rounds(
    repository: ChatRepository, journal: Journal, render: Render
) -> None:
    """End all rounds that the database says are running; their text is kept."""
    for round_ in await repository.select_running_rounds():
        await _end(round_, repository, journal, render)


async def _end(round_: Round, repository: ChatRepository, journal: Journal, render: Render) -> None:
    messages, logs = await repository.select_in_flight(round_.workflow_id)
    now = time.time()
    final = [
        replace(
            message,
            html=await render_html(render, message.content, message.sources or None),
            status=MessageStatus.ERROR,
            updated_at=now,
        )
        for message in messages
    ]
    ended = [replace(log, status=INTERRUPTED.log_status) for log in logs]
    await journal.commit(
        lambda entry: end_round(entry, round_, INTERRUPTED, now, messages=final, logs=ended)
    )
