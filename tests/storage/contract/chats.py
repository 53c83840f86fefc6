"""Chats, written through the contract alone."""

from __future__ import annotations

from dataclasses import replace

from quart_chat.chat.models import (
    Log,
    Message,
    MessageStatus,
    Round,
    RoundStatus,
    Workflow,
    WorkflowStatus,
)
from quart_chat.chat.rounds.factories import new_round, new_workflow
from quart_chat.chat.storage import ChatTransaction

USER = "ada"


def put_workflow(tx: ChatTransaction, workflow: Workflow, **changes: object) -> Workflow:
    """Store a workflow as its next version."""
    list_seq = tx.next_list_seq(workflow.user_id, workflow.created_at)
    seq = workflow.seq + 1
    changed = replace(workflow, seq=seq, item_seq=seq, list_seq=list_seq, **changes)  # type: ignore[arg-type]  # fields
    tx.upsert_workflow(changed)
    return changed


def begin_workflow(tx: ChatTransaction, title: str = "Title", user: str = USER) -> Workflow:
    return put_workflow(tx, new_workflow(user, title, 1.0))


def begin_round(
    tx: ChatTransaction,
    workflow: Workflow,
    *,
    parent: int | None = None,
    request_id: str | None = None,
) -> Round:
    """Begin a round, which is then the head of its workflow."""
    round_ = new_round(
        workflow.id, tx.next_round_number(workflow.id), "scripted", 1.0, parent=parent
    )
    stored = tx.select_workflow(workflow.id)
    assert stored is not None
    put_workflow(tx, stored, head=round_.number, status=WorkflowStatus.RUNNING)
    tx.insert_round(round_, request_id)
    return round_


def put_message(
    tx: ChatTransaction,
    round_: Round,
    role: str,
    content: str,
    status: MessageStatus = MessageStatus.COMPLETE,
) -> Message:
    message = Message(
        id=f"{round_.workflow_id[:8]}{round_.number:020}{role:>4.4}",
        workflow_id=round_.workflow_id,
        round_number=round_.number,
        parent_round=round_.parent,
        role=role,
        content=content,
        html=None,
        status=status,
        assistant="scripted" if role == "assistant" else None,
        sources=(),
        created_at=1.0,
        updated_at=1.0,
        seq=tx.next_seq(round_.workflow_id),
    )
    tx.upsert_message(message)
    return message


def put_log(tx: ChatTransaction, round_: Round, message: str, status: str = "completed") -> Log:
    log = Log(
        id=f"{round_.workflow_id[:8]}{round_.number:012}{message:>12.12}",
        workflow_id=round_.workflow_id,
        round_number=round_.number,
        message=message,
        type="info",
        status=status,
        progress=None,
        timestamp=1.0,
        duration_ms=None,
        seq=tx.next_seq(round_.workflow_id),
        parent_id=None,
    )
    tx.upsert_log(log)
    return log


def end_round(tx: ChatTransaction, round_: Round) -> Round:
    ended = replace(
        round_,
        status=RoundStatus.COMPLETE,
        message="Done.",
        ended_at=2.0,
        seq=tx.next_seq(round_.workflow_id),
    )
    assert tx.end_round(ended)
    return ended


def answered(tx: ChatTransaction, *prompts: str, user: str = USER) -> Workflow:
    """A chat of one branch in which each prompt is answered."""
    workflow, parent = begin_workflow(tx, prompts[0], user), None
    for prompt in prompts:
        round_ = begin_round(tx, workflow, parent=parent)
        put_message(tx, round_, "user", prompt)
        put_message(tx, round_, "assistant", f"About {prompt}")
        end_round(tx, round_)
        parent = round_.number
    stored = tx.select_workflow(workflow.id)
    assert stored is not None
    return put_workflow(tx, stored, status=WorkflowStatus.IDLE)
