"""Rounds that are stored as running and that no process runs: their end could not be stored."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from quart_chat.assistants.protocol import Source
from quart_chat.chat.ask import Ask
from quart_chat.chat.models import MessageStatus, WorkflowStatus
from tests.chat.parts import USER, ask, make_service

if TYPE_CHECKING:
    from quart_chat.chat.service import ChatService
    from quart_chat.events import StreamingEventManager
    from quart_chat.storage.sqlite.chats.storage import ChatRepository
    from quart_chat.storage.sqlite.chats.transaction import Transaction
    from tests.chat.scripted import ScriptedAssistant


@pytest.fixture
async def orphaned(
    service: ChatService, assistant: ScriptedAssistant, repository: ChatRepository
) -> str:
    """The id of a workflow with such a round."""
    workflow_id = await ask(service, assistant, "lost")
    workflow = await service.workflow(USER, workflow_id)
    (message,) = [m for m in (await service.snapshot(USER, workflow_id)).messages if m.assistant]

    def lose_the_end(transaction: Transaction) -> None:
        transaction.upsert_workflow(replace(workflow, status=WorkflowStatus.RUNNING))
        transaction.statements.fetch(
            "UPDATE rounds SET status = 'running', ended_at = NULL WHERE workflow_id = ?",
            (workflow_id,),
        )
        transaction.upsert_message(replace(message, status=MessageStatus.STREAMING, html=None))

    await repository.write(lose_the_end)
    return workflow_id


async def state(service: ChatService, workflow_id: str) -> tuple[str, str, str | None, str]:
    snapshot = await service.snapshot(USER, workflow_id)
    (round_,) = snapshot.rounds
    return snapshot.workflow.status, round_.status, round_.code, snapshot.messages[-1].status


INTERRUPTED = ("error", "error", "interrupted", "error")


async def test_it_can_be_stopped(
    service: ChatService, assistant: ScriptedAssistant, orphaned: str
) -> None:
    ended = await service.stop(USER, orphaned)
    assert ended is not None
    assert await state(service, orphaned) == INTERRUPTED
    assert await service.stop(USER, orphaned) is None
    await ask(service, assistant, "again", workflow_id=orphaned)


async def test_a_round_that_has_ended_or_begun_in_the_meantime_is_left_alone(
    service: ChatService, assistant: ScriptedAssistant, orphaned: str
) -> None:
    before = await service.workflow(USER, orphaned)
    await service.stop(USER, orphaned)
    assert await service.stops._end(before) is None
    started = await service.start(Ask(USER, "next", workflow_id=orphaned))
    assert await service.stops._end(await service.workflow(USER, orphaned)) is None
    assert started.workflow_id in service.rounds.running


async def test_its_chat_is_deleted_and_restored_with_an_end(
    service: ChatService,
    repository: ChatRepository,
    events: StreamingEventManager,
    assistant: ScriptedAssistant,
    orphaned: str,
) -> None:
    await service.delete(USER, orphaned)
    await service.close()
    following = make_service(repository, events, assistant)
    await following.recover()
    await following.restore(USER, orphaned)
    assert await state(following, orphaned) == INTERRUPTED
    await following.close()


async def test_one_in_a_deleted_chat_keeps_no_server_from_starting(
    service: ChatService,
    repository: ChatRepository,
    events: StreamingEventManager,
    assistant: ScriptedAssistant,
    orphaned: str,
) -> None:
    workflow = await service.workflow(USER, orphaned)
    gone = replace(workflow, deleted=True, deleted_at=1e12, status=WorkflowStatus.IDLE)
    await repository.write(lambda transaction: transaction.upsert_workflow(gone))
    following = make_service(repository, events, assistant)
    await following.recover()
    assert await repository.read(lambda reader: reader.select_orphaned_rounds("another")) == []
    await following.close()


@pytest.mark.parametrize("citations_verified", [True, False])
async def test_the_brackets_of_a_quote_are_no_citations_after_a_crash_either(
    service: ChatService,
    repository: ChatRepository,
    events: StreamingEventManager,
    assistant: ScriptedAssistant,
    orphaned: str,
    citations_verified: bool,
) -> None:
    message = (await service.snapshot(USER, orphaned)).messages[-1]
    source = Source(1, "Title", "", "/documents/1", "quote")
    quoting = replace(message, citations_verified=citations_verified, sources=(source,))
    await repository.write(lambda transaction: transaction.upsert_message(quoting))
    rendered: list[int] = []

    def render(text: str, *sources: object) -> str:
        rendered.append(len(sources))
        return text

    following = make_service(repository, events, assistant, render=render)
    await following.recover()
    assert rendered == [int(citations_verified)]
    await following.close()
