"""Storing chats that come from files: each whole in one transaction, or not at all.

A chat keeps no id of its own from a file, since that may be another user's here. Its new id is
made of its owner and where it comes from, so that the same chat is known when it comes again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from typing import IO
from uuid import uuid4

from msgspec.structs import asdict

from quart_chat.assistants.librarian.assistant import Librarian
from quart_chat.assistants.protocol import Source, Usage
from quart_chat.chat.models import (
    Log,
    Message,
    MessageStatus,
    Round,
    RoundStatus,
    Workflow,
    WorkflowStatus,
)
from quart_chat.chat.rounds.ending.outcome import STOPPED
from quart_chat.chat.rounds.outputs import clean_sources, clean_usage
from quart_chat.chat.rounds.recording.in_flight import MAX_DEPTH
from quart_chat.chat.transfer.file import ChatFile, FileMessage, FileRound, FileUsage
from quart_chat.chat.transfer.reading import Fault, FoundChat, read_file
from quart_chat.chat.unit_of_work import Committer, UnitOfWork
from quart_chat.markdown.rendering import Render, render_html
from quart_chat.markdown.titles import make_title
from quart_chat.plaintext import clean, is_blank, shorten
from quart_chat.texts import _

MAX_REPORTED = 1_000
"""Faults that a report names."""


@dataclass(slots=True)
class Report:
    """What has become of the chats of a file.

    Attributes:
        taken: Those that are new here.
        known: How many were here already, and are left as they are.
        faults: What could not be read.
    """

    taken: list[Workflow] = field(default_factory=list)
    known: int = 0
    faults: list[Fault] = field(default_factory=list)


class Imports:
    """Takes the chats of files."""

    def __init__(
        self, committer: Committer, render: Render, assistants: Collection[str], *, max_title: int
    ) -> None:
        self._committer = committer
        self._render = render
        self._assistants = assistants
        self._max_title = max_title

    async def take_file(self, user_id: str, file: IO[bytes], name: str, limit: int) -> Report:
        """Take all chats of a file; ``limit`` is how many bytes of JSON are read at a time."""
        report, chats = Report(), read_file(file, name, limit)
        while (found := await asyncio.to_thread(next, chats, None)) is not None:
            if isinstance(found, Fault):
                if len(report.faults) < MAX_REPORTED:
                    report.faults.append(found)
            elif workflow := await self._take(user_id, found):
                report.taken.append(workflow)
            else:
                report.known += 1
        return report

    async def _take(self, user_id: str, found: FoundChat) -> Workflow | None:
        """Store a chat; None where it is here already."""
        htmls = [
            await render_html(
                self._render,
                clean(message.content),
                _sources(message) if _citations_verified(message) else None,
            )
            for round_ in found.chat.rounds
            for message in round_.messages
        ]

        def change(unit: UnitOfWork) -> Workflow | None:
            id_ = _free_id(unit, user_id, found)
            return None if id_ is None else self._store(unit, user_id, id_, found.chat, htmls)

        return await self._committer.commit(change)

    def _store(
        self, unit: UnitOfWork, user_id: str, id_: str, file: ChatFile, htmls: list[str | None]
    ) -> Workflow:
        rows = _Rows(id_, file, iter(htmls))
        workflow = unit.put_workflow(
            self._workflow(user_id, id_, file, rows.seq), file.chat.updated_at
        )
        for round_ in rows.rounds:
            unit.transaction.insert_round(round_)
        for message in rows.messages:
            unit.transaction.upsert_message(message)
        for log in rows.logs:
            unit.transaction.upsert_log(log)
        return workflow

    def _workflow(self, user_id: str, id_: str, file: ChatFile, seq: int) -> Workflow:
        chat, prompt = file.chat, file.rounds[0].messages[0].content if file.rounds else ""
        known, head = chat.assistant in self._assistants, _head(file)
        return Workflow(
            id=id_,
            user_id=user_id,
            title=self._title(chat.title) or make_title(prompt) or _("Imported chat"),
            status=WorkflowStatus.ERROR if _failed(file, head) else WorkflowStatus.IDLE,
            pinned=chat.pinned,
            seq=seq,
            item_seq=seq,
            list_seq=0,
            created_at=chat.created_at,
            updated_at=chat.updated_at,
            assistant=chat.assistant if known else None,
            model=clean(chat.model) if known and chat.model else None,
            head=head,
            system_prompt=clean(chat.system_prompt) if chat.system_prompt else None,
            parameters=chat.parameters.to_parameters() if chat.parameters else None,
        )

    def _title(self, title: str) -> str:
        """A title as it is, but for what none can be: several lines, blank, or without an end."""
        return "" if is_blank(clean(title)) else shorten(title, self._max_title)


class _Rows:
    """What a chat is stored as; its seqs count from 1, in the order of the rounds."""

    def __init__(self, workflow_id: str, file: ChatFile, htmls: Iterator[str | None]) -> None:
        self.seq = 0
        self.rounds: list[Round] = []
        self.messages: list[Message] = []
        self.logs: list[Log] = []
        self._workflow_id = workflow_id
        for round_ in file.rounds:
            for message in round_.messages:
                self.messages.append(self._message(round_, message, next(htmls)))
            self._add_logs(round_)
            self.rounds.append(self._round(round_))

    def _next_seq(self) -> int:
        self.seq += 1
        return self.seq

    def _round(self, round_: FileRound) -> Round:
        # An answer that was still being written is not continued.
        cut_off = round_.status == "running"
        return Round(
            workflow_id=self._workflow_id,
            number=round_.number,
            parent=round_.parent,
            status=RoundStatus.STOPPED if cut_off else RoundStatus(round_.status),
            assistant=clean(round_.assistant),
            message=STOPPED.message if cut_off else round_.message and clean(round_.message),
            code=round_.code and clean(round_.code),
            started_at=round_.started_at,
            ended_at=round_.started_at if round_.ended_at is None else round_.ended_at,
            seq=self._next_seq(),
            model=round_.model and clean(round_.model),
        )

    def _message(self, round_: FileRound, message: FileMessage, html: str | None) -> Message:
        cut_off = message.status == "streaming"
        return Message(
            id=uuid4().hex,
            workflow_id=self._workflow_id,
            round_number=round_.number,
            parent_round=round_.parent,
            role=message.role,
            content=clean(message.content),
            html=html,
            status=MessageStatus.STOPPED if cut_off else MessageStatus(message.status),
            assistant=None if message.role == "user" else clean(message.assistant or ""),
            sources=_sources(message),
            citations_verified=_citations_verified(message),
            created_at=message.created_at,
            updated_at=message.updated_at,
            seq=self._next_seq(),
            usage=None if message.usage is None else _usage(message.usage),
        )

    def _add_logs(self, round_: FileRound) -> None:
        # A step may be part of one before it only, so that none is part of itself.
        ids: dict[str | None, str] = {}
        above: dict[str, str | None] = {}
        depths: dict[str | None, int] = {None: 0}
        for log in round_.logs:
            parent = ids.get(log.parent_id)
            if depths[parent] >= MAX_DEPTH and parent is not None:
                parent = above[parent]
            id_ = uuid4().hex
            ids[log.id], above[id_], depths[id_] = id_, parent, depths[parent] + 1
            self.logs.append(
                Log(
                    id=id_,
                    workflow_id=self._workflow_id,
                    round_number=round_.number,
                    message=clean(log.message),
                    type=log.type,
                    status="failed" if log.status == "running" else log.status,
                    progress=log.progress,
                    timestamp=log.timestamp,
                    duration_ms=log.duration_ms,
                    seq=self._next_seq(),
                    parent_id=parent,
                )
            )


def _free_id(unit: UnitOfWork, user_id: str, found: FoundChat) -> str | None:
    """A new id for a chat; None where it is here, under the id of the file or under a new one."""
    if unit.transaction.select_workflow(found.origin, user_id) is not None:
        return None
    for attempt in count():
        text = f"{user_id}\n{found.origin}\n{attempt}"
        id_ = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        if unit.transaction.select_workflow(id_, user_id) is not None:
            return None
        # One that was deleted leaves its id behind.
        if not unit.transaction.has_workflow(id_):
            return id_
    raise AssertionError  # pragma: no cover - the loop has no end; a type checker asks for one


def _failed(file: ChatFile, head: int | None) -> bool:
    """Whether the branch that is shown ends with an answer that has failed."""
    return any(round_.number == head and round_.status == "error" for round_ in file.rounds)


def _head(file: ChatFile) -> int | None:
    """The round that the branch that is shown ends with: a leaf."""
    if not file.rounds:
        return None
    parents = {round_.parent for round_ in file.rounds}
    leaves = [round_.number for round_ in file.rounds if round_.number not in parents]
    head = file.chat.head_round
    return head if head in leaves else max(leaves)


def _citations_verified(message: FileMessage) -> bool:
    """Whether ``[n]`` are citations; where a file doesn't say so, the Librarian's are not."""
    if message.role == "user":
        return False
    if message.checked is not None:
        return message.checked
    return bool(message.sources) and message.assistant != Librarian.name


def _sources(message: FileMessage) -> tuple[Source, ...]:
    return clean_sources(Source(**asdict(source)) for source in message.sources)


def _usage(usage: FileUsage) -> Usage:
    return clean_usage(Usage(**asdict(usage)))
