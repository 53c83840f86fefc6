"""An answer that has ended is unread until somebody has seen it."""

from __future__ import annotations

import pytest

from quart_chat.assistants.protocol import Text
from quart_chat.chat.ask import Ask
from quart_chat.chat.service import ChatService
from quart_chat.errors import NotFound
from tests.chat.parts import USER, ask
from tests.chat.scripted import ScriptedAssistant


async def test_an_answer_is_unread_from_its_end_until_it_is_seen(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = (await service.start(Ask(USER, "one"))).workflow_id
    assert not (await service.workflow(USER, workflow_id)).unread
    await service.stop(USER, workflow_id)
    await ask(service, assistant, "two", workflow_id=workflow_id)
    workflow = await service.workflow(USER, workflow_id)
    assert workflow.to_item()["unread"] is True
    seen = await service.change(USER, workflow_id, read_seq=workflow.item_seq)
    assert seen.to_item()["unread"] is False
    assert seen.list_seq == workflow.list_seq + 1


async def test_who_stops_an_answer_has_seen_it(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = (await service.start(Ask(USER, "one"))).workflow_id
    await assistant.say("one", Text("half"))
    await service.stop(USER, workflow_id)
    assert not (await service.workflow(USER, workflow_id)).unread


async def test_who_asks_again_has_seen_the_answer(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await ask(service, assistant, "one")
    await service.start(Ask(USER, "two", workflow_id=workflow_id))
    assert not (await service.workflow(USER, workflow_id)).unread


async def test_what_was_seen_before_the_end_says_nothing_of_it(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    started = (await service.start(Ask(USER, "one"))).workflow_id
    earlier = await service.workflow(USER, started)
    workflow_id = await ask(service, assistant, "two")
    await service.stop(USER, started)
    await ask(service, assistant, "three", workflow_id=started)
    assert (await service.change(USER, started, read_seq=earlier.item_seq)).unread
    assert (await service.workflow(USER, workflow_id)).unread


async def test_what_is_read_already_is_no_change(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await ask(service, assistant, "one")
    workflow = await service.workflow(USER, workflow_id)
    first = await service.change(USER, workflow_id, read_seq=workflow.seq)
    assert await service.change(USER, workflow_id, read_seq=workflow.seq) == first


async def test_only_the_owner_marks_a_chat(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await ask(service, assistant, "one")
    for user, id_ in (("them", workflow_id), (USER, "x")):
        with pytest.raises(NotFound):
            await service.change(user, id_, read_seq=9)
