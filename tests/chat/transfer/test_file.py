"""A chat as a file."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING

from quart_chat.assistants.protocol import Step, Text
from quart_chat.chat.ask import Ask
from quart_chat.chat.transfer.file import encode, to_file
from quart_chat.chat.transfer.reading import FoundChat, read_file
from tests.chat.parts import USER, idle
from tests.chat.scripted import END

if TYPE_CHECKING:
    from quart_chat.chat.service import ChatService
    from tests.chat.scripted import ScriptedAssistant


async def test_a_long_reasoning_is_written_and_read_again(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    reasoning = "Hm. " * 10_000
    started = await service.start(Ask(USER, "think"))
    assistant.tell("think", Step("reasoning", reasoning, "completed"), Text("So."), END)
    await idle(service, started.workflow_id)
    data = encode(to_file(await service.snapshot(USER, started.workflow_id)))
    assert json.loads(data)["rounds"][0]["logs"][0]["message"] == reasoning
    (found,) = read_file(BytesIO(data), "chat.json", len(data))
    assert isinstance(found, FoundChat)
