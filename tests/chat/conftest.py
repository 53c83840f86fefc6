from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from quart_chat.chat.repository import ChatRepository
from quart_chat.chat.service import ChatService
from quart_chat.events import StreamingEventManager
from tests.chat.managers import make_manager
from tests.chat.parts import make_service
from tests.chat.scripted import ScriptedAssistant


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "instance" / "chat.sqlite"


@pytest.fixture
async def repository(path: Path) -> AsyncIterator[ChatRepository]:
    repository = await ChatRepository.open(path, busy_timeout=0.05)
    yield repository
    await repository.close()


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
