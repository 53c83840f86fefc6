"""Who reads a chat with its link sees what is shown of it, live, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from quart_chat.assistants.protocol import Source, Sources, Step, Text
from quart_chat.chat.ask import Ask
from quart_chat.chat.service import ChatService
from quart_chat.chat.streams.shared import stream_shared
from quart_chat.events import StreamingEventManager
from quart_chat.markdown import render_markdown
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from tests.chat.client import Client
from tests.chat.parts import USER, ask, idle, make_service
from tests.chat.scripted import END, ScriptedAssistant
from tests.chat.streams.test_writer import read_until
from tests.stores import writing
from tests.waiting import until

Stream = AsyncGenerator[bytes, None]


async def read_shared(
    service: ChatService, workflow_id: str, since: int = 0
) -> tuple[Client, Stream]:
    """A reader of a chat's link that has all there is."""
    share = await service.sharing.share(USER, workflow_id)
    workflow = await service.sharing.open(share.token)
    client, stream = Client(), stream_shared(service, workflow, share.token, since)
    await read_until(client, stream, lambda: "pulse" in client.types)
    return client, stream


async def test_readers_are_told_that_the_link_is_revoked(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await ask(service, assistant, "one")
    client, stream = await read_shared(service, workflow_id)
    await service.sharing.revoke(USER, workflow_id)
    async with asyncio.timeout(30):
        async for chunk in stream:
            client.feed(chunk)
    assert client.frames[-1]["item"] == {"id": workflow_id, "deleted": True}


async def flush(service: ChatService, workflow_id: str) -> None:
    """Have all that was emitted wait for whoever reads next."""
    log = service.events.log(workflow_id)
    assert log is not None
    await until(lambda: log.flushed == log.end)


async def test_readers_are_let_go_though_nobody_waits_for_the_link_to_be_revoked(
    service: ChatService, assistant: ScriptedAssistant, repository: ChatRepository
) -> None:
    workflow_id = await ask(service, assistant, "one")
    _, stream = await read_shared(service, workflow_id)
    async with writing(repository):
        revoking = asyncio.create_task(service.sharing.revoke(USER, workflow_id))
        await until(lambda: service._committer._tasks)
        revoking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await revoking
    async with asyncio.timeout(30):
        async for _chunk in stream:
            pass


async def test_what_is_its_owners_alone_is_not_shown_before_a_hole_either(
    service: ChatService, assistant: ScriptedAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow_id = await ask(service, assistant, "one")
    await service.change(USER, workflow_id, system_prompt="secret")
    client, stream = await read_shared(service, workflow_id)

    async def drop(*args: object, **kwargs: object) -> None:
        """Lose what is emitted, as a broker that was away would."""

    await service.change(USER, workflow_id, title="first")
    with monkeypatch.context() as away:
        away.setattr(service.events, "emit_event", drop)
        await service.change(USER, workflow_id, title="lost")
    await service.change(USER, workflow_id, title="last")
    await flush(service, workflow_id)
    await read_until(client, stream, lambda: "'last'" in str(client.items))
    titles = [frame["item"]["title"] for frame in client.frames if frame["type"] == "workflow"]
    assert titles == ["one", "first", "last"]
    assert "secret" not in str(client.frames)
    await stream.aclose()


# The branch that is shown


def rounds(client: Client) -> set[int]:
    """The rounds that a reader has something of."""
    numbers = {item["roundNumber"] for item in client.items.values() if "roundNumber" in item}
    return numbers | set(client.terminals)


async def test_a_reader_is_sent_the_branch_that_is_shown_alone(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await ask(service, assistant, "secret")
    await ask(service, assistant, "edited", workflow_id=workflow_id, replaces=1)
    await ask(service, assistant, "going on", workflow_id=workflow_id)
    client, stream = await read_shared(service, workflow_id)
    assert rounds(client) == {2, 3}
    assert "About secret" not in str(client.frames)
    assert client.since == (await service.workflow(USER, workflow_id)).seq
    await stream.aclose()


async def test_a_branch_that_grows_is_followed_without_a_look_at_the_database(
    service: ChatService, assistant: ScriptedAssistant, repository: ChatRepository
) -> None:
    workflow_id = await ask(service, assistant, "one")
    client, stream = await read_shared(service, workflow_id)
    await ask(service, assistant, "two", workflow_id=workflow_id)
    queries = repository.queries
    await read_until(client, stream, lambda: 2 in client.terminals)
    assert repository.queries == queries
    assert rounds(client) == {1, 2}
    assert client.resets == 0
    await stream.aclose()


@pytest.mark.parametrize("replaced", [1, 2, 3])
async def test_nothing_stays_of_what_is_written_anew(
    service: ChatService, assistant: ScriptedAssistant, replaced: int
) -> None:
    workflow_id = await ask(service, assistant, "one")
    await ask(service, assistant, "two", workflow_id=workflow_id)
    await ask(service, assistant, "other", workflow_id=workflow_id, replaces=2)
    client, stream = await read_shared(service, workflow_id)
    await ask(service, assistant, "new", workflow_id=workflow_id, replaces=replaced)
    await read_until(client, stream, lambda: 4 in client.terminals)
    assert rounds(client) == ({4} if replaced == 1 else {1, 4})
    assert client.resets == 1
    await stream.aclose()


async def test_another_branch_that_is_shown_is_read_anew(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await ask(service, assistant, "one")
    await ask(service, assistant, "two", workflow_id=workflow_id, replaces=1)
    client, stream = await read_shared(service, workflow_id)
    await service.change(USER, workflow_id, head=1)
    await read_until(client, stream, lambda: client.resets)
    assert rounds(client) == {1}
    await ask(service, assistant, "three", workflow_id=workflow_id)
    await read_until(client, stream, lambda: 3 in client.terminals)
    assert rounds(client) == {1, 3}
    assert client.resets == 1
    await stream.aclose()


async def test_events_of_other_kinds_are_not_for_readers_of_a_link(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await ask(service, assistant, "one")
    client, stream = await read_shared(service, workflow_id)
    await service.events.emit_event(workflow_id, "status", {"roundNumber": 1}, "mine")
    await service.change(USER, workflow_id, title="new")
    await read_until(client, stream, lambda: client.items[workflow_id]["title"] == "new")
    assert "status" not in client.types
    await stream.aclose()


# Other chats


async def test_an_answer_is_shown_as_it_is_written_but_for_other_chats(
    repository: ChatRepository, events: StreamingEventManager, assistant: ScriptedAssistant
) -> None:
    service = make_service(repository, events, assistant, render=render_markdown)
    other = "f" * 32
    source = Source(1, "Private plan", "You", f"/chat/{other}?round=1#round-1", "Kiwis are green.")
    workflow_id = await ask(service, assistant, "one")
    client, stream = await read_shared(service, workflow_id)
    await service.start(Ask(USER, "two", workflow_id=workflow_id))
    link = f"[Private plan · You]({source.url})"
    text = f"> Kiwis are green.\n\n[1] {link}\n\nAnd more"
    await assistant.say(
        "two",
        Sources((source,), citations_verified=False),
        Step("a", f"Read {source.url}", "completed"),
    )
    for begin in range(0, len(text), 7):
        await assistant.say("two", Text(text[begin : begin + 7]))
    late, late_stream = await read_shared(service, workflow_id)
    shown = "> Kiwis are green.\n\n[1] Another chat\n\nAnd more"
    await read_until(client, stream, lambda: "And more" in str(client.items))
    for reader in (client, late):
        (answer,) = (item for item in reader.items.values() if item.get("status") == "streaming")
        assert answer["content"] == shown
    assistant.tell("two", END)
    await idle(service, workflow_id)
    await read_until(client, stream, lambda: 2 in client.terminals)
    await read_until(late, late_stream, lambda: 2 in late.terminals)
    for reader, reading in ((client, stream), (late, late_stream)):
        final = reader.items[answer["id"]]
        assert final["content"] == shown
        assert final["sources"] == [
            {**source.to_item(), "title": "Another chat", "heading": "", "url": ""}
        ]
        assert other not in str(reader.frames)
        assert "Private" not in str(reader.frames)
        await reading.aclose()
    await service.close()
