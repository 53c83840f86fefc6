"""The rounds of a chat as a tree, for a person: read a branch of it, show another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quart_chat.chat.access import (
    check_id,
    check_idle,
    found_round,
    found_workflow,
    no_workflow,
)
from quart_chat.chat.models import Round, RoundStatus, Workflow, WorkflowStatus
from quart_chat.storage.sqlite.branches import BranchPage, select_newest_below

if TYPE_CHECKING:
    from quart_chat.chat.rounds.start import Rounds
    from quart_chat.chat.unit_of_work import Entry
    from quart_chat.storage.sqlite.chats import ChatRepository

BRANCH_PAGE = 30
"""Rounds that are read of a branch at a time."""


class RoundTree:
    """Reads the rounds of a chat, on behalf of a user."""

    def __init__(self, repository: ChatRepository, rounds: Rounds) -> None:
        self._repository = repository
        self._rounds = rounds

    async def round(self, user_id: str, workflow_id: str, number: int) -> Round:
        """Read a round.

        Raises:
            NotFound: There is no such workflow, or no such round in it.
        """
        check_id(workflow_id)
        found_workflow(await self._repository.select_workflow(user_id, workflow_id))
        return found_round(await self._repository.select_round(workflow_id, number))

    async def prompt(self, user_id: str, workflow_id: str, number: int) -> str:
        """Read what a round asks; raises as :meth:`round` does."""
        await self.round(user_id, workflow_id, number)
        return await self._repository.select_text(workflow_id, number, "user")

    async def answer(self, user_id: str, workflow_id: str, number: int) -> str:
        """Read what a round answers, in Markdown; raises as :meth:`round` does."""
        await self.round(user_id, workflow_id, number)
        return await self._repository.select_text(workflow_id, number, "assistant")

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
        """Read the latest rounds of the branch that is shown, with what is in flight.

        Args:
            user_id: Whose chat.
            workflow_id: Which chat.
            before: Read those before this round, and not the latest.
            last: Read those up to this round, on whichever branch it is.
            shown: On the branch that is shown alone: a round of another is not found.
            limit: Rounds to read.
        """
        check_id(workflow_id)
        page = await self._repository.select_branch_page(
            user_id, workflow_id, before=before, last=last, shown=shown, limit=limit
        )
        if page is None:
            raise no_workflow()
        return page.with_snapshot(self._rounds.overlay(page.snapshot))


def show_branch(entry: Entry, workflow: Workflow, number: int) -> dict[str, Any]:
    """What changes of a workflow where the branch to the newest round below one is to be shown.

    Raises:
        NotFound: There is no such round in it.
        RoundRunning: A round of it runs.
    """
    check_idle(workflow)
    leaf = found_round(select_newest_below(entry.statements, workflow.id, number))
    if leaf.number == workflow.head:
        return {}
    failed = leaf.status is RoundStatus.ERROR
    return {
        "head": leaf.number,
        "status": WorkflowStatus.ERROR if failed else WorkflowStatus.IDLE,
    }
