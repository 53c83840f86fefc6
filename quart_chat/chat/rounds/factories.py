"""New workflows, rounds and messages as they begin, before a transaction gives them a seq."""

from __future__ import annotations

import time
from uuid import uuid4

from quart_chat.chat.models import (
    Message,
    MessageStatus,
    Round,
    RoundStatus,
    TitleSource,
    Workflow,
    WorkflowStatus,
)


def new_workflow(user_id: str, title: str, now: float) -> Workflow:
    """A workflow without a round."""
    return Workflow(
        id=uuid4().hex,
        user_id=user_id,
        title=title,
        status=WorkflowStatus.IDLE,
        pinned=False,
        seq=0,
        item_seq=0,
        list_seq=0,
        created_at=now,
        updated_at=now,
        titled_by=TitleSource.PROMPT,
    )


def new_round(
    workflow_id: str,
    number: int,
    assistant: str,
    now: float,
    *,
    parent: int | None = None,
    model: str | None = None,
    document_ids: tuple[str, ...] = (),
) -> Round:
    """A round that has just begun."""
    return Round(
        workflow_id=workflow_id,
        number=number,
        parent=parent,
        status=RoundStatus.RUNNING,
        assistant=assistant,
        message=None,
        code=None,
        started_at=now,
        ended_at=None,
        seq=None,
        model=model,
        document_ids=document_ids,
    )


def new_prompt(round_: Round, prompt: str, html: str | None, now: float) -> Message:
    """What the person has written, final at once."""
    return Message(
        id=uuid4().hex,
        workflow_id=round_.workflow_id,
        round_number=round_.number,
        parent_round=round_.parent,
        role="user",
        content=prompt,
        html=html,
        status=MessageStatus.COMPLETE,
        assistant=None,
        sources=(),
        created_at=now,
        updated_at=now,
        seq=0,
    )


def new_answer(round_: Round) -> Message:
    """An answer before the first of its text."""
    now = time.time()
    return Message(
        id=uuid4().hex,
        workflow_id=round_.workflow_id,
        round_number=round_.number,
        parent_round=round_.parent,
        role="assistant",
        content="",
        html=None,
        status=MessageStatus.STREAMING,
        assistant=round_.assistant,
        sources=(),
        created_at=now,
        updated_at=now,
        seq=0,
    )
