"""Who reads a chat with its link sees what is shown of it, live, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from quart_chat.chat.repository import ChatRepository
from quart_chat.chat.service import ChatService
from quart_chat.chat.sharing import stream_shared
from tests.chat.client import Client
from tests.chat.parts import USER, ask
from tests.chat.scripted import ScriptedAssistant
from tests.chat.test_stream import read_until
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
    async with repository._database.writing():
        revoking = asyncio.create_task(service.sharing.revoke(USER, workflow_id))
        await until(lambda: service._journal._tasks)
        revoking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await revoking
    assert await asyncio.wait_for(anext(stream, None), 30) is None


async def test_what_is_its_owners_alone_is_not_shown_before_a_hole_either(
    service: ChatService, assistant: ScriptedAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow_id = await ask(service, assistant, "one")
    await service.instruct(USER, workflow_id, "secret")
    client, stream = await read_shared(service, workflow_id)

    async def drop(*args: object, **kwargs: object) -> None:
        """Lose what is emitted, as a broker that was away would."""

    await service.rename(USER, workflow_id, "first")
    with monkeypatch.context() as away:
        away.setattr(service.events, "emit_event", drop)
        await service.rename(USER, workflow_id, "lost")
    await service.rename(USER, workflow_id, "last")
    await flush(service, workflow_id)
    client.feed(await anext(stream))
    titles = [frame["item"]["title"] for frame in client.frames if frame["type"] == "workflow"]
    assert titles == ["one", "first", "last"]
    assert "secret" not in str(client.frames)
    await stream.aclose()
