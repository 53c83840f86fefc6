"""Who answers: a choice is remembered in its chat, and nothing is switched silently."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from quart_chat.assistants.protocol import Models, Output, Question, Text
from quart_chat.chat.ask import Ask
from quart_chat.chat.models import Workflow
from quart_chat.chat.service import ChatService
from quart_chat.errors import InvalidInput
from quart_chat.events import StreamingEventManager
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from quart_chat.storage.sqlite.file.schema import MIGRATIONS
from tests.chat.parts import USER, make_service
from tests.chat.scripted import OutOfTurn


class Choosy:
    """Says which model it was asked for."""

    name = "choosy"
    title = "Choosy"

    async def answer(self, question: Question) -> AsyncGenerator[Output, None]:
        yield Text(str(question.model))

    async def models(self) -> Models:
        return Models(("a", "b"))


async def _plain(question: Question) -> AsyncGenerator[Output, None]:
    yield Text("plain")


@pytest.fixture
def service(repository: ChatRepository, events: StreamingEventManager) -> ChatService:
    return make_service(repository, events, Choosy(), OutOfTurn(_plain))


async def ask(service: ChatService, workflow_id: str | None = None, **choice: Any) -> Workflow:
    started = await service.start(Ask(USER, "Hello", workflow_id=workflow_id, **choice))
    async for event in service.events.stream_events(started.workflow_id):
        if event.terminal and event.data["roundNumber"] == started.round_number:
            break
    return await service.workflow(USER, started.workflow_id)


async def answers(service: ChatService, workflow: Workflow) -> list[str]:
    snapshot = await service.snapshot(USER, workflow.id)
    return [message.content for message in snapshot.messages if message.role == "assistant"]


async def test_the_default_assistant_answers_where_nobody_is_named(service: ChatService) -> None:
    workflow = await ask(service)
    assert (workflow.assistant, workflow.model) == ("choosy", None)
    assert await answers(service, workflow) == ["None"]


async def test_the_choice_holds_until_another_is_made(service: ChatService) -> None:
    workflow = await ask(service, assistant="choosy", model="b")
    await ask(service, workflow.id)
    await ask(service, workflow.id, assistant="choosy")
    await ask(service, workflow.id, model="a")
    await ask(service, workflow.id, assistant="plain")
    workflow = await ask(service, workflow.id)
    assert await answers(service, workflow) == ["b", "b", "b", "a", "plain", "plain"]
    assert (workflow.assistant, workflow.model) == ("plain", None)


async def test_the_choice_is_in_the_workflow_item(service: ChatService) -> None:
    item = (await ask(service, model="b")).to_item()
    assert (item["assistant"], item["model"]) == ("choosy", "b")


async def test_a_model_of_an_assistant_without_models_is_refused(service: ChatService) -> None:
    with pytest.raises(InvalidInput, match="model: this assistant offers no models"):
        await ask(service, assistant="plain", model="b")


@pytest.mark.parametrize("name", ["", "x" * 201])
async def test_a_name_that_no_model_has_is_refused(service: ChatService, name: str) -> None:
    with pytest.raises(InvalidInput, match="model: expected a name of 1 to 200 characters"):
        await ask(service, model=name)


async def test_an_assistant_that_is_gone_is_not_replaced(
    service: ChatService, repository: ChatRepository, events: StreamingEventManager
) -> None:
    workflow = await ask(service, assistant="choosy")
    later = make_service(repository, events, OutOfTurn(_plain))
    with pytest.raises(InvalidInput, match="Choose another"):
        await later.start(Ask(USER, "Hello", workflow_id=workflow.id))
    assert await answers(later, await ask(later, workflow.id, assistant="plain")) == [
        "None",
        "plain",
    ]


@pytest.mark.sqlite
async def test_chats_of_the_version_before_remember_who_answered(path: Path) -> None:
    path.parent.mkdir()
    database = sqlite3.connect(path)
    database.executescript(MIGRATIONS[0])
    database.execute("INSERT INTO users VALUES ('local', 1, 0)")
    database.execute(
        "INSERT INTO workflows VALUES (?, 'local', 'Old', 'idle', 0, 0, 1, 1, 1, 0, 0)",
        ("w" * 32,),
    )
    for number, name in enumerate(("first", "last"), 1):
        database.execute(
            "INSERT INTO rounds VALUES (?, ?, 'complete', ?, NULL, NULL, 0, 1, ?)",
            ("w" * 32, number, name, number),
        )
    database.execute("PRAGMA user_version = 1")
    database.commit()
    database.close()
    repository = await ChatRepository.open(path)
    workflow = await repository.read(lambda reader: reader.select_workflow("w" * 32))
    await repository.close()
    assert workflow is not None
    assert (workflow.assistant, workflow.model) == ("last", None)
