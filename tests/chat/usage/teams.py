"""Chats of users with limits, over a store that tests share between services."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from quart_chat.accounts.models import Role, User
from quart_chat.assistants.protocol import Models, Output, Question, Text, Usage
from quart_chat.chat.ask import Ask
from quart_chat.chat.limits import ChatLimits
from quart_chat.chat.service import ChatService
from quart_chat.events import StreamingEventManager
from quart_chat.limits import parse_limits
from quart_chat.storage.sqlite.accounts.storage import AccountRepository
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from tests.chat.parts import idle, make_service

USER = "local"


class Poet:
    """An assistant with models: an answer takes as many tokens as its prompt says."""

    name = "poet"
    title = "Poet"
    default_model: str | None = "verse"

    async def models(self) -> Models:
        return Models(("verse", "prose"), self.default_model)

    async def answer(self, question: Question) -> AsyncGenerator[Output, None]:
        told, wrote = map(int, question.prompt.split()[:2])
        yield Usage(question.model or "?")
        yield Text("Roses are red. ")
        yield Usage(question.model or "?", told, wrote)


async def add_user(repository: ChatRepository, user_id: str = USER, limits: str = "") -> None:
    accounts = AccountRepository(repository._database)
    user = User(user_id, user_id, Role.USER, 1.0)
    await accounts.write(lambda tx: tx.insert_user(user, user_id, None))
    await accounts.write(lambda tx: tx.update_limits(user_id, limits))


async def set_limits(repository: ChatRepository, limits: str, user_id: str = USER) -> None:
    accounts = AccountRepository(repository._database)
    await accounts.write(lambda tx: tx.update_limits(user_id, limits))


def team_service(
    repository: ChatRepository, events: StreamingEventManager, *assistants: Poet, limits: str = ""
) -> ChatService:
    """A service in which these are the limits of the role."""
    roles = {str(Role.USER): parse_limits(limits)}
    return make_service(
        repository, events, *(assistants or (Poet(),)), limits=ChatLimits(roles=roles)
    )


async def ask(service: ChatService, prompt: str = "1 1", **asked: str | int | None) -> str:
    """Have a prompt answered to its end; the id of its chat."""
    started = await service.start(Ask(USER, prompt, **asked))  # type: ignore[arg-type]  # what it takes
    await idle(service, started.workflow_id)
    return started.workflow_id
