"""What the rounds of a process share, and the times that they may take."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from quart_chat.chat.rounds.recording.checkpoints import Checkpointer
from quart_chat.chat.rounds.recording.statistics import RoundStatistics
from quart_chat.chat.storage import ChatStorage
from quart_chat.chat.unit_of_work import Committer
from quart_chat.cluster.node import Node
from quart_chat.events import StreamingEventManager
from quart_chat.markdown.rendering import Render


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTimeouts:
    """Times of a round, in seconds.

    Attributes:
        checkpoint: Between two checkpoints of a text that is being written.
        stop: How long an assistant may take to stop before it is abandoned.
        close: The same, when the whole service closes.
        known: How long the request that stops a round waits for its end to be stored.
        retry: Before the first new attempt to store what must not be lost; doubled each time,
            up to ``max_retry``.
        max_retry: Before any further attempt.
        look: How long another node may take to stop a round before its lease is looked at.
    """

    checkpoint: float = 0.5
    stop: float = 2.0
    close: float = 1.0
    known: float = 1.0
    retry: float = 0.1
    max_retry: float = 5.0
    look: float = 3.0


@dataclass(frozen=True, slots=True)
class RoundContext:
    """What rounds share.

    Attributes:
        node: This process, which runs them.
        closing: Set once nothing is tried again.
        statistics: How the rounds that have ended went.
        abandoned: Tasks of assistants that did not stop, kept until they end by themselves.
    """

    storage: ChatStorage
    node: Node
    committer: Committer
    checkpointer: Checkpointer
    events: StreamingEventManager
    render: Render
    timeouts: RoundTimeouts
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    abandoned: set[asyncio.Task[object]] = field(default_factory=set)
    statistics: RoundStatistics = field(default_factory=RoundStatistics)

    async def pause(self, seconds: float) -> float:
        """Wait before another attempt, no longer than the service stays open.

        Returns:
            How long to wait before the attempt after that.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(self.closing.wait(), seconds)
        return min(2 * seconds, self.timeouts.max_retry)
