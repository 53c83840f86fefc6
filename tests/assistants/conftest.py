"""A Librarian over the real handbook and a database of chats."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from quart_chat.assistants.librarian.assistant import Librarian
from quart_chat.assistants.librarian.corpora import ChatSearch
from quart_chat.assistants.protocol import Question, Source, Sources, Step, Text, Turn
from quart_chat.chat.models import (
    Message,
    MessageStatus,
    Round,
    RoundStatus,
    Workflow,
    WorkflowStatus,
)
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from tests.chat.conftest import events
from tests.stores import open_chats, store_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from quart_chat.storage.sqlite.chats.transaction import Transaction

__all__ = ["events"]

HANDBOOK = Path(__file__).parents[2] / "docs"


@dataclass(frozen=True)
class Answer:
    steps: tuple[Step, ...]
    pieces: tuple[str, ...]
    sources: tuple[Source, ...]

    @property
    def text(self) -> str:
        return "".join(self.pieces)


async def ask(
    librarian: Librarian,
    prompt: str,
    *,
    user_id: str = "ada",
    workflow_id: str = "now",
    history: tuple[Turn, ...] = (),
) -> Answer:
    """All that the Librarian yields on a question."""
    question = Question(prompt, user_id, workflow_id, history)
    outputs = [output async for output in librarian.answer(question)]
    return Answer(
        tuple(output for output in outputs if isinstance(output, Step)),
        tuple(output.text for output in outputs if isinstance(output, Text)),
        next((output.sources for output in outputs if isinstance(output, Sources)), ()),
    )


@dataclass(frozen=True)
class Chats:
    """Writes chats into the database."""

    repository: ChatRepository

    @property
    def search(self) -> ChatSearch:
        return store_of(self.repository._database).chat_search

    async def add(
        self,
        content: str,
        *,
        user_id: str = "ada",
        title: str = "Notes",
        assistant: str | None = None,
        status: MessageStatus = MessageStatus.COMPLETE,
    ) -> Message:
        """A chat with a single message."""
        workflow_id, message_id = uuid4().hex, uuid4().hex
        workflow = Workflow(
            id=workflow_id,
            user_id=user_id,
            title=title,
            status=WorkflowStatus.IDLE,
            pinned=False,
            seq=1,
            item_seq=1,
            list_seq=1,
            created_at=0.0,
            updated_at=0.0,
        )
        message = Message(
            id=message_id,
            workflow_id=workflow_id,
            round_number=1,
            parent_round=None,
            role="user" if assistant is None else "assistant",
            content=content,
            html=None,
            status=status,
            assistant=assistant,
            sources=(),
            created_at=0.0,
            updated_at=0.0,
            seq=1,
        )

        def write(transaction: Transaction) -> None:
            transaction.next_list_seq(user_id, 0.0)
            transaction.upsert_workflow(workflow)
            transaction.insert_round(
                Round(workflow_id, 1, None, RoundStatus.COMPLETE, "x", None, None, 0.0, 0.0, 1)
            )
            transaction.upsert_message(message)

        await self.repository.write(write)
        return message

    async def delete(self, message: Message) -> None:
        await self.repository.write(
            lambda transaction: transaction.delete_contents(message.workflow_id)
        )


@pytest.fixture
async def chats(tmp_path: Path) -> AsyncIterator[Chats]:
    repository = await open_chats(tmp_path / "chat.sqlite")
    yield Chats(repository)
    await repository.close()


@pytest.fixture
async def librarian(chats: Chats) -> AsyncIterator[Librarian]:
    async with Librarian(HANDBOOK, chats.search) as librarian:
        yield librarian
