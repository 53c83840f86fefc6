"""Workflows, rounds, messages and links, as every engine stores and finds them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quart_chat.assistants.protocol import Source, Usage
from quart_chat.chat.models import Message, MessageStatus, Round, Share, Workflow
from quart_chat.chat.storage import ChatReader, ChatTransaction, PartBounds
from quart_chat.storage import Storage
from quart_chat.wire import Item
from tests.storage.contract.chats import (
    USER,
    answered,
    begin_round,
    begin_workflow,
    end_round,
    put_log,
    put_message,
    put_workflow,
)


async def test_nothing_is_found_of_what_is_not_there(storage: Storage) -> None:
    def read(reader: ChatReader) -> list[object]:
        return [
            reader.select_workflow("0" * 32),
            reader.select_recoverable("0" * 32, USER),
            reader.select_share("0" * 32),
            reader.select_shared("token"),
            reader.select_round("0" * 32, 1),
            reader.select_requested(USER, "request"),
            reader.select_newest_below("0" * 32, 1),
            reader.select_snapshot(USER, "0" * 32, 0),
            reader.select_oldest_deletion(),
        ]

    assert await storage.chats.read(read) == [None] * 9
    assert not await storage.chats.read(lambda r: r.has_workflow("0" * 32))
    assert await storage.chats.read(lambda r: r.select_text("0" * 32, 1, "user")) == ""


@pytest.mark.parametrize("id_", ["\0", "0" * 31 + "\0", "a\0b"])
async def test_nothing_is_found_by_what_can_not_be_stored(storage: Storage, id_: str) -> None:
    def read(reader: ChatReader) -> list[object]:
        return [
            reader.select_workflow(id_, id_),
            reader.select_shared(id_),
            reader.select_requested(USER, id_),
        ]

    await storage.chats.write(lambda tx: answered(tx, "one"))
    assert await storage.chats.read(read) == [None, None, None]


async def test_a_workflow_is_its_owners_alone(storage: Storage) -> None:
    workflow = await storage.chats.write(begin_workflow)

    def read(reader: ChatReader) -> list[object]:
        return [
            reader.select_workflow(workflow.id, USER),
            reader.select_workflow(workflow.id, "bob"),
            reader.select_snapshot("bob", workflow.id, 0),
            reader.select_page("bob", before=None, limit=9).workflows,
            reader.select_found("bob", ["title"], before=None, limit=9).found,
        ]

    assert await storage.chats.read(read) == [workflow, None, None, (), ()]


async def test_a_message_comes_back_as_it_was_stored(storage: Storage) -> None:
    def write(tx: ChatTransaction) -> Message:
        round_ = begin_round(tx, begin_workflow(tx))
        message = replace(
            put_message(tx, round_, "assistant", "„Grüße“ \N{SNOWMAN} 😀\n\ttab"),
            html="<p>x</p>",
            sources=(Source(1, "Title", "Heading", "/documents/1", "quote"),),
            usage=Usage("model", 1, 2, 3.5, 4),
            citations_verified=True,
        )
        tx.upsert_message(message)
        return message

    message = await storage.chats.write(write)
    snapshot = await storage.chats.read(lambda r: r.select_snapshot(USER, message.workflow_id, 0))
    assert snapshot is not None
    assert snapshot.messages == (message,)


async def test_a_round_ends_once(storage: Storage) -> None:
    round_ = await storage.chats.write(lambda tx: begin_round(tx, begin_workflow(tx)))
    assert await storage.chats.read(lambda r: r.select_orphaned_rounds("another")) == [round_]
    assert await storage.chats.read(lambda r: r.count_running_rounds(USER)) == 1
    ended = await storage.chats.write(lambda tx: end_round(tx, round_))
    assert not await storage.chats.write(lambda tx: tx.end_round(replace(ended, message="again")))
    assert await storage.chats.read(lambda r: r.select_round(*key(round_))) == ended
    assert await storage.chats.read(lambda r: r.select_orphaned_rounds("another")) == []


def key(round_: Round) -> tuple[str, int]:
    return round_.workflow_id, round_.number


async def test_a_request_is_found_by_its_id(storage: Storage) -> None:
    def write(tx: ChatTransaction) -> tuple[str, int, int]:
        workflow = begin_workflow(tx)
        round_ = begin_round(tx, workflow, request_id="request")
        put_message(tx, round_, "user", "Why?")
        return workflow.id, round_.number, workflow.seq

    asked = await storage.chats.write(write)
    assert await storage.chats.read(lambda r: r.select_requested(USER, "request")) == asked
    assert await storage.chats.read(lambda r: r.select_requested("bob", "request")) is None
    assert await storage.chats.read(lambda r: r.select_prompt(*asked[:2])) == ("Why?", None)


async def test_a_checkpoint_changes_only_what_is_in_flight(storage: Storage) -> None:
    def write(tx: ChatTransaction) -> tuple[Message, Message]:
        round_ = begin_round(tx, begin_workflow(tx))
        final = put_message(tx, round_, "user", "asked")
        put_log(tx, round_, "done")
        put_log(tx, round_, "works", "running")
        streaming = put_message(tx, round_, "assistant", "half", MessageStatus.STREAMING)
        tx.update_text_in_flight(replace(final, content="changed"))
        tx.update_text_in_flight(replace(streaming, content="half an answer"))
        return final, replace(streaming, content="half an answer")

    final, streaming = await storage.chats.write(write)
    messages, logs = await storage.chats.read(lambda r: r.select_in_flight(final.workflow_id))
    assert messages == [streaming]
    assert [log.message for log in logs] == ["works"]
    await storage.chats.write(lambda tx: tx.update_progress(replace(logs[0], progress=0.5)))
    _, logs = await storage.chats.read(lambda r: r.select_in_flight(final.workflow_id))
    assert logs[0].progress == 0.5
    snapshot = await storage.chats.read(lambda r: r.select_snapshot(USER, final.workflow_id, 0))
    assert snapshot is not None
    assert [m.content for m in snapshot.messages] == ["asked", "half an answer"]


async def test_a_snapshot_has_what_changed_since_and_what_is_in_flight(storage: Storage) -> None:
    def write(tx: ChatTransaction) -> Workflow:
        workflow = answered(tx, "one")
        round_ = begin_round(tx, workflow, parent=1)
        put_message(tx, round_, "assistant", "half", MessageStatus.STREAMING)
        stored = tx.select_workflow(workflow.id)
        assert stored is not None
        return stored

    workflow = await storage.chats.write(write)
    for since in range(workflow.seq + 1):
        snapshot = await storage.chats.read(
            lambda r, s=since: r.select_snapshot(USER, workflow.id, s)  # type: ignore[misc]  # bound
        )
        assert snapshot is not None
        assert snapshot.messages[-1].content == "half"
        assert all(m.seq > since or m.in_flight for m in snapshot.messages)
    ahead = await storage.chats.read(lambda r: r.select_snapshot(USER, workflow.id, 10**6))
    assert ahead is not None
    assert ahead.since == 0


async def test_parts_add_up_to_the_whole(storage: Storage) -> None:
    workflow = await storage.chats.write(lambda tx: answered(tx, *"abcdefg"))
    whole = await storage.chats.read(lambda r: r.select_snapshot(USER, workflow.id, 0))
    assert whole is not None
    since = 0
    items: dict[int, Item] = {}
    while True:
        part = await storage.chats.read(
            lambda r, s=since: r.select_snapshot(USER, workflow.id, s, PartBounds(2, 10**6))  # type: ignore[misc]  # bound
        )
        assert part is not None
        assert len(part.items) <= 3
        items |= dict(part.items)
        since = part.end
        if part.part_end is None:
            break
    assert sorted(items.items()) == whole.items


async def test_a_branch_leads_to_its_last_round(storage: Storage) -> None:
    def write(tx: ChatTransaction) -> Workflow:
        workflow = answered(tx, "one", "two", "three")
        round_ = begin_round(tx, workflow, parent=1)
        put_message(tx, round_, "user", "another two")
        end_round(tx, round_)
        stored = tx.select_workflow(workflow.id)
        assert stored is not None
        return stored

    workflow = await storage.chats.write(write)

    def read(reader: ChatReader) -> list[object]:
        shown = reader.select_branch(workflow, workflow.head, 30)
        other = reader.select_branch(workflow, 3, 2)
        newest = reader.select_newest_below(workflow.id, 2)
        history = reader.select_history(shown.snapshot.rounds[-1], 10)
        assert newest is not None
        return [
            reader.select_shown(workflow),
            ([r.number for r in shown.snapshot.rounds], shown.versions, shown.more),
            ([r.number for r in other.snapshot.rounds], other.more),
            newest.number,
            [m.content for m in history],
        ]

    assert await storage.chats.read(read) == [
        (1, 4),
        ([1, 4], {1: (1,), 4: (2, 4)}, False),
        ([2, 3], True),
        3,
        ["one", "About one"],
    ]


async def test_a_link_leads_to_its_chat_until_it_is_deleted(storage: Storage) -> None:
    workflow = await storage.chats.write(begin_workflow)
    share = Share("t" * 43, workflow.id, 1.0)
    await storage.chats.write(lambda tx: tx.insert_share(share))
    assert await storage.chats.read(lambda r: r.select_share(workflow.id)) == share
    assert await storage.chats.read(lambda r: r.select_shared(share.token)) == workflow
    assert await storage.chats.write(lambda tx: tx.delete_share(workflow.id)) == share
    assert await storage.chats.write(lambda tx: tx.delete_share(workflow.id)) is None
    assert await storage.chats.read(lambda r: r.select_shared(share.token)) is None


async def test_what_is_deleted_can_be_restored_until_it_is_erased(storage: Storage) -> None:
    def delete(tx: ChatTransaction) -> Workflow:
        return put_workflow(tx, answered(tx, "secret"), deleted=True, deleted_at=5.0)

    workflow = await storage.chats.write(delete)

    def read(reader: ChatReader) -> list[object]:
        return [
            reader.select_workflow(workflow.id),
            reader.has_workflow(workflow.id),
            reader.select_recoverable(workflow.id, USER),
            reader.select_recoverable(workflow.id, "bob"),
            reader.select_oldest_deletion(),
        ]

    assert await storage.chats.read(read) == [None, True, workflow, None, 5.0]
    await storage.chats.write(lambda tx: tx.erase_deleted(4.0))
    assert await storage.chats.read(read) == [None, True, workflow, None, 5.0]
    await storage.chats.write(lambda tx: tx.erase_deleted(5.0))
    assert await storage.chats.read(read) == [None, True, None, None, None]
    assert await storage.chats.read(lambda r: r.select_text(workflow.id, 1, "user")) == ""
    changes = await storage.chats.read(lambda r: r.select_changes(USER, 0))
    assert changes.entries == (replace(workflow, title="", deleted_at=None),)


async def test_a_list_comes_in_pages_pinned_first_then_the_latest(storage: Storage) -> None:
    def write(tx: ChatTransaction) -> None:
        for number in range(7):
            workflow = begin_workflow(tx, f"{number}")
            put_workflow(tx, workflow, updated_at=float(number % 5), pinned=number == 2)

    await storage.chats.write(write)
    titles: list[str] = []
    before = None
    while True:
        page = await storage.chats.read(
            lambda r, b=before: r.select_page(USER, before=b, limit=3)  # type: ignore[misc]  # bound
        )
        titles += [workflow.title for workflow in page.workflows]
        before = page.next
        if before is None:
            break
    assert titles[0] == "2"
    assert sorted(titles) == list("0123456")
    assert [int(title) % 5 for title in titles[1:]] == sorted(
        (int(title) % 5 for title in titles[1:]), reverse=True
    )


async def test_changes_of_a_list_are_told_up_to_a_number(storage: Storage) -> None:
    def write(tx: ChatTransaction) -> None:
        for number in range(30):
            begin_workflow(tx, f"{number}")

    await storage.chats.write(write)
    first = await storage.chats.read(lambda r: r.select_changes(USER, 0))
    assert first.more
    rest = await storage.chats.read(lambda r: r.select_changes(USER, first.list_seq))
    assert not rest.more
    told = [*(first.entries or ()), *(rest.entries or ())]
    assert [w.list_seq for w in told] == list(range(1, 31))
    for since in (-1, 31):
        anew = await storage.chats.read(
            lambda r, s=since: r.select_changes(USER, s)  # type: ignore[misc]  # bound
        )
        assert (anew.entries, anew.list_seq) == (None, 30)
