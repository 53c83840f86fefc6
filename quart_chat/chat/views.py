"""What is read at one moment: a chat's snapshot, a page of the list, what a search found."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from quart_chat.chat.models import Log, Message, Round, RoundStatus, Workflow
from quart_chat.chat.queue.prompts import QueuedPrompt
from quart_chat.wire import Item

MAX_STEPS = 200
"""Steps of a round that are read of it, from the first on."""

Versions = dict[int, tuple[int, ...]]
"""Of a round, by its number: it and all rounds with the same parent, in order."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A workflow as of one moment: what has changed after ``since``, and all that is in flight.

    Attributes:
        workflow: The conversation; its ``seq`` is the moment.
        since: The seq it was read from; 0 where the asked-for one is ahead of the database.
        rounds: Those that ended after ``since``, and the running one.
        part_end: The seq that it goes up to where that is a part of it, which has nothing that is
            in flight; None where it is all.
        queue: The queued prompts that have changed.
    """

    workflow: Workflow
    since: int
    messages: tuple[Message, ...]
    logs: tuple[Log, ...]
    rounds: tuple[Round, ...]
    part_end: int | None = None
    queue: tuple[QueuedPrompt, ...] = ()

    @property
    def seq(self) -> int:
        return self.workflow.seq

    @property
    def end(self) -> int:
        """The seq that a reader has once it has this."""
        return self.seq if self.part_end is None else self.part_end

    @property
    def running_round(self) -> int | None:
        """The number of the running round."""
        numbers = [r.number for r in self.rounds if r.status is RoundStatus.RUNNING]
        return numbers[0] if numbers else None

    @property
    def running(self) -> bool:
        return self.running_round is not None

    def of_rounds(self, numbers: Collection[int]) -> Snapshot:
        """What of it belongs to some of the rounds, and the workflow; nothing of the queue."""
        return replace(
            self,
            messages=tuple(m for m in self.messages if m.round_number in numbers),
            logs=tuple(log for log in self.logs if log.round_number in numbers),
            rounds=tuple(r for r in self.rounds if r.number in numbers),
            queue=(),
        )

    @property
    def items(self) -> list[tuple[int, Item]]:
        """All of it as chatData, in the order of seqs.

        A seq that is not above ``since`` is that of an item in flight, which is always there.
        """
        entries = [(message.seq, message.to_chat_data()) for message in self.messages]
        entries += [(log.seq, log.to_chat_data()) for log in self.logs]
        entries += [(prompt.seq, prompt.to_chat_data()) for prompt in self.queue]
        entries += [(r.seq, r.to_chat_data()) for r in self.rounds if r.seq is not None]
        if self.since < self.workflow.item_seq <= self.end:
            entries.append((self.workflow.item_seq, self.workflow.to_chat_data()))
        return sorted(entries, key=lambda unit: unit[0])


@dataclass(frozen=True, slots=True)
class BranchPage:
    """Successive rounds of a branch with all they hold, as of one moment.

    Attributes:
        snapshot: The workflow, and what the rounds hold.
        versions: The versions of each of the rounds.
        more: Whether the branch has rounds before these.
        steps: How many steps each of the rounds has, those included that were not read.
        queue: The prompts that wait.
    """

    snapshot: Snapshot
    versions: Versions
    more: bool
    steps: Mapping[int, int]
    queue: tuple[QueuedPrompt, ...] = ()

    @property
    def workflow(self) -> Workflow:
        return self.snapshot.workflow

    def with_snapshot(self, snapshot: Snapshot) -> BranchPage:
        return replace(self, snapshot=snapshot)


@dataclass(frozen=True, slots=True)
class WorkflowPage:
    """A page of a person's list; ``next`` asks for the one after it.

    Attributes:
        list_seq: The version of the whole list at the same moment.
    """

    workflows: tuple[Workflow, ...]
    next: str | None
    list_seq: int


@dataclass(frozen=True, slots=True)
class TextPart:
    """A piece of a text in which something was found: a hit, or what is beside one."""

    text: str
    hit: bool

    def to_item(self) -> Item:
        return {"text": self.text, "hit": self.hit}


@dataclass(frozen=True, slots=True)
class FoundWorkflow:
    """A workflow that a search found.

    Attributes:
        snippet: Of the message that fits best, if one does.
        round: The number of that message's round.
    """

    workflow: Workflow
    title: tuple[TextPart, ...]
    snippet: tuple[TextPart, ...]
    round: int | None

    def to_item(self) -> Item:
        match = {
            "title": [part.to_item() for part in self.title],
            "snippet": [part.to_item() for part in self.snippet],
            "round": self.round,
        }
        return {**self.workflow.to_item(), "match": match}


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A page of what a search found, in the order of the list."""

    found: tuple[FoundWorkflow, ...]
    next: str | None


class ListEntry(Protocol):
    """What a list has entries of: chats and documents.

    Attributes:
        list_seq: The version of the list that its latest change has made.
    """

    @property
    def list_seq(self) -> int: ...

    def to_chat_data(self) -> Item:
        """What clients are shown of it."""
        ...


@dataclass(frozen=True, slots=True)
class ListChanges:
    """What has changed in a person's list after ``since``, deleted entries included.

    Where so much has changed, or ``since`` is ahead, that it can't be said, ``entries`` is None.

    Attributes:
        list_seq: The version of the list that a reader has with them.
        more: Whether there are later ones.
        reading: Where there are none: the documents that are being read, each with the version of
            the list since which it is.
    """

    entries: tuple[ListEntry, ...] | None
    list_seq: int
    more: bool = False
    reading: Mapping[str, int] = field(default_factory=dict)
