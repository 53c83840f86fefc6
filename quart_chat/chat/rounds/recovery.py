"""What a process that died has left running is ended by another, or by the next one.

The text of the answer is what the last checkpoint has of it, and what follows that in the context's
log: where nodes share a broker, the log holds all that any of their readers was shown.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from quart_chat.chat.models import Log, Message, MessageStatus, Round
from quart_chat.chat.rounds.outcome import INTERRUPTED, STOPPED, Ending, end_round
from quart_chat.chat.rounds.recording import RoundContext
from quart_chat.chat.storage import ChatReader
from quart_chat.chat.unit_of_work import UnitOfWork
from quart_chat.errors import LostRound, RoundEnded
from quart_chat.events.log import ContextLog
from quart_chat.markdown.rendering import render_html
from quart_chat.texts import _

_logger = logging.getLogger(__name__)


async def end_orphaned_rounds(context: RoundContext) -> None:
    """End all rounds that are stored as running and that no node runs; their text is kept."""
    node_id = context.node.id
    for round_ in await context.storage.read(lambda reader: reader.select_orphaned_rounds(node_id)):
        if await end_orphaned_round(round_, context) is not None:
            _logger.warning(
                "Ended round %d of chat %s, whose process is gone.",
                round_.number,
                round_.workflow_id,
            )


async def end_orphaned_round(
    round_: Round, context: RoundContext, runs: Callable[[], bool] = lambda: False
) -> Round | None:
    """End a round that is stored as running, unless it has ended since or, after all, ``runs``.

    Returns:
        How it has ended; None where another node that lives runs it, or it has ended before.
    """
    ended = None
    try:
        while ended is None and not runs():
            ended = await _end(round_, context, runs)
    except RoundEnded:
        return None
    return ended


@dataclass(frozen=True, slots=True)
class _InFlight:
    """What the store holds of a round that it says is running."""

    messages: list[Message]
    logs: list[Log]
    stop_requested: bool

    @classmethod
    def read(cls, reader: ChatReader, round_: Round) -> _InFlight:
        stop_requested = reader.is_stop_requested(round_)
        return cls(*reader.select_in_flight(round_.workflow_id), stop_requested)


async def _end(round_: Round, context: RoundContext, runs: Callable[[], bool]) -> Round | None:
    """End a round with what it has in flight; None where that has changed meanwhile."""
    found = await context.storage.read(lambda reader: _InFlight.read(reader, round_))
    ending = STOPPED if found.stop_requested else INTERRUPTED
    ended = ending.of(round_, time.time())
    messages = [await _finish(message, ending, ended, context) for message in found.messages]
    logs = [replace(log, status=ending.log_status) for log in found.logs]

    def change(unit: UnitOfWork) -> Round | None:
        if not unit.transaction.take_over_round(round_, unit.node_id):
            raise LostRound(_("Another server process has taken the answer over."))
        if runs() or _InFlight.read(unit.transaction, round_) != found:
            return None
        return end_round(unit, ended, messages=messages, logs=logs)

    return await context.committer.commit(change)


async def _finish(message: Message, ending: Ending, ended: Round, context: RoundContext) -> Message:
    log = context.events.log(message.workflow_id)
    if log is not None:
        message = replace(message, content=add_deltas(message, log))
    return replace(
        message,
        html=await render_html(context.render, message.content, message.citable),
        status=MessageStatus(ending.status),
        updated_at=ended.ended_at or message.updated_at,
    )


def add_deltas(message: Message, log: ContextLog) -> str:
    """The text of a message with the deltas of a log that follow it without a hole."""
    text = message.content
    for position in range(log.first, log.end):
        event = log[position]
        delta = event.data
        if event.type != "delta" or delta["messageId"] != message.id:
            continue
        offset, end = delta["offset"], delta["offset"] + len(delta["text"])
        if delta.get("revision", 0) == message.revision and offset <= len(text):
            text = text[:offset] + delta["text"] + text[end:]
    return text
