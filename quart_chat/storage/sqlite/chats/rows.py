"""Rows of the database as models, and back. Each list of columns is in the order of its fields."""

from __future__ import annotations

from dataclasses import fields, replace
from operator import attrgetter
from typing import Any

import orjson

from quart_chat.assistants.parameters import Parameters
from quart_chat.assistants.protocol import Source, Usage
from quart_chat.chat.models import (
    Log,
    Message,
    MessageStatus,
    Round,
    RoundStatus,
    Share,
    TitleSource,
    Workflow,
    WorkflowStatus,
)
from quart_chat.chat.queue.prompts import PromptStatus, QueuedPrompt
from quart_chat.storage.statements import Row

Model = Workflow | Message | Log | Round | Share | QueuedPrompt


def _columns(model: type[Model]) -> str:
    return ", ".join(field.metadata.get("column", field.name) for field in fields(model))


WORKFLOW = _columns(Workflow)
MESSAGE = _columns(Message)
LOG = _columns(Log)
ROUND = _columns(Round)
SHARE = _columns(Share)
QUEUED_PROMPT = _columns(QueuedPrompt)

_SOURCES = MESSAGE.split(", ").index("sources")
_USAGE = MESSAGE.split(", ").index("usage")
_WORKFLOW_DOCUMENTS = WORKFLOW.split(", ").index("document_ids")
_TITLE_USAGE = WORKFLOW.split(", ").index("title_usage")
_PARAMETERS = WORKFLOW.split(", ").index("parameters")
_ROUND_DOCUMENTS = ROUND.split(", ").index("document_ids")
_PROMPT_DOCUMENTS = QUEUED_PROMPT.split(", ").index("document_ids")
_ENCODED = {tuple, Usage, Parameters}
_values = {
    model: attrgetter(*(field.name for field in fields(model)))
    for model in (Workflow, Message, Log, Round, Share, QueuedPrompt)
}


def to_workflow(row: Row) -> Workflow:
    """A row of WORKFLOW."""
    raw = Workflow(*row)
    return replace(
        raw,
        status=WorkflowStatus(raw.status),
        pinned=bool(raw.pinned),
        deleted=bool(raw.deleted),
        document_ids=tuple(orjson.loads(row[_WORKFLOW_DOCUMENTS])),
        parameters=row[_PARAMETERS] and Parameters(**orjson.loads(row[_PARAMETERS])),
        titled_by=TitleSource(raw.titled_by),
        title_usage=row[_TITLE_USAGE] and Usage(**orjson.loads(row[_TITLE_USAGE])),
    )


def to_message(row: Row) -> Message:
    """A row of MESSAGE."""
    raw = Message(*row)
    sources = tuple(Source(**source) for source in orjson.loads(row[_SOURCES]))
    usage = None if row[_USAGE] is None else Usage(**orjson.loads(row[_USAGE]))
    return replace(
        raw,
        status=MessageStatus(raw.status),
        sources=sources,
        usage=usage,
        citations_verified=bool(raw.citations_verified),
    )


def to_log(row: Row) -> Log:
    """A row of LOG."""
    return Log(*row)


def to_round(row: Row) -> Round:
    """A row of ROUND."""
    raw = Round(*row)
    document_ids = tuple(orjson.loads(row[_ROUND_DOCUMENTS]))
    return replace(raw, status=RoundStatus(raw.status), document_ids=document_ids)


def to_queued_prompt(row: Row) -> QueuedPrompt:
    """A row of QUEUED_PROMPT."""
    raw, ids = QueuedPrompt(*row), row[_PROMPT_DOCUMENTS]
    return replace(
        raw,
        status=PromptStatus(raw.status),
        due=bool(raw.due),
        document_ids=None if ids is None else tuple(orjson.loads(ids)),
    )


def from_model(model: Model) -> tuple[Any, ...]:
    """The values of a model in the order of its columns."""
    return tuple([_to_value(value) for value in _values[type(model)](model)])


def _to_value(value: Any) -> Any:
    # Dataclasses become objects with the names of their fields.
    return orjson.dumps(value).decode() if type(value) in _ENCODED else value
