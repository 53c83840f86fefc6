from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from quart_chat.chat.service import ChatService
from quart_chat.events import StreamingEventManager
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from tests.chat.managers import make_manager
from tests.chat.parts import make_service
from tests.chat.scripted import ScriptedAssistant


@pytest.fixture
async def events() -> AsyncIterator[StreamingEventManager]:
    manager = make_manager()
    yield manager
    await manager.close()


@pytest.fixture
def assistant() -> ScriptedAssistant:
    return ScriptedAssistant()


@pytest.fixture
async def service(
    repository: ChatRepository, events: StreamingEventManager, assistant: ScriptedAssistant
) -> AsyncIterator[ChatService]:
    service = make_service(repository, events, assistant)
    yield service
    if assistant.release is not None:
        assistant.release.set()
    await service.close()
