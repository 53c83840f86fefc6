"""The chat's parts, put together for tests."""

from __future__ import annotations

from typing import Any

from quart_chat.assistants.librarian.corpora import FoundMessage
from quart_chat.assistants.protocol import Assistant, Text
from quart_chat.chat.ask import Ask
from quart_chat.chat.limits import ChatLimits
from quart_chat.chat.rounds.context import RoundTimeouts
from quart_chat.chat.service import ChatService
from quart_chat.events import StreamingEventManager
from quart_chat.markdown.rendering import Render
from quart_chat.search.words import terms
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from tests.chat.scripted import END, ScriptedAssistant
from tests.stores import store_of

USER = "local"
TIMEOUTS = RoundTimeouts(
    checkpoint=0.0, stop=0.02, close=0.02, known=30.0, retry=0.001, max_retry=0.004
)


def render(text: str, *_: object) -> str:
    return f"<p>{text}</p>"


def make_service(
    repository: ChatRepository,
    events: StreamingEventManager,
    *assistants: Assistant,
    limits: ChatLimits | None = None,
    timeouts: RoundTimeouts = TIMEOUTS,
    render: Render = render,
) -> ChatService:
    return ChatService(
        repository,
        events,
        {assistant.name: assistant for assistant in assistants},
        assistants[0].name,
        render=render,
        limits=limits,
        timeouts=timeouts,
    )


async def ask(service: ChatService, assistant: ScriptedAssistant, prompt: str, **where: Any) -> str:
    """Have a prompt answered, and return the workflow's id."""
    started = await service.start(Ask(USER, prompt, **where))
    assistant.tell(prompt, Text(f"About {prompt}"), END)
    await idle(service, started.workflow_id)
    return started.workflow_id


async def idle(service: ChatService, workflow_id: str) -> None:
    """Wait for the end of the running round, without ending it."""
    async for event in service.events.stream_events(workflow_id):
        if event.terminal:
            return


async def find(repository: ChatRepository, text: str, **exclude: str) -> list[FoundMessage]:
    """Search the chats of the user as the Librarian does."""
    exclude = {"exclude_workflow_id": "", "exclude_assistant": "", **exclude}
    search = store_of(repository._database).chat_search
    return await search.select_matching_messages(USER, terms(text), limit=9, **exclude)
