"""Queued prompts, as every engine stores and finds them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quart_chat.chat.ask import Ask
from quart_chat.chat.models import Workflow, WorkflowStatus
from quart_chat.chat.queue.prompts import PromptStatus, QueuedPrompt, new_queued_prompt
from quart_chat.chat.storage import ChatReader, ChatTransaction, PartBounds
from quart_chat.errors import DatabaseUnavailable
from quart_chat.storage import Storage
from tests.storage.contract.chats import USER, begin_workflow, put_workflow


def put_prompt(
    tx: ChatTransaction, workflow: Workflow, text: str, place: int, **changes: object
) -> QueuedPrompt:
    """Store a queued prompt as the next change of its workflow."""
    ask = Ask(USER, text, workflow_id=workflow.id)
    prompt = replace(new_queued_prompt(ask, text, None, place), **changes)  # type: ignore[arg-type]  # fields
    prompt = replace(prompt, seq=tx.next_seq(workflow.id))
    tx.upsert_queued_prompt(prompt)
    return prompt


def take_out(tx: ChatTransaction, prompt: QueuedPrompt, status: PromptStatus) -> QueuedPrompt:
    """Store that a prompt waits no longer."""
    seq = tx.next_seq(prompt.workflow_id)
    out = replace(prompt, status=status, due=False, content="", html=None, seq=seq)
    tx.upsert_queued_prompt(out)
    return out


async def test_a_prompt_comes_back_as_it_was_stored(storage: Storage) -> None:
    def write(tx: ChatTransaction) -> list[QueuedPrompt]:
        workflow = begin_workflow(tx)
        full = {
            "html": "<p>x</p>",
            "due": True,
            "assistant": "model",
            "model": "large",
            "document_ids": ("a", "b"),
            "request_id": "request-1",
        }
        return [
            put_prompt(tx, workflow, "„Grüße“ \N{SNOWMAN} 😀\n\ttab", 1, **full),
            put_prompt(tx, workflow, "of no documents", 2, document_ids=()),
            put_prompt(tx, workflow, "as it was asked last", 3),
        ]

    prompts = await storage.chats.write(write)
    chat = prompts[0].workflow_id
    assert list(await storage.chats.read(lambda r: r.select_queue(chat))) == prompts
    for prompt in prompts:
        found = await storage.chats.read(lambda r, id_=prompt.id: r.select_queued_prompt(chat, id_))  # type: ignore[misc]  # the default binds it
        assert found == prompt


async def test_prompts_wait_in_the_order_of_their_places(storage: Storage) -> None:
    def write(tx: ChatTransaction) -> str:
        workflow = begin_workflow(tx)
        for text, place in (("b", 2), ("c", 30), ("a", 1)):
            put_prompt(tx, workflow, text, place)
        first = put_prompt(tx, workflow, "z", 31)
        tx.upsert_queued_prompt(replace(first, place=0, seq=tx.next_seq(workflow.id)))
        return workflow.id

    chat = await storage.chats.write(write)
    queue = await storage.chats.read(lambda r: r.select_queue(chat))
    assert [prompt.content for prompt in queue] == ["z", "a", "b", "c"]


async def test_two_prompts_that_wait_have_never_the_same_place(storage: Storage) -> None:
    def write(tx: ChatTransaction) -> None:
        workflow = begin_workflow(tx)
        take_out(tx, put_prompt(tx, workflow, "gone", 1), PromptStatus.REMOVED)
        put_prompt(tx, workflow, "here", 1)
        put_prompt(tx, workflow, "as well", 1)

    with pytest.raises(Exception, match=r"(?i)unique"):
        await storage.chats.write(write)


async def test_what_waits_no_longer_is_found_by_its_id_and_its_request_alone(
    storage: Storage,
) -> None:
    def write(tx: ChatTransaction) -> list[QueuedPrompt]:
        workflow = begin_workflow(tx)
        sent = put_prompt(tx, workflow, "sent", 1, request_id="request-1")
        removed = put_prompt(tx, workflow, "removed", 2, request_id="request-2")
        return [
            take_out(tx, sent, PromptStatus.SENT),
            take_out(tx, removed, PromptStatus.REMOVED),
        ]

    def read(reader: ChatReader) -> list[object]:
        return [
            reader.select_queue(sent.workflow_id),
            reader.select_queued_prompt(sent.workflow_id, sent.id),
            reader.select_queued_request(USER, "request-2"),
            reader.select_queued_request("bob", "request-2"),
            reader.select_queued_request(USER, "request-3"),
            reader.select_queued_prompt("0" * 32, sent.id),
        ]

    sent, removed = await storage.chats.write(write)
    assert await storage.chats.read(read) == [(), sent, removed, None, None, None]


@pytest.mark.parametrize("rows", [1, 2, 500])
async def test_a_snapshot_holds_what_has_changed_of_the_queue(storage: Storage, rows: int) -> None:
    def write(tx: ChatTransaction) -> list[QueuedPrompt]:
        workflow = begin_workflow(tx)
        prompts = [put_prompt(tx, workflow, text, place) for place, text in enumerate("abc")]
        return [*prompts, take_out(tx, prompts[0], PromptStatus.REMOVED)]

    first, second, third, removed = await storage.chats.write(write)

    async def read(since: int) -> list[QueuedPrompt]:
        found: list[QueuedPrompt] = []
        while True:
            part = await storage.chats.read(
                lambda r, since=since: r.select_snapshot(  # type: ignore[misc]  # the default binds it
                    USER, first.workflow_id, since, PartBounds(rows, 10_000)
                )
            )
            assert part is not None
            found += part.queue
            since = part.end
            if part.part_end is None:
                return found

    assert await read(0) == [second, third, removed]
    assert await read(second.seq) == [third, removed]
    assert await read(removed.seq) == []


async def test_due_prompts_are_found_where_no_round_runs(storage: Storage) -> None:
    def write(tx: ChatTransaction) -> list[Workflow]:
        idle, running, deleted, patient = (begin_workflow(tx) for _ in range(4))
        for workflow in (idle, running, deleted):
            put_prompt(tx, workflow, "due", 1, due=True)
        put_prompt(tx, patient, "waits", 1)
        put_workflow(tx, replace(running, seq=2), status=WorkflowStatus.RUNNING)
        put_workflow(tx, replace(deleted, seq=2), deleted=True, deleted_at=1.0)
        return [idle]

    [idle] = await storage.chats.write(write)
    assert await storage.chats.read(lambda r: r.select_due_workflows()) == [idle.id]


async def test_a_queue_is_erased_with_its_chat(storage: Storage) -> None:
    def write(tx: ChatTransaction) -> QueuedPrompt:
        workflow = begin_workflow(tx)
        prompt = put_prompt(tx, workflow, "waits", 1)
        put_workflow(tx, replace(workflow, seq=2), deleted=True, deleted_at=1.0)
        return prompt

    prompt = await storage.chats.write(write)
    chat = prompt.workflow_id
    assert await storage.chats.read(lambda r: r.select_queue(chat)) == (prompt,)
    await storage.chats.write(lambda tx: tx.erase_deleted(2.0))
    assert await storage.chats.read(lambda r: r.select_queued_prompt(chat, prompt.id)) is None


async def test_a_change_that_fails_leaves_the_queue_as_it_was(storage: Storage) -> None:
    workflow = await storage.chats.write(begin_workflow)

    def fail(tx: ChatTransaction) -> None:
        put_prompt(tx, workflow, "lost with its transaction", 1)
        raise DatabaseUnavailable("It failed.")

    with pytest.raises(DatabaseUnavailable):
        await storage.chats.write(fail)
    assert await storage.chats.read(lambda r: r.select_queue(workflow.id)) == ()
