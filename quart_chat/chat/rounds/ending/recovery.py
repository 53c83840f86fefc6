"""What a process that died has left running is ended by another, or by the next one.

The text of the answer is what the last checkpoint has of it, and what follows that in the context's
log: where nodes share a broker, the log holds all that any of their readers was shown. A node that
was only frozen may go on to write deltas. So the message first gets another revision, which comes
after some of them in the log: readers show no delta of the old revision after that, and those from
before it belong to the text.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from quart_chat.assistants.protocol import Usage
from quart_chat.chat.models import Log, Message, MessageStatus, Round
from quart_chat.chat.rounds.context import RoundContext
from quart_chat.chat.rounds.ending.outcome import INTERRUPTED, STOPPED, Ending, end_round
from quart_chat.chat.rounds.ending.succession import Succession
from quart_chat.chat.storage import ChatReader
from quart_chat.chat.unit_of_work import UnitOfWork
from quart_chat.errors import LostRound, RoundEnded
from quart_chat.events.log import ContextLog
from quart_chat.markdown.rendering import render_html
from quart_chat.texts import _
from quart_chat.wire import Item

_logger = logging.getLogger(__name__)


async def recover_rounds(context: RoundContext, succession: Succession) -> None:
    """End all rounds that are stored as running and that no node runs; their text is kept.

    Then the rounds of prompts begin that were to be sent by now.
    """
    node_id = context.node.id
    for round_ in await context.storage.read(lambda reader: reader.select_orphaned_rounds(node_id)):
        if await end_orphaned_round(round_, context, succession) is not None:
            _logger.warning(
                "Ended round %d of chat %s, whose process is gone.",
                round_.number,
                round_.workflow_id,
            )
    await succession.begin_due()


async def end_orphaned_round(
    round_: Round,
    context: RoundContext,
    succession: Succession,
    runs: Callable[[], bool] = lambda: False,
) -> Round | None:
    """End a round that is stored as running, unless it has ended since or, after all, ``runs``.

    Returns:
        How it has ended; None where another node that lives runs it, or it has ended before.
    """
    ended = None
    try:
        if context.node.shares:
            await _revise(round_, context)
        while ended is None and not runs():
            ended = await _end(round_, context, succession, runs)
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


async def _revise(round_: Round, context: RoundContext) -> None:
    """Take a round over, and let no reader show more of what its node may still write.

    Raises:
        LostRound: Another node that lives runs it, or it has ended.
    """

    def change(unit: UnitOfWork) -> bool:
        _take_over(round_, unit)
        messages, _ = unit.transaction.select_in_flight(round_.workflow_id)
        for message in messages:
            text = add_deltas(message, message.revision, context.events.log(round_.workflow_id))
            unit.put_message(replace(message, content=text, revision=message.revision + 1))
        return bool(messages)

    if await context.committer.commit(change):
        # Its own event comes back after all that readers were shown before it.
        await context.events.flush()


def _take_over(round_: Round, unit: UnitOfWork) -> None:
    if not unit.transaction.take_over_round(round_, unit.node_id):
        raise LostRound(_("Another server process has taken the answer over."))


async def _end(
    round_: Round, context: RoundContext, succession: Succession, runs: Callable[[], bool]
) -> Round | None:
    """End a round with what it has in flight; None where that has changed meanwhile."""
    found = await context.storage.read(lambda reader: _InFlight.read(reader, round_))
    ending = STOPPED if found.stop_requested else INTERRUPTED
    ended = ending.of(round_, time.time())
    messages = [await _finish(message, ending, ended, context) for message in found.messages]
    logs = [replace(log, status=ending.log_status) for log in found.logs]

    def change(unit: UnitOfWork) -> Round | None:
        _take_over(round_, unit)
        if runs() or _InFlight.read(unit.transaction, round_) != found:
            return None
        usage = messages[0].usage if messages else None
        if usage is None and round_.model:
            # A model may have thought before it wrote.
            usage = Usage(round_.model)
        return end_round(unit, ended, messages, logs, usage)

    return await succession.end(change)


async def _finish(message: Message, ending: Ending, ended: Round, context: RoundContext) -> Message:
    written = message.revision - 1 if context.node.shares else message.revision
    content = add_deltas(message, written, context.events.log(message.workflow_id))
    message = replace(message, content=content)
    return replace(
        message,
        html=await render_html(context.render, message.content, message.citable),
        status=MessageStatus(ending.status),
        updated_at=ended.ended_at or message.updated_at,
    )


def add_deltas(message: Message, revision: int, log: ContextLog | None) -> str:
    """The text of a message with those deltas of a revision that follow it without a hole.

    They are in a log, up to where the message has another revision.
    """
    text = message.content
    for position in range(log.first, log.end) if log is not None else ():
        assert log is not None  # noqa: S101 - there are positions
        event = log[position]
        if event.type == "delta" and event.data["messageId"] == message.id:
            offset, end = event.data["offset"], event.data["offset"] + len(event.data["text"])
            if event.data.get("revision", 0) == revision and offset <= len(text):
                text = text[:offset] + event.data["text"] + text[end:]
        elif event.type == "chatdata" and _revision_of(message, event.data["item"]) > revision:
            break
    return text


def _revision_of(message: Message, item: Item) -> int:
    """The revision that an item gives a message; -1 where it is another item."""
    return item.get("revision", 0) if item.get("id") == message.id else -1
