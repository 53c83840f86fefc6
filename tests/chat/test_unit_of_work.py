"""What is committed is emitted, in the order of commits, whoever has gone in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from quart_chat.chat.ask import Ask
from quart_chat.chat.service import ChatService
from quart_chat.events import StreamingEventManager
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from tests.chat.parts import USER, make_service
from tests.chat.scripted import ScriptedAssistant
from tests.waiting import until


class GatedManager(StreamingEventManager):
    """An event manager whose emitting waits at a gate, as a broker's might."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()
        self.waiting = 0
        self.seqs: list[int] = []

    async def emit_event(self, context_id: str, *args: Any, **kwargs: Any) -> None:
        self.waiting += 1
        await self.gate.wait()
        if not context_id.startswith("user:"):
            self.seqs.append(kwargs["seq"])
        await super().emit_event(context_id, *args, **kwargs)


@pytest.fixture
async def gated() -> AsyncIterator[GatedManager]:
    manager = GatedManager()
    yield manager
    await manager.close()


@pytest.fixture
async def service(
    repository: ChatRepository, gated: GatedManager, assistant: ScriptedAssistant
) -> AsyncIterator[ChatService]:
    service = make_service(repository, gated, assistant)
    yield service
    gated.gate.set()
    await service.close()


async def test_no_entry_is_committed_before_the_last_one_is_emitted(
    service: ChatService, gated: GatedManager
) -> None:
    workflow_id = (await service.start(Ask(USER, "one"))).workflow_id
    gated.gate.clear()
    gated.waiting = 0
    first = asyncio.create_task(service.change(USER, workflow_id, title="first"))
    await until(lambda: gated.waiting)
    second = asyncio.create_task(service.change(USER, workflow_id, title="second"))
    seqs = [(await service.workflow(USER, workflow_id)).seq for _ in range(50)]
    assert seqs == [3] * 50
    gated.gate.set()
    await asyncio.gather(first, second)
    assert gated.seqs == [1, 2, 3, 4]


async def test_what_is_committed_is_emitted_though_nobody_waits_for_it(
    service: ChatService, gated: GatedManager
) -> None:
    workflow_id = (await service.start(Ask(USER, "one"))).workflow_id
    gated.gate.clear()
    gated.waiting = 0
    task = asyncio.create_task(service.change(USER, workflow_id, title="new"))
    await until(lambda: gated.waiting)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gated.gate.set()
    await service.close()
    assert gated.seqs[:3] == [1, 2, 3]
    assert (await service.workflow(USER, workflow_id)).title == "new"
