"""What a running round has so far, in memory: exact at any moment, where the database lags."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import replace
from uuid import uuid4

from quart_chat.assistants.protocol import InvalidOutput, Source, Step, Usage
from quart_chat.chat.models import Log, Message, MessageStatus, Round
from quart_chat.chat.rounds.factories import new_answer
from quart_chat.chat.views import Snapshot
from quart_chat.plaintext import clean

LOG_TYPES = frozenset({"info", "warning", "error", "progress", "reasoning"})
LOG_STATUSES = frozenset({"running", "completed", "failed"})

MAX_DEPTH = 4
"""Levels of steps in steps. What would be deeper stands beside what it is part of."""


class Answer:
    """The answer of one round as it grows.

    Attributes:
        message: The answer as it was begun, without its text; None before the first of it.
        length: Characters of its text.
        sources: What it rests on.
        citations_verified: Whether its ``[n]`` are to lead there.
        usage: What it has taken.
        unstored: What is not known to be committed as it is, in order: the keys of steps, and
            None for the message, without what its text gains.
    """

    def __init__(self, round_: Round) -> None:
        self.message: Message | None = None
        self.length = 0
        self.sources: tuple[Source, ...] = ()
        self.citations_verified = False
        self.usage: Usage | None = None
        self.unstored: dict[str | None, None] = {}
        self._round = round_
        self._pieces: list[str] = []
        self._logs: dict[str, Log] = {}
        self._began: dict[str, float] = {}
        self._depths: dict[str, int] = {}

    @property
    def text(self) -> str:
        text = "".join(self._pieces)
        self._pieces = [text]
        return text

    def append(self, text: str) -> int:
        """Add to the text, and return where in it that begins."""
        if self.message is None:
            self.message = replace(
                new_answer(self._round),
                sources=self.sources,
                citations_verified=self.citations_verified,
                usage=self.usage,
            )
            self.unstored[None] = None
        offset = self.length
        self._pieces.append(text)
        self.length += len(text)
        return offset

    def rewrite(self, text: str) -> None:
        """Put a text in the place of all so far."""
        assert self.message is not None  # noqa: S101 - there is a text to replace
        self.message = replace(self.message, revision=self.message.revision + 1)
        self._pieces, self.length = [text], len(text)
        self.unstored[None] = None

    @property
    def is_begun(self) -> bool:
        """Whether it is stored that there is a text, and which revision it has."""
        return self.message is not None and None not in self.unstored

    def _as_begun(self) -> Message | None:
        """The message to store first: without its text, or with one that was begun anew."""
        if self.message is None or not self.message.revision:
            return self.message
        return self.checkpoint()

    def checkpoint(self) -> Message | None:
        """The message with its text so far."""
        if self.message is None:
            return None
        return replace(
            self.message,
            content=self.text,
            updated_at=time.time(),
            sources=self.sources,
            citations_verified=self.citations_verified,
            usage=self.usage,
        )

    def log(self, key: str) -> Log | None:
        """The step under a key."""
        return self._logs.get(key)

    def take(self, step: Step) -> Log:
        """Begin or update a step.

        Raises:
            InvalidOutput: It has a value that there is none of, or is part of an unknown step.
        """
        _check(step)
        now = time.monotonic()
        known = self._logs.get(step.key)
        parent_id = self._parent_id(step) if known is None else known.parent_id
        began = self._began.setdefault(step.key, now)
        log = Log(
            id=uuid4().hex if known is None else known.id,
            workflow_id=self._round.workflow_id,
            round_number=self._round.number,
            message=clean(step.message),
            type=step.type,
            status=step.status,
            progress=_fraction(step.progress),
            timestamp=time.time() if known is None else known.timestamp,
            duration_ms=None if step.status == "running" else (now - began) * 1000,
            seq=0,
            parent_id=parent_id,
        )
        self._logs[step.key] = log
        return log

    def _parent_id(self, step: Step) -> str | None:
        """The id of the step that a new one is part of, or of the one above that."""
        if step.parent is None:
            return None
        parent = self._logs.get(step.parent)
        if parent is None:
            raise InvalidOutput(f"{step}: there is no step {step.parent!r} that it is part of")
        depth = self._depths.get(step.parent, 1)
        self._depths[step.key] = min(depth + 1, MAX_DEPTH)
        return parent.id if depth < MAX_DEPTH else parent.parent_id

    def end_logs(self, status: str) -> list[Log]:
        """End the steps that still run; with them come those that may not be stored yet."""
        now = time.monotonic()
        for key, log in self._logs.items():
            if log.status == "running":
                duration = (now - self._began[key]) * 1000
                self._logs[key] = replace(log, status=status, duration_ms=duration)
                self.unstored[key] = None
        return [item for item in self.unstored_items() if isinstance(item, Log)]

    def unstored_items(self) -> list[Message | Log]:
        """What is not known to be committed, in order: steps, and the message as it is begun."""
        items = (self._as_begun() if key is None else self._logs[key] for key in self.unstored)
        return [item for item in items if item is not None]

    def stored(self, items: Iterable[Message | Log]) -> None:
        """These are committed as they were then."""
        committed = {item.id: item for item in items}
        for key in list(self.unstored):
            item = self.message if key is None else self._logs[key]
            known = committed.get(item.id) if item is not None else None
            if known is not None and _are_alike(known, item):
                del self.unstored[key]

    def overlay(self, snapshot: Snapshot) -> Snapshot:
        """Put what is in memory over what the database holds of the same, still in flight."""
        progress = {log.id: log.progress for log in self._logs.values()}
        return replace(
            snapshot,
            messages=tuple(
                replace(message, content=self.text, revision=self.message.revision)
                if self.message is not None
                and message.id == self.message.id
                and message.status is MessageStatus.STREAMING
                else message
                for message in snapshot.messages
            ),
            logs=tuple(
                replace(log, progress=progress.get(log.id, log.progress))
                if log.status == "running"
                else log
                for log in snapshot.logs
            ),
        )


def _are_alike(known: Message | Log, item: Message | Log | None) -> bool:
    """Whether what was stored is what there is, up to a text or a progress that has gone on."""
    if known is item:
        return True
    if isinstance(known, Message):
        return isinstance(item, Message) and known.revision == item.revision
    return isinstance(item, Log) and replace(known, progress=item.progress) == item


def _check(step: Step) -> None:
    if (
        step.type not in LOG_TYPES
        or step.status not in LOG_STATUSES
        or not isinstance(step.key, str)
        or not isinstance(step.message, str)
        or not isinstance(step.progress, int | float | None)
    ):
        raise InvalidOutput(f"{step} is not a valid step")


def _fraction(progress: float | None) -> float | None:
    if progress is None or not math.isfinite(progress):
        return None
    return min(1.0, max(0.0, float(progress)))
