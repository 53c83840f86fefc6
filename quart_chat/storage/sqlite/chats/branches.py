"""The rounds of a workflow as a tree, and the branch of it that is shown.

Rounds of one parent are versions of each other: a prompt that was edited, an answer that was
written again. A workflow's head is always a leaf, and the way from the first round to it is the
branch that is shown. A round's number is above its parent's: a branch is in the order of numbers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import ClassVar

import orjson

from quart_chat.chat.models import Message, Round, Workflow
from quart_chat.chat.views import MAX_STEPS, BranchPage, Snapshot, Versions
from quart_chat.storage.sqlite.chats.rows import LOG, MESSAGE, ROUND, to_log, to_message, to_round
from quart_chat.storage.sqlite.reads import Reads
from quart_chat.storage.statements import Row

# CROSS JOIN is an order to the planner: from each round to its parent, by the primary key.
_BRANCH = (
    "WITH RECURSIVE branch (number, parent, place) AS ("
    " SELECT number, parent, 1 FROM rounds WHERE workflow_id = ? AND number = ?"
    " UNION ALL SELECT rounds.number, rounds.parent, place + 1 FROM branch CROSS JOIN rounds"
    " WHERE rounds.workflow_id = ? AND rounds.number = branch.parent AND place < ?) "
)
_ALL = 2**31 - 1
"""More rounds than a workflow has."""

_ROUNDS = (
    f"{_BRANCH} SELECT {ROUND} FROM rounds"
    " WHERE workflow_id = ? AND number IN (SELECT number FROM branch) ORDER BY number"
)
_NUMBERS = f"{_BRANCH} SELECT number FROM branch ORDER BY number"
_HISTORY = (
    f"{_BRANCH} SELECT {MESSAGE} FROM messages"
    " WHERE workflow_id = ? AND round_number IN (SELECT number FROM branch) AND content <> ''"
    " ORDER BY round_number DESC, number DESC LIMIT ?"
)
_OF_ROUNDS = (
    "SELECT {} FROM {} WHERE workflow_id = ?"
    " AND round_number IN (SELECT value FROM json_each(?)) ORDER BY round_number, seq"
)
_MESSAGES = _OF_ROUNDS.format(MESSAGE, "messages")
# What a step is part of began before it, so that none is without what it is part of.
_LOGS = (
    f"SELECT {LOG}, steps FROM ("
    f" SELECT {LOG}, count(*) OVER (PARTITION BY round_number) AS steps,"
    " row_number() OVER (PARTITION BY round_number ORDER BY timestamp, rowid) AS place"
    " FROM logs WHERE workflow_id = ?"
    " AND round_number IN (SELECT value FROM json_each(?))) AS placed"
    " WHERE place <= ? ORDER BY round_number, seq"
)
_VERSIONS = (
    "SELECT coalesce(parent, 0), number FROM rounds WHERE workflow_id = ?"
    " AND coalesce(parent, 0) IN (SELECT value FROM json_each(?)) ORDER BY number"
)
_NEWEST_BELOW = (
    "WITH RECURSIVE below (number) AS ("
    " SELECT number FROM rounds WHERE workflow_id = ? AND number = ?"
    " UNION ALL SELECT rounds.number FROM below CROSS JOIN rounds"
    " WHERE rounds.workflow_id = ? AND coalesce(rounds.parent, 0) = below.number)"
    f" SELECT {ROUND} FROM rounds"
    " WHERE workflow_id = ? AND number = (SELECT max(number) FROM below)"
)


class Branches(Reads):
    """Rounds by their place in the tree of a workflow.

    Attributes:
        newest_below: The statement that goes through all that a round leads to.
    """

    newest_below: ClassVar[str] = _NEWEST_BELOW

    def select_shown(self, workflow: Workflow) -> tuple[int, ...]:
        """Read the numbers of the rounds of the branch that is shown, in order."""
        rows = self.statements.fetch(_NUMBERS, (workflow.id, workflow.head or 0, workflow.id, _ALL))
        return tuple(number for (number,) in rows)

    def select_branch(self, workflow: Workflow, last: int | None, limit: int) -> BranchPage:
        """Read the rounds that lead to a round, at most ``limit``; it is the last of them."""
        # One more than asked for tells whether there are earlier ones.
        rows = self.statements.fetch(
            _ROUNDS, (workflow.id, last or 0, workflow.id, limit + 1, workflow.id)
        )
        rounds = [to_round(row) for row in rows[-limit:]]
        numbers = orjson.dumps([round_.number for round_ in rounds]).decode()
        messages = self.statements.fetch(_MESSAGES, (workflow.id, numbers))
        found = self.statements.fetch(_LOGS, (workflow.id, numbers, MAX_STEPS))
        logs = [to_log(row[:-1]) for row in found]
        snapshot = Snapshot(
            workflow,
            0,
            tuple(map(to_message, messages)),
            tuple(logs),
            tuple(rounds),
        )
        versions = self._select_versions(workflow.id, rounds)
        steps = {log.round_number: row[-1] for log, row in zip(logs, found, strict=True)}
        return BranchPage(snapshot, versions, len(rows) > limit, steps)

    def _select_versions(self, workflow_id: str, rounds: Sequence[Round]) -> Versions:
        parents = orjson.dumps([round_.parent or 0 for round_ in rounds]).decode()
        children: defaultdict[int, list[int]] = defaultdict(list)
        for parent, number in self.statements.fetch(_VERSIONS, (workflow_id, parents)):
            children[parent].append(number)
        return {round_.number: tuple(children[round_.parent or 0]) for round_ in rounds}

    def select_history(self, round_: Round, limit: int) -> list[Message]:
        """Read the latest messages before a round, on its own branch, in order."""
        if round_.parent is None:
            return []
        workflow_id = round_.workflow_id
        rows = self.statements.fetch(
            _HISTORY, (workflow_id, round_.parent, workflow_id, limit, workflow_id, limit)
        )
        return [to_message(row) for row in reversed(rows)]

    def select_newest_below(self, workflow_id: str, number: int) -> Round | None:
        """Read the newest round that a round leads to, itself if to none; it is a leaf."""
        row: Row | None = self.statements.fetch_one(
            self.newest_below, (workflow_id, number, workflow_id, workflow_id)
        )
        return None if row is None else to_round(row)
