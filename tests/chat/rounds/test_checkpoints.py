"""What is in flight in many rounds is saved together, and what one has lost is lost to it alone."""

from __future__ import annotations

import pytest

from quart_chat.assistants.protocol import Text
from quart_chat.chat.ask import Ask
from quart_chat.chat.rounds.recording import checkpoints
from quart_chat.chat.service import ChatService
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from tests.chat.parts import USER
from tests.chat.scripted import ScriptedAssistant
from tests.stores import fetch
from tests.waiting import until

PROMPTS = [f"Question {n}" for n in range(5)]


async def begin_all(service: ChatService, assistant: ScriptedAssistant) -> list[str]:
    """Rounds with a text in memory; when it is saved is the test's to say."""
    service._context.checkpointer._interval = 3600.0
    ids = [(await service.start(Ask(USER, prompt))).workflow_id for prompt in PROMPTS]
    for prompt in PROMPTS:
        await assistant.say(prompt, Text(f"{prompt}: "), Text("a half"))
    return ids


async def stored_texts(repository: ChatRepository, ids: list[str]) -> list[str]:
    rows = await fetch(
        repository._database, "SELECT workflow_id, content FROM messages WHERE role = 'assistant'"
    )
    texts = {row[0]: str(row[1]) for row in rows}
    return [texts[id_] for id_ in ids]


@pytest.mark.parametrize("most", [1, 2, 50])
async def test_drafts_are_saved_together_as_far_as_a_transaction_goes(
    service: ChatService,
    assistant: ScriptedAssistant,
    repository: ChatRepository,
    monkeypatch: pytest.MonkeyPatch,
    most: int,
) -> None:
    monkeypatch.setattr(checkpoints, "MOST", most)
    ids = await begin_all(service, assistant)
    transactions = 0
    write = repository.write

    async def count(*args: object) -> object:
        nonlocal transactions
        transactions += 1
        return await write(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(repository, "write", count)
    await service._context.checkpointer._save_all()
    assert transactions == -(-len(PROMPTS) // most)
    assert await stored_texts(repository, ids) == [f"{prompt}: a half" for prompt in PROMPTS]


async def test_a_round_that_another_node_has_taken_keeps_none_from_being_saved(
    service: ChatService, assistant: ScriptedAssistant, repository: ChatRepository
) -> None:
    ids = await begin_all(service, assistant)
    taken = "UPDATE rounds SET node_id = 'another' WHERE workflow_id = ?"
    await repository.write(lambda transaction: transaction.statements.fetch(taken, (ids[1],)))
    await service._context.checkpointer._save_all()
    texts = await stored_texts(repository, ids)
    assert [text.endswith("a half") for text in texts] == [True, False, True, True, True]
    await until(lambda: ids[1] not in service.rounds.running)
    assert set(service.rounds.running) == {*ids} - {ids[1]}
