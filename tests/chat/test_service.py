"""What a person can do with chats, and what they are told when it can't be done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from itertools import count
from typing import Any

import pytest

from quart_chat.assistants.protocol import Output, Question, Step, Text
from quart_chat.chat.ask import Ask
from quart_chat.chat.limits import ChatLimits
from quart_chat.chat.models import Workflow, WorkflowStatus
from quart_chat.chat.service import ChatService
from quart_chat.errors import (
    InvalidInput,
    NotFound,
    PromptTooLong,
    RoundRunning,
    TooManyRequests,
    Unavailable,
)
from quart_chat.events import StreamingEventManager
from quart_chat.storage.sqlite.chats.storage import ChatRepository
from tests.chat.parts import USER, ask, find, make_service
from tests.chat.scripted import OutOfTurn, ScriptedAssistant
from tests.waiting import until

NOWHERE = "0" * 32


async def test_a_request_that_runs_already_is_not_started_again(
    service: ChatService,
) -> None:
    first = await service.start(Ask(USER, "Why?", request_id="request-1"))
    again = await service.start(Ask(USER, "Why?", request_id="request-1"))
    assert (again.workflow_id, again.round_number) == (first.workflow_id, first.round_number)
    assert len((await service.lists.page(USER)).workflows) == 1
    theirs = await service.start(Ask("bob", "Why?", request_id="request-1"))
    assert theirs.workflow_id != first.workflow_id


async def test_a_first_prompt_makes_a_workflow_with_its_title(
    service: ChatService,
) -> None:
    started = await service.start(Ask(USER, "How do I\nresume  a stream?"))
    workflow = await service.workflow(USER, started.workflow_id)
    assert workflow.title == "How do I resume a stream?"
    assert (started.round_number, started.since) == (1, 0)


async def test_a_round_begins_with_the_workflow_and_the_prompt(service: ChatService) -> None:
    started = await service.start(Ask(USER, "Hello"))
    snapshot = await service.snapshot(USER, started.workflow_id)
    assert [(seq, data["type"]) for seq, data in snapshot.items] == [
        (1, "workflow"),
        (2, "message"),
    ]
    (prompt,) = snapshot.messages
    assert (prompt.role, prompt.content, prompt.html) == ("user", "Hello", "<p>Hello</p>")
    assert snapshot.running
    assert snapshot.workflow.status is WorkflowStatus.RUNNING


async def test_a_second_prompt_is_the_next_round_and_comes_with_the_history(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = await ask(service, assistant, "one")
    before = (await service.workflow(USER, workflow_id)).seq
    started = await service.start(Ask(USER, "two", workflow_id=workflow_id))
    await assistant.say("two", Text("!"))
    assert (started.round_number, started.since) == (2, before)
    history = [(turn.role, turn.content) for turn in assistant.questions["two"].history]
    assert history == [("user", "one"), ("assistant", "About one")]


@pytest.mark.parametrize("prompt", ["", " \n\t", None, 7, ["a"]])
async def test_a_prompt_that_is_blank_or_no_text_is_refused(
    service: ChatService, prompt: Any
) -> None:
    with pytest.raises(InvalidInput, match=r"^prompt: "):
        await service.start(Ask(USER, prompt))


async def test_a_prompt_may_have_32000_characters_and_no_more(service: ChatService) -> None:
    await service.start(Ask(USER, "😀" * 32_000))
    with pytest.raises(PromptTooLong, match="32,001 of 32,000 characters"):
        await service.start(Ask(USER, "a" * 32_001))


async def test_what_no_database_takes_is_replaced(service: ChatService) -> None:
    started = await service.start(Ask(USER, "a\0b\ud800c"))
    (prompt,) = (await service.snapshot(USER, started.workflow_id)).messages
    assert prompt.content == "a\ufffdb\ufffdc"


async def test_markup_is_kept_as_it_was_written(service: ChatService) -> None:
    started = await service.start(Ask(USER, "<script>alert('x')</script>'; DROP TABLE users; --"))
    workflow = await service.workflow(USER, started.workflow_id)
    assert workflow.title == "<script>alert('x')</script>'; DROP TABLE users; --"


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("a" * 81, "a" * 79 + "…"),
        ("b" * 80, "b" * 80),
        ("word " * 30, ("word " * 16)[:79] + "…"),
        ("c" * 79 + " d", "c" * 79 + "…"),
    ],
)
async def test_a_long_prompt_makes_a_title_cut_after_a_word(
    service: ChatService, prompt: str, title: str
) -> None:
    started = await service.start(Ask(USER, prompt))
    assert (await service.workflow(USER, started.workflow_id)).title == title
    assert len(title) <= 80


@pytest.mark.parametrize("id_", [NOWHERE, "", "x", "' OR 1=1", "A" * 32, "\ud800" * 32, 5])
async def test_an_unknown_or_malformed_id_is_not_found(service: ChatService, id_: Any) -> None:
    for call in (
        service.start(Ask(USER, "hi", workflow_id=id_)),
        service.stop(USER, id_),
        service.change(USER, id_, title="title"),
        service.delete(USER, id_),
        service.workflow(USER, id_),
        service.snapshot(USER, id_),
    ):
        with pytest.raises(NotFound):
            await call


async def test_what_belongs_to_somebody_else_is_not_found(service: ChatService) -> None:
    theirs = (await service.start(Ask("them", "mine alone"))).workflow_id
    for call in (
        service.start(Ask(USER, "hi", workflow_id=theirs)),
        service.stop(USER, theirs),
        service.change(USER, theirs, title="title"),
        service.delete(USER, theirs),
        service.snapshot(USER, theirs),
    ):
        with pytest.raises(NotFound):
            await call
    assert (await service.lists.page(USER)).workflows == ()
    assert (await service.lists.search(USER, "mine")).found == ()


async def test_an_unknown_assistant_is_refused(service: ChatService) -> None:
    with pytest.raises(InvalidInput, match="assistant"):
        await service.start(Ask(USER, "hi", assistant="unknown"))


async def test_a_workflow_answers_one_prompt_at_a_time(service: ChatService) -> None:
    workflow_id = (await service.start(Ask(USER, "one"))).workflow_id
    with pytest.raises(RoundRunning):
        await service.start(Ask(USER, "two", workflow_id=workflow_id))


async def test_of_two_prompts_at_once_one_is_answered(service: ChatService) -> None:
    workflow_id = (await service.start(Ask(USER, "one"))).workflow_id
    await service.stop(USER, workflow_id)
    results = await asyncio.gather(
        *(service.start(Ask(USER, prompt, workflow_id=workflow_id)) for prompt in "abc"),
        return_exceptions=True,
    )
    assert sum(isinstance(result, RoundRunning) for result in results) == 2


async def test_only_so_many_rounds_of_a_user_run_at_once(
    repository: ChatRepository, events: StreamingEventManager, assistant: ScriptedAssistant
) -> None:
    service = make_service(repository, events, assistant, limits=ChatLimits(running_rounds=2))
    first = await service.start(Ask(USER, "one"))
    await service.start(Ask(USER, "two"))
    with pytest.raises(TooManyRequests):
        await service.start(Ask(USER, "three"))
    await service.start(Ask("bob", "four"))
    await service.stop(USER, first.workflow_id)
    await service.start(Ask(USER, "five"))
    await service.close()


async def test_a_rename_makes_one_line_of_the_title(service: ChatService) -> None:
    workflow_id = (await service.start(Ask(USER, "one"))).workflow_id
    renamed = await service.change(USER, workflow_id, title=" <b>new</b>\n title\0 ")
    assert renamed.title == "<b>new</b> title\ufffd"
    assert await service.workflow(USER, workflow_id) == renamed


@pytest.mark.parametrize("title", ["", " \n", "a" * 201, 5])
async def test_a_title_is_one_to_200_characters(service: ChatService, title: Any) -> None:
    workflow_id = (await service.start(Ask(USER, "one"))).workflow_id
    with pytest.raises(InvalidInput, match=r"^title: "):
        await service.change(USER, workflow_id, title=title)


async def test_deleting_a_running_workflow_stops_it_first(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = (await service.start(Ask(USER, "one"))).workflow_id
    await assistant.say("one", Text("half"))
    async with service.events.subscribe(workflow_id) as subscription:
        await service.delete(USER, workflow_id)
        types: list[str] = []
        while len(types) < 4:
            batch = await subscription.read()
            assert batch is not None
            types += [event.data.get("type", event.type) for event in batch.events]
    assert types == ["message", "workflow", "stopped", "workflow"]
    assert assistant.closed == ["one"]


async def test_a_prompt_that_slips_in_before_a_deletion_is_stopped_too(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = (await service.start(Ask(USER, "one"))).workflow_id
    deletion, start = await asyncio.gather(
        service.delete(USER, workflow_id),
        _start_when_idle(service, workflow_id),
        return_exceptions=True,
    )
    assert deletion is None
    assert start is None or isinstance(start, NotFound)
    with pytest.raises(NotFound):
        await service.workflow(USER, workflow_id)


async def _start_when_idle(service: ChatService, workflow_id: str) -> None:
    while True:
        try:
            await service.start(Ask(USER, "two", workflow_id=workflow_id))
        except RoundRunning:
            continue
        return


async def test_a_list_has_pinned_workflows_first_and_then_the_latest(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    ids = [await ask(service, assistant, prompt) for prompt in ("one", "two", "three", "four")]
    await service.change(USER, ids[1], pinned=True)
    await service.change(USER, ids[0], title="renamed")
    titles = [workflow.title for workflow in (await service.lists.page(USER)).workflows]
    assert titles == ["two", "four", "three", "renamed"]
    await service.change(USER, ids[1], pinned=False)
    await ask(service, assistant, "again", workflow_id=ids[0])
    titles = [workflow.title for workflow in (await service.lists.page(USER)).workflows]
    assert titles == ["renamed", "four", "three", "two"]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6])
async def test_the_pages_of_a_list_make_the_whole(service: ChatService, limit: int) -> None:
    ids = [(await service.start(Ask(USER, f"number {n}"))).workflow_id for n in range(5)]
    for id_ in ids[1:3]:
        await service.change(USER, id_, pinned=True)
    whole = (await service.lists.page(USER)).workflows
    pages: list[Workflow] = []
    cursor = None
    while True:
        page = await service.lists.page(USER, before=cursor, limit=limit)
        assert page.list_seq == 7
        pages += page.workflows
        cursor = page.next
        if cursor is None:
            break
    assert tuple(pages) == whole
    assert [workflow.pinned for workflow in whole] == [True, True, False, False, False]


@pytest.mark.parametrize("cursor", ["x", "e30=", "ä", "WzEsMl0=", "bnVsbA==", "AAAA"])
async def test_a_cursor_that_no_page_gave_is_refused(service: ChatService, cursor: str) -> None:
    with pytest.raises(InvalidInput, match=r"^before: "):
        await service.lists.page(USER, before=cursor)


async def test_the_words_of_final_messages_can_be_searched(
    service: ChatService, assistant: ScriptedAssistant, repository: ChatRepository
) -> None:
    workflow_id = await ask(service, assistant, "resuming streams")
    await service.start(Ask(USER, "streaming still"))
    await assistant.say("streaming still", Text("unfinished streams"))

    async def search(text: str, **exclude: str) -> list[str]:
        return sorted(found.content for found in await find(repository, text, **exclude))

    assert await search("resume") == ["About resuming streams", "resuming streams"]
    assert await search("unfinished") == []
    assert await search("resume", exclude_assistant="scripted") == ["resuming streams"]
    assert await search("streams", exclude_workflow_id=workflow_id) == ["streaming still"]


async def test_a_start_goes_on_when_the_one_who_asked_is_gone(
    service: ChatService, assistant: ScriptedAssistant, repository: ChatRepository
) -> None:
    queries = repository.queries
    task = asyncio.create_task(service.start(Ask(USER, "one")))
    await until(lambda: repository.queries > queries)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await assistant.say("one", Text("still here"))
    (workflow,) = (await service.lists.page(USER)).workflows
    assert (await service.snapshot(USER, workflow.id)).messages[1].content == "still here"


async def test_a_service_closes_though_its_rounds_never_pause(
    repository: ChatRepository, events: StreamingEventManager
) -> None:
    async def answer(question: Question) -> AsyncGenerator[Output, None]:
        for number in count():
            yield Step("s", f"Step {number}")

    service = make_service(repository, events, OutOfTurn(answer))
    ids = [(await service.start(Ask(USER, prompt))).workflow_id for prompt in "abc"]
    async with asyncio.timeout(10):
        await service.close()
    for workflow_id in ids:
        assert (await service.snapshot(USER, workflow_id)).rounds[0].code == "interrupted"


async def test_a_closed_service_ends_what_runs_and_starts_nothing(
    service: ChatService, assistant: ScriptedAssistant
) -> None:
    workflow_id = (await service.start(Ask(USER, "one"))).workflow_id
    await assistant.say("one", Text("half"))
    await service.close()
    await service.close()
    snapshot = await service.snapshot(USER, workflow_id)
    assert [(r.status, r.code) for r in snapshot.rounds] == [("error", "interrupted")]
    assert [(m.content, m.status) for m in snapshot.messages[1:]] == [("half", "error")]
    with pytest.raises(Unavailable):
        await service.start(Ask(USER, "two"))
