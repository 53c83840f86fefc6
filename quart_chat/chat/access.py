"""What a user may read: another user's is NotFound, just as what does not exist."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from quart_chat.chat.models import Round, Workflow, WorkflowStatus
from quart_chat.chat.queue.prompts import PromptStatus, QueuedPrompt
from quart_chat.errors import NotFound, PromptSent, RoundRunning
from quart_chat.texts import _

if TYPE_CHECKING:
    from quart_chat.chat.unit_of_work import UnitOfWork

_ID = re.compile(r"[0-9a-f]{32}")


def check_id(workflow_id: Any) -> None:
    """Refuse what can't be the id of a workflow."""
    if not isinstance(workflow_id, str) or _ID.fullmatch(workflow_id) is None:
        raise no_workflow()


def no_workflow() -> NotFound:
    return NotFound(_("There is no such chat."))


def found_workflow(workflow: Workflow | None) -> Workflow:
    if workflow is None:
        raise no_workflow()
    return workflow


def found_queued_prompt(prompt: QueuedPrompt | None) -> QueuedPrompt:
    """Return a prompt that waits; refuse one that was sent, removed or never queued."""
    if prompt is not None and prompt.status is PromptStatus.SENT:
        raise PromptSent(_("The question has already been sent."))
    if prompt is None or not prompt.waits:
        raise NotFound(_("The question is not in the queue. It may have been removed."))
    return prompt


def found_round(round_: Round | None) -> Round:
    if round_ is None:
        raise NotFound(_("There is no such round in this chat."))
    return round_


def get_workflow(unit: UnitOfWork, user_id: str, workflow_id: str) -> Workflow:
    """Read a workflow inside a transaction."""
    return found_workflow(unit.transaction.select_workflow(workflow_id, user_id))


def get_idle_workflow(unit: UnitOfWork, user_id: str, workflow_id: str) -> Workflow:
    """The same, for what can't be done while a round runs."""
    workflow = get_workflow(unit, user_id, workflow_id)
    check_idle(workflow)
    return workflow


def check_idle(workflow: Workflow) -> None:
    """Refuse what can't be done while a round runs."""
    if workflow.status is WorkflowStatus.RUNNING:
        raise RoundRunning(_("The chat is still answering. Wait for it, or stop it first."))
