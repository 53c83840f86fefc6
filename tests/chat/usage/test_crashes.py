"""A process that dies in the midst of an answer loses no count, and counts nothing twice."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from quart_chat.assistants.protocol import Models, Output, Question, Step, Text, Usage
from quart_chat.chat.ask import Ask
from quart_chat.events import StreamingEventManager
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from tests.chat.managers import make_manager
from tests.chat.scripted import END, ScriptedAssistant
from tests.chat.usage.teams import USER, add_user, team_service


class Scripted(ScriptedAssistant):
    """Says which model answers before all else, as the model's assistant does."""

    default_model = "verse"

    async def models(self) -> Models:
        return Models(("verse",), "verse")

    async def answer(self, question: Question) -> AsyncGenerator[Output, None]:
        yield Usage("verse", estimated_prompt_tokens=5000)
        async for output in super().answer(question):
            yield output


async def test_what_a_dead_process_was_writing_is_counted_once(
    repository: ChatRepository, events: StreamingEventManager
) -> None:
    await add_user(repository)
    assistant = Scripted()
    dead = team_service(repository, events, assistant)  # type: ignore[arg-type]  # any assistant
    started = await dead.start(Ask(USER, "a question of some words"))
    await assistant.say("a question of some words", Text("Well, it is like this. " * 9))
    assert await repository.read(lambda r: r.select_usage("")) == []
    # Another process takes the round over, then the first one tries to end it all the same.
    manager = make_manager()
    other = team_service(repository, manager, Scripted())  # type: ignore[arg-type]  # any assistant
    await repository.write(
        lambda tx: tx.statements.fetch("UPDATE rounds SET node_id = 'gone', seq = NULL")
    )
    await other.recover()
    (used,) = await repository.read(lambda r: r.select_usage(""))
    assert (used.model, used.rounds) == ("verse", 1)
    assert used.prompt_tokens == 5000
    assert used.answer_tokens > 5
    assistant.tell("a question of some words", Usage("verse", 1000, 1000), END)
    await dead.rounds.running[started.workflow_id].settle()
    await dead.close()
    await other.recover()
    assert await repository.read(lambda r: r.select_usage("")) == [used]
    await other.close()
    await manager.close()


async def test_what_a_dead_process_was_thinking_is_counted(
    repository: ChatRepository, events: StreamingEventManager
) -> None:
    await add_user(repository)
    assistant, manager = Scripted(), make_manager()
    dead = team_service(repository, events, assistant)  # type: ignore[arg-type]  # any assistant
    await dead.start(Ask(USER, "a question"))
    thought = Step("reasoning", "Roses, or violets? " * 50, type="reasoning")
    await assistant.say("a question", thought)
    other = team_service(repository, manager, Scripted())  # type: ignore[arg-type]  # any assistant
    await repository.write(
        lambda tx: tx.statements.fetch("UPDATE rounds SET node_id = 'gone', seq = NULL")
    )
    await other.recover()
    used = await repository.read(lambda r: r.select_usage(""))
    for service in (dead, other):
        await service.close()
    await manager.close()
    assert [(each.model, each.rounds) for each in used] == [("verse", 1)]
    assert used[0].answer_tokens > 200
    assert used[0].prompt_tokens > 0
