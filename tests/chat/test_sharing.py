"""Who reads a chat with its link sees what is shown of it, live, and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from quart_chat.chat.repository import ChatRepository
from quart_chat.chat.service import ChatService
from quart_chat.chat.sharing import stream_shared
from tests.chat.client import Client
from tests.chat.parts import USER, ask
from tests.chat.scripted import ScriptedAssistant
from tests.waiting import until


async def read_shared(
    service: ChatService, workflow_id: str, since: int = 0
) -> tuple[Client, asyncio.Task[None]]:
    """A reader of a chat's link, once it has all that there is."""
    share = await service.sharing.share(USER, workflow_id)
    workflow = await service.sharing.open(share.token)
    client = Client()
    stream = stream_shared(service, workflow, share.token, since)
    reading = asyncio.create_task(client.read(stream))
    await until(lambda: "pulse" in client.types or reading.done())
    return client, reading


async def test_readers_are_let_go_though_nobody_waits_for_the_link_to_be_revoked(
    service: ChatService, assistant: ScriptedAssistant, repository: ChatRepository
) -> None:
    workflow_id = await ask(service, assistant, "one")
    _, reading = await read_shared(service, workflow_id)
    async with repository._database.writing():
        revoking = asyncio.create_task(service.sharing.revoke(USER, workflow_id))
        await until(lambda: service._journal._tasks)
        revoking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await revoking
    await asyncio.wait_for(reading, 30)
