"""Rounds as a tree: new versions of a round, and the branch that is shown."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from quart_chat.assistants.protocol import AssistantError, Text
from quart_chat.chat.ask import Ask
from quart_chat.chat.service import ChatService
from quart_chat.chat.storage import ChatReader
from quart_chat.chat.views import BranchPage
from quart_chat.errors import ChatError, InvalidInput, NotFound, RoundRunning
from quart_chat.events import StreamingEventManager
from quart_chat.storage.sqlite.chats import branches
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from quart_chat.storage.sqlite.file.schema import MIGRATIONS
from tests.chat.managers import make_manager
from tests.chat.parts import USER, find, make_service
from tests.chat.scripted import END, ScriptedAssistant
from tests.databases import query

Scripted = ScriptedAssistant


async def ask(
    service: ChatService,
    assistant: Scripted,
    prompt: str | None,
    workflow_id: str | None = None,
    *,
    answer: str = "An answer.",
    replaces: int | None = None,
    name: str | None = None,
) -> str:
    """Have a round asked and answered; returns the workflow's id."""
    started = await service.start(
        Ask(USER, prompt, workflow_id=workflow_id, replaces=replaces, assistant=name)
    )
    running = service.rounds.running[started.workflow_id]
    assistant.tell(running.question.prompt, Text(answer), END)
    await asyncio.wait({running._task})
    return started.workflow_id


async def shown(service: ChatService, workflow_id: str, **options: Any) -> list[int]:
    return numbers(await service.tree.branch(USER, workflow_id, **options))


def numbers(page: BranchPage) -> list[int]:
    return [round_.number for round_ in page.snapshot.rounds]


def contents(page: BranchPage) -> list[str]:
    return [message.content for message in page.snapshot.messages]


@pytest.fixture
async def forked(service: ChatService, assistant: Scripted) -> str:
    """Rounds 1, 2 and 3 in a row; then 4, an edit of 2, and 5 after it."""
    chat = await ask(service, assistant, "one")
    await ask(service, assistant, "two", chat)
    await ask(service, assistant, "three", chat)
    await ask(service, assistant, "another two", chat, replaces=2)
    await ask(service, assistant, "another three", chat)
    return chat


async def title(service: ChatService, workflow_id: str) -> str:
    return (await service.workflow(USER, workflow_id)).title


async def test_the_title_follows_an_edit_of_the_first_question(
    service: ChatService, assistant: Scripted
) -> None:
    chat = await ask(service, assistant, "How long do I boil an edge?")
    await ask(service, assistant, "And a duck's?", chat)
    await ask(service, assistant, "And a goose's?", chat, replaces=2)
    assert await title(service, chat) == "How long do I boil an edge?"
    await ask(service, assistant, "How long do I boil an egg?", chat, replaces=1)
    assert await title(service, chat) == "How long do I boil an egg?"
    await service.change(USER, chat, title="Eggs")
    await ask(service, assistant, "How long do I fry an egg?", chat, replaces=1)
    assert await title(service, chat) == "Eggs"


async def test_rounds_of_a_chat_follow_one_another(
    service: ChatService, assistant: Scripted
) -> None:
    chat = await ask(service, assistant, "one")
    await ask(service, assistant, "two", chat)
    page = await service.tree.branch(USER, chat)
    assert [round_.parent for round_ in page.snapshot.rounds] == [None, 1]
    assert page.versions == {1: (1,), 2: (2,)}
    assert page.workflow.head == 2


async def test_an_edit_is_shown_in_the_place_of_what_it_replaces(
    service: ChatService, forked: str
) -> None:
    page = await service.tree.branch(USER, forked)
    assert numbers(page) == [1, 4, 5]
    assert page.versions == {1: (1,), 4: (2, 4), 5: (5,)}
    assert contents(page)[2::2] == ["another two", "another three"]


async def test_the_first_prompt_can_be_edited_too(
    service: ChatService, assistant: Scripted
) -> None:
    chat = await ask(service, assistant, "one")
    await ask(service, assistant, "uno", chat, replaces=1)
    page = await service.tree.branch(USER, chat)
    assert (numbers(page), page.versions) == ([2], {2: (1, 2)})


async def test_without_a_prompt_the_same_is_asked_again(
    service: ChatService, assistant: Scripted
) -> None:
    chat = await ask(service, assistant, "one", answer="first")
    await ask(service, assistant, None, chat, answer="second", replaces=1)
    page = await service.tree.branch(USER, chat)
    prompt, answer = page.snapshot.messages
    assert (prompt.content, prompt.html, answer.content) == ("one", "<p>one</p>", "second")


async def test_an_assistant_is_told_of_its_own_branch_alone(
    service: ChatService, assistant: Scripted, forked: str
) -> None:
    await ask(service, assistant, "four", forked)
    history = [turn.content for turn in assistant.questions["four"].history]
    assert history[::2] == ["one", "another two", "another three"]
    await service.change(USER, forked, head=3)
    await ask(service, assistant, "quattro", forked)
    history = [turn.content for turn in assistant.questions["quattro"].history]
    assert history[::2] == ["one", "two", "three"]


async def test_a_new_version_of_the_first_prompt_has_no_history(
    service: ChatService, assistant: Scripted, forked: str
) -> None:
    await ask(service, assistant, "uno", forked, replaces=1)
    assert assistant.questions["uno"].history == ()


async def test_the_newest_leaf_below_a_round_is_shown(service: ChatService, forked: str) -> None:
    workflow = await service.change(USER, forked, head=2)
    assert workflow.head == 3
    assert await shown(service, forked) == [1, 2, 3]
    assert (await service.change(USER, forked, head=1)).head == 5


async def test_to_show_what_is_shown_changes_nothing(service: ChatService, forked: str) -> None:
    before = await service.workflow(USER, forked)
    assert await service.change(USER, forked, head=5) == before


async def test_what_is_changed_together_is_one_change(service: ChatService, forked: str) -> None:
    before = await service.workflow(USER, forked)
    after = await service.change(USER, forked, head=3, title="New", pinned=True, read_seq=10**6)
    assert (after.head, after.title, after.pinned, after.unread) == (3, "New", True, False)
    assert after.seq == before.seq + 1


@pytest.mark.parametrize("refused", [{"head": 9, "title": "New"}, {"head": 3, "title": ""}])
async def test_of_what_is_changed_together_nothing_is_where_a_part_is_refused(
    service: ChatService, forked: str, refused: dict[str, Any]
) -> None:
    before = await service.workflow(USER, forked)
    with pytest.raises(ChatError):
        await service.change(USER, forked, **refused)
    assert await service.workflow(USER, forked) == before


async def test_to_step_does_not_move_a_chat_up_the_list(service: ChatService, forked: str) -> None:
    before = await service.workflow(USER, forked)
    after = await service.change(USER, forked, head=3)
    assert after.updated_at == before.updated_at
    assert after.seq == before.seq + 1


async def test_a_chat_has_failed_if_the_round_that_is_shown_last_has(
    service: ChatService, assistant: Scripted
) -> None:
    chat = await ask(service, assistant, "one")
    await service.start(Ask(USER, "fail", workflow_id=chat, replaces=1))
    running = service.rounds.running[chat]
    assistant.tell("fail", AssistantError("gone", "It is gone."))
    await asyncio.wait({running._task})
    assert (await service.workflow(USER, chat)).status == "error"
    assert (await service.change(USER, chat, head=1)).status == "idle"
    assert (await service.change(USER, chat, head=2)).status == "error"


@pytest.mark.parametrize("number", [0, 6, 2**53])
async def test_a_round_that_is_not_there_is_not_found(
    service: ChatService, forked: str, number: int
) -> None:
    with pytest.raises(NotFound, match="round"):
        await service.change(USER, forked, head=number)
    with pytest.raises(NotFound, match="round"):
        await service.start(Ask(USER, "x", workflow_id=forked, replaces=number))
    with pytest.raises(NotFound, match="round"):
        await service.tree.branch(USER, forked, before=number)
    with pytest.raises(NotFound, match="round"):
        await service.tree.round(USER, forked, number)


async def test_a_round_is_replaced_in_a_chat_that_is_named(service: ChatService) -> None:
    with pytest.raises(InvalidInput, match="replaces"):
        await service.start(Ask(USER, "x", replaces=1))


async def test_nothing_is_replaced_or_shown_while_a_round_runs(
    service: ChatService, assistant: Scripted, forked: str
) -> None:
    await service.start(Ask(USER, "six", workflow_id=forked))
    with pytest.raises(RoundRunning):
        await service.start(Ask(USER, None, workflow_id=forked, replaces=2))
    with pytest.raises(RoundRunning):
        await service.change(USER, forked, head=2)
    await service.stop(USER, forked)
    assert await shown(service, forked) == [1, 4, 5, 6]


async def test_to_ask_somebody_else_again_does_not_change_who_is_asked_next(
    repository: ChatRepository, events: StreamingEventManager
) -> None:
    one, other = ScriptedAssistant(), ScriptedAssistant()
    other.name = "other"
    service = make_service(repository, events, one, other)
    chat = await ask(service, one, "one")
    await ask(service, other, None, chat, replaces=1, name="other")
    assert (await service.workflow(USER, chat)).assistant == "scripted"
    assert (await service.tree.round(USER, chat, 2)).assistant == "other"
    await ask(service, other, None, chat, replaces=2)
    assert (await service.tree.round(USER, chat, 3)).assistant == "other"
    await service.close()


async def test_the_documents_of_a_round_are_kept_for_its_new_versions(
    service: ChatService, assistant: Scripted
) -> None:
    chat = (await service.start(Ask(USER, "one", document_ids=("a", "b")))).workflow_id
    await service.stop(USER, chat)
    assert (await service.tree.round(USER, chat, 1)).document_ids == ("a", "b")
    await ask(service, assistant, "uno", chat, replaces=1)
    assert assistant.questions["uno"].document_ids == ("a", "b")
    await ask(service, assistant, "two", chat)
    assert assistant.questions["two"].document_ids == ("a", "b")


async def test_a_new_version_of_a_stopped_round_does_not_disturb_it(
    service: ChatService, assistant: Scripted
) -> None:
    chat = (await service.start(Ask(USER, "one"))).workflow_id
    await assistant.say("one", Text("Half"))
    await service.stop(USER, chat)
    await ask(service, assistant, None, chat, replaces=1, answer="Whole")
    assert contents(await service.tree.branch(USER, chat)) == ["one", "Whole"]
    await service.change(USER, chat, head=1)
    assert contents(await service.tree.branch(USER, chat)) == ["one", "Half"]


async def test_what_a_crash_interrupts_stays_in_its_branch(
    repository: ChatRepository, events: StreamingEventManager, assistant: Scripted
) -> None:
    dying = make_service(repository, events, assistant)
    chat = await ask(dying, assistant, "one")
    await dying.start(Ask(USER, "uno", workflow_id=chat, replaces=1))
    # The process ends here; the next one finds the round as it is in the database.
    restarted = make_service(repository, make_manager(), assistant)
    await restarted.recover()
    page = await restarted.tree.branch(USER, chat)
    assert [(r.number, r.status, r.code) for r in page.snapshot.rounds] == [
        (2, "error", "interrupted")
    ]
    assert (await restarted.change(USER, chat, head=1)).head == 1
    await dying.close()


async def test_a_branch_is_read_a_page_at_a_time(service: ChatService, assistant: Scripted) -> None:
    chat = await ask(service, assistant, "1")
    for number in range(2, 8):
        await ask(service, assistant, str(number), chat)
    pages = [await service.tree.branch(USER, chat, limit=3)]
    while pages[-1].more:
        first = numbers(pages[-1])[0]
        pages.append(await service.tree.branch(USER, chat, before=first, limit=3))
    assert [numbers(page) for page in pages] == [[5, 6, 7], [2, 3, 4], [1]]
    assert await shown(service, chat, before=1) == []


async def test_rounds_before_one_are_those_of_its_own_branch(
    service: ChatService, forked: str
) -> None:
    assert await shown(service, forked, before=3) == [1, 2]
    assert await shown(service, forked, before=5) == [1, 4]


async def test_rounds_up_to_one_are_read_on_whichever_branch_it_is(
    service: ChatService, forked: str
) -> None:
    assert await shown(service, forked, last=3) == [1, 2, 3]
    assert await shown(service, forked, last=4) == [1, 4]
    with pytest.raises(NotFound, match="round"):
        await service.tree.branch(USER, forked, last=6)


async def test_a_page_carries_the_text_in_flight(service: ChatService, assistant: Scripted) -> None:
    chat = (await service.start(Ask(USER, "one"))).workflow_id
    await assistant.say("one", Text("so "), Text("far"))
    assert contents(await service.tree.branch(USER, chat)) == ["one", "so far"]


async def test_both_branches_are_found_by_a_search(
    service: ChatService, repository: ChatRepository, forked: str
) -> None:
    for word in ("three", "another"):
        page = await service.lists.search(USER, word)
        assert [found.workflow.id for found in page.found] == [forked]
    assert {each.round_number for each in await find(repository, "three")} == {3, 5}


async def test_a_chat_is_deleted_with_all_its_branches(service: ChatService, forked: str) -> None:
    await service.delete(USER, forked)
    with pytest.raises(NotFound):
        await service.tree.branch(USER, forked)


async def test_a_page_of_a_long_chat_takes_eight_statements_and_no_scan(
    service: ChatService, repository: ChatRepository, path: Path, assistant: Scripted
) -> None:
    chat = await ask(service, assistant, "one")
    lengthen(path.parent, chat, 1000)
    before = repository.queries
    page = await service.tree.branch(USER, chat)
    assert repository.queries - before == 8
    assert numbers(page) == list(range(971, 1001))
    assert (await service.change(USER, chat, head=1)).head == 1000


def lengthen(instance: Path, chat: str, rounds: int) -> None:
    """Make a chat of one round longer, as if it had gone on and on."""
    query(
        instance,
        "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        " INSERT INTO rounds (workflow_id, number, parent, status, assistant, started_at)"
        " SELECT ?, i, i - 1, 'complete', 'scripted', 0 FROM n",
        rounds,
        chat,
    )
    query(instance, "UPDATE workflows SET head = ? WHERE id = ?", rounds, chat)


@pytest.mark.sqlite
@pytest.mark.parametrize("statement", ["_ROUNDS", "_HISTORY", "_VERSIONS", "_NEWEST_BELOW"])
async def test_branches_are_searched_by_index(
    repository: ChatRepository, path: Path, statement: str
) -> None:
    sql = getattr(branches, statement)
    with sqlite3.connect(path) as database:
        plan = database.execute(f"EXPLAIN QUERY PLAN {sql}", [0] * sql.count("?")).fetchall()
    database.close()
    read = [row[3] for row in plan]
    assert [line for line in read if line.startswith(("SCAN rounds", "SCAN messages"))] == []


@pytest.mark.sqlite
async def test_a_chat_of_an_earlier_version_is_one_branch(path: Path) -> None:
    path.parent.mkdir()
    earlier = next(number for number, script in enumerate(MIGRATIONS) if "head INTEGER" in script)
    with sqlite3.connect(path) as database:
        for script in MIGRATIONS[:earlier]:
            database.executescript(script)
        database.executescript(OLD_CHAT)
        database.execute(f"PRAGMA user_version = {earlier}")
    database.close()
    repository = await ChatRepository.open(path)

    def read(reader: ChatReader) -> BranchPage:
        workflow = reader.select_workflow("0" * 32)
        assert workflow is not None
        return reader.select_branch(workflow, workflow.head, 30)

    page = await repository.read(read)
    assert [round_.parent for round_ in page.snapshot.rounds] == [None, 1, 2]
    assert [message.parent_round for message in page.snapshot.messages] == [None, 1, 2]
    assert page.workflow.head == 3
    await repository.close()


OLD_CHAT = """
    INSERT INTO users (id, list_seq, created_at) VALUES ('USER', 1, 0.0);
    INSERT INTO workflows (
      id, user_id, title, status, pinned, deleted, seq, item_seq, list_seq, created_at, updated_at
    ) VALUES ('CHAT', 'USER', 'Old', 'idle', 0, 0, 9, 9, 1, 0.0, 0.0);
    INSERT INTO rounds (workflow_id, number, status, assistant, started_at)
    SELECT 'CHAT', value, 'complete', 'x', 0.0 FROM json_each('[1, 2, 3]');
    INSERT INTO messages (
      id, workflow_id, round_number, role, content, status, sources, created_at, updated_at, seq
    )
    SELECT value, 'CHAT', value, 'user', 'x', 'complete', '[]', 0.0, 0.0, value
    FROM json_each('[1, 2, 3]');
""".replace("USER", USER).replace("CHAT", "0" * 32)
