"""What the chats ask of a store, whatever engine keeps it.

A piece of work is a synchronous function. It runs as a whole on the thread of a connection, inside
one transaction: one hop, however many statements it takes. What it raises undoes it, and reaches
the caller. An engine answers None for what is not there; the feature decides what that means.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from quart_chat.chat.models import Log, Message, Round, Share, Workflow
from quart_chat.chat.preferences.storage import PreferenceReader, PreferenceTransaction
from quart_chat.chat.queue.storage import QueueReader, QueueTransaction
from quart_chat.chat.usage.storage import UsageReader, UsageTransaction
from quart_chat.chat.views import BranchPage, FoundPage, ListChanges, Snapshot, WorkflowPage

T = TypeVar("T")

MAX_LIST_CHANGES = 200
"""Changes of a list that are told one by one; past it, reading the list anew costs less."""

CHANGES_AT_ONCE = 25
"""Changes of a list that are read at once."""


@dataclass(frozen=True, slots=True)
class PartBounds:
    """How much is read at once; a part has at least one row in any case.

    Attributes:
        rows: Rows in it.
        bytes: Bytes of text in it, about.
    """

    rows: float
    bytes: float


WHOLE = PartBounds(math.inf, math.inf)
PART = PartBounds(500, 256 * 1024)


class ChatReader(PreferenceReader, QueueReader, UsageReader, Protocol):
    """Reads chats as of one moment."""

    def select_workflow(self, workflow_id: str, user_id: str | None = None) -> Workflow | None:
        """Read a workflow, of the user if one is named; None for a deleted one."""
        ...

    def select_recoverable(self, workflow_id: str, user_id: str) -> Workflow | None:
        """Read a deleted workflow of the user that has not been erased."""
        ...

    def has_workflow(self, workflow_id: str) -> bool:
        """Whether an id is taken, also by a deleted workflow or by another user's."""
        ...

    def select_ids(self, user_id: str, deleted_at: float | None = None) -> list[str]:
        """Read the ids of all workflows of a user, or of those deleted at a moment, by age."""
        ...

    def select_share(self, workflow_id: str) -> Share | None:
        """Read the link of a workflow."""
        ...

    def select_shared(self, token: str) -> Workflow | None:
        """Read the workflow that a link leads to."""
        ...

    def count_running_rounds(self, user_id: str) -> int:
        """Count the rounds of a user that run."""
        ...

    def select_orphaned_rounds(self, node_id: str) -> list[Round]:
        """Read the rounds that are stored as running and that no other node that lives runs."""
        ...

    def runs_elsewhere(self, round_: Round, node_id: str) -> bool:
        """Whether another node that lives runs a round."""
        ...

    def is_stop_requested(self, round_: Round) -> bool:
        """Whether a user has asked another node than the round's own to stop it."""
        ...

    def select_stop_requests(self, node_id: str) -> list[tuple[str, int]]:
        """Read the workflows and numbers of the node's rounds that are to be stopped."""
        ...

    def select_round(self, workflow_id: str, number: int) -> Round | None:
        """Read a round."""
        ...

    def select_requested(self, user_id: str, request_id: str) -> tuple[str, int, int] | None:
        """Read which round of the user a request began: workflow, number, and the seq before it."""
        ...

    def select_prompt(self, workflow_id: str, number: int) -> tuple[str, str | None]:
        """Read what a round asks, and the HTML of it; the round must be there."""
        ...

    def select_text(self, workflow_id: str, number: int, role: str) -> str:
        """Read what was asked or answered in a round, as it was written."""
        ...

    def select_in_flight(self, workflow_id: str) -> tuple[list[Message], list[Log]]:
        """Read what a running round has not ended."""
        ...

    def select_history(self, round_: Round, limit: int) -> list[Message]:
        """Read the latest messages before a round, on its own branch, in order."""
        ...

    def select_shown(self, workflow: Workflow) -> tuple[int, ...]:
        """Read the numbers of the rounds of the branch that is shown, in order."""
        ...

    def select_branch(self, workflow: Workflow, last: int | None, limit: int) -> BranchPage:
        """Read the rounds that lead to a round, at most ``limit``; it is the last of them."""
        ...

    def select_newest_below(self, workflow_id: str, number: int) -> Round | None:
        """Read the newest round that a round leads to, itself if to none; it is a leaf."""
        ...

    def select_snapshot(
        self, user_id: str, workflow_id: str, since: int, bounds: PartBounds = WHOLE
    ) -> Snapshot | None:
        """Read what has changed after ``since``, up to some bounds, and what is in flight.

        Where the bounds end it, nothing that is in flight is in it.
        """
        ...

    def select_page(self, user_id: str, *, before: str | None, limit: int) -> WorkflowPage:
        """Read a page of a list: pinned workflows first, then the latest first."""
        ...

    def select_found(
        self, user_id: str, words: Sequence[str], *, before: str | None, limit: int
    ) -> FoundPage:
        """Read a page of the workflows that have each word in their title or in a message.

        A word is also found where another begins with it.
        """
        ...

    def select_changes(self, user_id: str, since: int) -> ListChanges:
        """Read the first changes after a version of a list, of chats and of documents."""
        ...

    def select_oldest_deletion(self) -> float | None:
        """Read when the first of all workflows that can still be restored was deleted."""
        ...


class ChatTransaction(
    ChatReader, PreferenceTransaction, QueueTransaction, UsageTransaction, Protocol
):
    """Reads and changes chats; nothing is emitted here.

    See :class:`quart_chat.chat.unit_of_work.UnitOfWork`, which gives what it stores a seq.
    """

    def next_seq(self, workflow_id: str) -> int:
        """Count a change of a workflow."""
        ...

    def next_list_seq(self, user_id: str, now: float) -> int:
        """Count a change of a user's list; makes the user known where there are no accounts.

        Raises:
            Unauthenticated: The user was erased.
        """
        ...

    def require_user(self, user_id: str) -> None:
        """Refuse to begin what the erasure of a deleted user would have to end.

        Raises:
            Unauthenticated: The user was deleted.
        """
        ...

    def has_documents(self, user_id: str) -> bool:
        """Whether a user has documents that can be searched."""
        ...

    def next_round_number(self, workflow_id: str) -> int:
        """Number the next round of a workflow."""
        ...

    def upsert_workflow(self, workflow: Workflow) -> None:
        """Store a workflow."""
        ...

    def upsert_message(self, message: Message) -> None:
        """Store a message."""
        ...

    def upsert_log(self, log: Log) -> None:
        """Store a step."""
        ...

    def insert_round(
        self, round_: Round, request_id: str | None = None, node_id: str | None = None
    ) -> None:
        """Store a round that begins, with the request that began it and the node that runs it."""
        ...

    def owns_round(self, round_: Round, node_id: str) -> bool:
        """Whether a round runs, and on this node; it stays so to the end of the transaction."""
        ...

    def take_over_round(self, round_: Round, node_id: str) -> bool:
        """Give a node a round that no other node that lives runs; False where it can't have it.

        A node whose own lease has run out can't tell who lives, and gets none.
        """
        ...

    def request_stop(self, round_: Round, now: float) -> bool:
        """Ask the node that runs a round to stop it; False where the round does not run."""
        ...

    def end_round(self, round_: Round) -> bool:
        """Store how a round has ended; False where it does not run, and nothing is changed."""
        ...

    def update_text_in_flight(self, message: Message) -> None:
        """Checkpoint the text of an answer that is still being written."""
        ...

    def update_progress(self, log: Log) -> None:
        """Checkpoint the progress of a step that still runs."""
        ...

    def insert_share(self, share: Share) -> None:
        """Store a link."""
        ...

    def delete_share(self, workflow_id: str) -> Share | None:
        """Delete a workflow's link, and return what it was."""
        ...

    def delete_contents(self, workflow_id: str) -> None:
        """Delete all that a workflow holds; its own row stays."""
        ...

    def erase_deleted(self, due: float) -> None:
        """Erase what was deleted up to a moment; of its row stays what readers of the list need."""
        ...


class ChatStorage(Protocol):
    """Runs work on the chats of all users.

    All three raise DatabaseUnavailable where the store can't be used, with the reason.
    """

    async def read(self, work: Callable[[ChatReader], T]) -> T:
        """Read as of one moment."""
        ...

    async def search(self, work: Callable[[ChatReader], T], seconds: float) -> T:
        """Read what may take long; it is broken off where its caller is cancelled.

        Raises:
            SearchTooBroad: It takes more than so many seconds, those included that it waits.
        """
        ...

    async def write(
        self,
        change: Callable[[ChatTransaction], T],
        committed: Callable[[T], Awaitable[None]] | None = None,
        ready: Callable[[], None] | None = None,
    ) -> T:
        """Run ``change`` as a transaction, then ``committed`` before that of any later one.

        Changes that wait at the same time may be committed together, and tried again if that fails.
        So ``change`` changes nothing but the store, and needs nothing that the ``committed`` of
        another does. ``ready`` is called once, on the event loop, when it is the change's turn.
        """
        ...
