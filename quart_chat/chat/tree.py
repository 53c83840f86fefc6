"""The rounds of a chat as a tree, for a person: read a branch of it, show another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from quart_chat.chat.access import (
    check_id,
    check_idle,
    found_round,
    found_workflow,
)
from quart_chat.chat.models import Round, RoundStatus, Workflow, WorkflowStatus
from quart_chat.chat.rounds.start import Rounds
from quart_chat.chat.storage import ChatReader, ChatStorage
from quart_chat.chat.unit_of_work import UnitOfWork
from quart_chat.chat.views import BranchPage

BRANCH_PAGE = 30
"""Rounds that are read of a branch at a time."""


class RoundTree:
    """Reads the rounds of a chat, on behalf of a user."""

    def __init__(self, storage: ChatStorage, rounds: Rounds) -> None:
        self._storage = storage
        self._rounds = rounds

    async def round(self, user_id: str, workflow_id: str, number: int) -> Round:
        """Read a round.

        Raises:
            NotFound: There is no such workflow, or no such round in it.
        """
        check_id(workflow_id)

        def read(reader: ChatReader) -> Round:
            found_workflow(reader.select_workflow(workflow_id, user_id))
            return found_round(reader.select_round(workflow_id, number))

        return await self._storage.read(read)

    async def prompt(self, user_id: str, workflow_id: str, number: int) -> str:
        """Read what a round asks; raises as :meth:`round` does."""
        return await self._text(user_id, workflow_id, number, "user")

    async def answer(self, user_id: str, workflow_id: str, number: int) -> str:
        """Read what a round answers, in Markdown; raises as :meth:`round` does."""
        return await self._text(user_id, workflow_id, number, "assistant")

    async def _text(self, user_id: str, workflow_id: str, number: int, role: str) -> str:
        await self.round(user_id, workflow_id, number)
        return await self._storage.read(
            lambda reader: reader.select_text(workflow_id, number, role)
        )

    async def branch(
        self,
        user_id: str,
        workflow_id: str,
        *,
        before: int | None = None,
        last: int | None = None,
        shown: bool = False,
        limit: int = BRANCH_PAGE,
    ) -> BranchPage:
        """Read the latest rounds of the branch that is shown, with what is in flight and queued.

        Args:
            user_id: Whose chat.
            workflow_id: Which chat.
            before: Read those before this round, and not the latest.
            last: Read those up to this round, on whichever branch it is.
            shown: On the branch that is shown alone: a round of another is not found, and what is
                queued is left out.
            limit: Rounds to read.
        """
        check_id(workflow_id)

        def read(reader: ChatReader) -> BranchPage:
            workflow = found_workflow(reader.select_workflow(workflow_id, user_id))
            end = workflow.head
            if before is not None:
                end = found_round(reader.select_round(workflow_id, before)).parent
            elif last is not None:
                hidden = shown and last not in reader.select_shown(workflow)
                end = found_round(None if hidden else reader.select_round(workflow_id, last)).number
            found = reader.select_branch(workflow, end, limit)
            return found if shown else replace(found, queue=reader.select_queue(workflow_id))

        page = await self._storage.read(read)
        return page.with_snapshot(self._rounds.overlay(page.snapshot))


def show_branch(unit: UnitOfWork, workflow: Workflow, number: int) -> dict[str, Any]:
    """What changes of a workflow where the branch to the newest round below one is to be shown.

    Raises:
        NotFound: There is no such round in it.
        RoundRunning: A round of it runs.
    """
    check_idle(workflow)
    leaf = found_round(unit.transaction.select_newest_below(workflow.id, number))
    if leaf.number == workflow.head:
        return {}
    failed = leaf.status is RoundStatus.ERROR
    return {
        "head": leaf.number,
        "status": WorkflowStatus.ERROR if failed else WorkflowStatus.IDLE,
    }
