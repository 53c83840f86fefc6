"""A chat as a file: all its rounds and what they hold, on all branches.

What is derived is left out (the HTML of messages, seqs); everything else is there. The reference of
the format is docs/reference/chat-file.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import Meta

from quart_chat.assistants.parameters import Parameters, find_faults
from quart_chat.assistants.protocol import Source, Usage
from quart_chat.chat.limits import ChatLimits
from quart_chat.chat.models import Log, Message, Round
from quart_chat.chat.views import Snapshot

FORMAT = "quart-chat"

MAX_ROUNDS = 5_000
"""Rounds in a chat that is read."""

MAX_LOGS = 20_000
"""Steps in a chat that is read."""

MAX_TEXT = 1_000_000
"""Characters in a message that is read."""

Time = Annotated[float, Meta(ge=0, le=1e11)]
"""Seconds since 1970, UTC."""
Name = Annotated[str, Meta(max_length=200)]
Line = Annotated[str, Meta(max_length=10_000)]
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Number = Annotated[int, Meta(ge=1, le=1_000_000)]
Whole = Annotated[int, Meta(ge=-(2**53), le=2**53)]
Real = Annotated[float, Meta(ge=-1e18, le=1e18)]
LogType = Literal["info", "warning", "error", "progress", "reasoning"]
LogStatus = Literal["running", "completed", "failed"]
Ending = Literal["running", "complete", "stopped", "error"]


# What assistants say of sources and tokens has no bounds when it is stored; so it has few here.
class FileSource(msgspec.Struct, rename="camel"):
    number: Whole
    title: Text
    url: Text
    heading: Text = ""
    quote: Text = ""
    excerpt: Text = ""


class FileUsage(msgspec.Struct, rename="camel"):
    model: Text
    prompt_tokens: Whole | None = None
    answer_tokens: Whole | None = None
    tokens_per_second: Real | None = None
    first_token_ms: Real | None = None


class FileMessage(msgspec.Struct, rename="camel"):
    """A prompt or an answer; ``checked`` says whether its ``[n]`` lead to sources, if known."""

    role: Literal["user", "assistant"]
    content: Text
    created_at: Time
    updated_at: Time
    status: Literal["streaming", "complete", "stopped", "error"] = "complete"
    assistant: Name | None = None
    sources: Annotated[list[FileSource], Meta(max_length=1_000)] = []
    usage: FileUsage | None = None
    checked: bool | None = None


class FileLog(msgspec.Struct, rename="camel"):
    id: Name
    message: Text
    timestamp: Time
    parent_id: Name | None = None
    type: LogType = "info"
    status: LogStatus = "completed"
    progress: Annotated[float, Meta(ge=0, le=1)] | None = None
    duration_ms: Annotated[float, Meta(ge=0, le=1e12)] | None = None


class FileRound(msgspec.Struct, rename="camel"):
    """A round; ``parent`` is the number of the one before it on its branch."""

    number: Number
    started_at: Time
    messages: Annotated[list[FileMessage], Meta(min_length=1, max_length=2)]
    parent: Number | None = None
    status: Ending = "complete"
    assistant: Name = ""
    model: Name | None = None
    document_ids: Annotated[list[Name], Meta(max_length=1_000)] = []
    message: Text | None = None
    code: Text | None = None
    ended_at: Time | None = None
    logs: Annotated[list[FileLog], Meta(max_length=MAX_LOGS)] = []


class FileParameters(msgspec.Struct, rename="camel"):
    """What a model is asked in the chat beside its messages."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    reasoning_effort: str | None = None
    extra: dict[str, Any] = {}

    def to_parameters(self) -> Parameters | None:
        """The parameters, if a model can be asked them."""
        parameters = Parameters(**msgspec.structs.asdict(self))
        return None if find_faults(parameters) else parameters or None


class FileChat(msgspec.Struct, rename="camel"):
    """What is known of the chat as a whole; ``head_round`` ends the branch that is shown."""

    id: Name
    title: Line
    created_at: Time
    updated_at: Time
    pinned: bool = False
    assistant: Name | None = None
    model: Name | None = None
    system_prompt: Annotated[str, Meta(max_length=ChatLimits().system_prompt_chars)] | None = None
    document_ids: Annotated[list[Name], Meta(max_length=1_000)] = []
    head_round: Number | None = None
    parameters: FileParameters | None = None


class ChatFile(msgspec.Struct, rename="camel"):
    chat: FileChat
    rounds: Annotated[list[FileRound], Meta(max_length=MAX_ROUNDS)]
    format: Literal["quart-chat"] = "quart-chat"
    version: Literal[1] = 1


def to_file(snapshot: Snapshot) -> ChatFile:
    """A whole chat, read from seq 0, as a file."""
    workflow = snapshot.workflow
    rounds = {round_.number: _round(round_) for round_ in snapshot.rounds}
    for message in sorted(snapshot.messages, key=lambda message: message.role != "user"):
        rounds[message.round_number].messages.append(_message(message))
    for log in _in_order(snapshot.logs):
        rounds[log.round_number].logs.append(_log(log))
    return ChatFile(
        chat=FileChat(
            id=workflow.id,
            title=workflow.title,
            created_at=workflow.created_at,
            updated_at=workflow.updated_at,
            pinned=workflow.pinned,
            assistant=workflow.assistant,
            model=workflow.model,
            system_prompt=workflow.system_prompt,
            document_ids=list(workflow.document_ids),
            head_round=workflow.head,
            parameters=FileParameters(**asdict(workflow.parameters))
            if workflow.parameters
            else None,
        ),
        rounds=[rounds[number] for number in sorted(rounds)],
    )


def _in_order(logs: Sequence[Log]) -> list[Log]:
    """Steps in the order in which they began, but none before the one that it is part of.

    A clock is set back now and then, and gives some moments twice.
    """
    known = {log.id: log for log in logs}

    def place(log: Log) -> tuple[float, int]:
        latest, depth = log.timestamp, 0
        above = known.get(log.parent_id or "")
        while above is not None:
            latest, depth = max(latest, above.timestamp), depth + 1
            above = known.get(above.parent_id or "")
        return latest, depth

    return sorted(logs, key=place)


def encode(file: ChatFile) -> bytes:
    """The file as JSON, indented for people who look into it."""
    return msgspec.json.format(msgspec.json.encode(file), indent=1)


def _round(round_: Round) -> FileRound:
    return FileRound(
        number=round_.number,
        parent=round_.parent,
        status=round_.status.value,
        assistant=round_.assistant,
        model=round_.model,
        document_ids=list(round_.document_ids),
        message=round_.message,
        code=round_.code,
        started_at=round_.started_at,
        ended_at=round_.ended_at,
        messages=[],
        logs=[],
    )


def _message(message: Message) -> FileMessage:
    return FileMessage(
        role="user" if message.role == "user" else "assistant",
        content=message.content,
        status=message.status.value,
        assistant=message.assistant,
        sources=[_source(source) for source in message.sources],
        usage=None if message.usage is None else _usage(message.usage),
        checked=message.citations_verified,
        created_at=message.created_at,
        updated_at=message.updated_at,
    )


def _source(source: Source) -> FileSource:
    return FileSource(
        number=source.number,
        title=source.title,
        heading=source.heading,
        url=source.url,
        quote=source.quote,
        excerpt=source.excerpt,
    )


def _usage(usage: Usage) -> FileUsage:
    return FileUsage(
        usage.model,
        usage.prompt_tokens,
        usage.answer_tokens,
        usage.tokens_per_second,
        usage.first_token_ms,
    )


def _log(log: Log) -> FileLog:
    # Not checked: what is stored is written, however long a model has reasoned.
    return FileLog(
        id=log.id,
        parent_id=log.parent_id,
        message=log.message,
        type=cast("LogType", log.type),
        status=cast("LogStatus", log.status),
        progress=log.progress,
        timestamp=log.timestamp,
        duration_ms=log.duration_ms,
    )
