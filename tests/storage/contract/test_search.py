"""Searches of the list, and what the Librarian searches, as every engine answers them."""

from __future__ import annotations

import pytest

from quart_chat.chat.models import MessageStatus
from quart_chat.chat.storage import ChatTransaction
from quart_chat.search.spelling import trigrams_of
from quart_chat.search.words import terms
from quart_chat.storage import Storage
from tests.storage.contract.chats import (
    USER,
    answered,
    begin_round,
    begin_workflow,
    put_message,
    put_workflow,
)
from tests.storage.contract.test_documents import store

TITLES = (
    *("Kiwi and plum", "Grüße", "C++", "修复已验证，重跑gen-itgc后用户身份正确"),
    *("Łódź", "أحمد", "deﬁnition"),
)


async def found(storage: Storage, *words: str) -> list[str]:
    page = await storage.chats.search(
        lambda r: r.select_found(USER, words, before=None, limit=9), seconds=30.0
    )
    return [one.workflow.title for one in page.found]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["kiwi"], ["Kiwi and plum"]),
        (["ki"], ["Kiwi and plum"]),
        (["about", "kiwi"], ["Kiwi and plum"]),
        (["kiwi", "grüße"], []),
        (["gruesse"], ["Grüße"]),
        (["grusse"], ["Grüße"]),
        (['"'], []),
        (["*"], []),
        (["near("], []),
        (["c++"], ["C++"]),
        (["用户"], ["修复已验证，重跑gen-itgc后用户身份正确"]),
        (["gen"], ["修复已验证，重跑gen-itgc后用户身份正确"]),
        (["身"], ["修复已验证，重跑gen-itgc后用户身份正确"]),
        (["户用"], []),
        (["lodz"], ["Łódź"]),
        (["احمد"], ["أحمد"]),
        (["definition"], ["deﬁnition"]),
    ],
)
async def test_a_chat_is_found_that_has_each_word(
    storage: Storage, words: list[str], expected: list[str]
) -> None:
    def write(tx: ChatTransaction) -> None:
        for title in TITLES:
            answered(tx, title)

    await storage.chats.write(write)
    assert await found(storage, *words) == expected


async def test_what_a_search_shows_marks_its_hits(storage: Storage) -> None:
    await storage.chats.write(lambda tx: answered(tx, "Fruit", "Is the kiwi green?"))
    page = await storage.chats.search(
        lambda r: r.select_found(USER, ["kiwi"], before=None, limit=9), seconds=30.0
    )
    (one,) = page.found
    assert one.round == 2
    assert [part.text for part in one.snippet if part.hit] == ["kiwi"]
    assert "".join(part.text for part in one.title) == "Fruit"


async def test_the_librarian_finds_final_messages_of_its_reader_alone(storage: Storage) -> None:
    def write(tx: ChatTransaction) -> str:
        answered(tx, "resuming streams", user="bob")
        workflow = answered(tx, "resuming streams")
        round_ = begin_round(tx, begin_workflow(tx))
        put_message(tx, round_, "assistant", "streams in flight", MessageStatus.STREAMING)
        put_workflow(tx, answered(tx, "streams deleted"), deleted=True, deleted_at=1.0)
        return workflow.id

    workflow_id = await storage.chats.write(write)

    async def search(text: str, **exclude: str) -> list[tuple[str, str | None]]:
        exclude = {"exclude_workflow_id": "", "exclude_assistant": "", **exclude}
        messages = await storage.chat_search.select_matching_messages(
            USER, terms(text), limit=9, **exclude
        )
        assert {message.workflow_id for message in messages} <= {workflow_id}
        return sorted((message.content, message.assistant) for message in messages)

    both = [("About resuming streams", "scripted"), ("resuming streams", None)]
    assert await search("resume") == both
    assert await search("stream nothing") == both
    assert await search("resume", exclude_assistant="scripted") == both[1:]
    assert await search("resume", exclude_workflow_id=workflow_id) == []


async def test_candidates_are_passages_of_ready_documents(storage: Storage) -> None:
    ready = await store(storage, "fruit.txt", "The kiwi is green.", "The plum is blue.")
    other = await store(storage, "tools.txt", "The hammer is heavy.", "Kiwi and plum.")
    waiting = await store(storage, "late.txt", "The kiwi comes late.", ready=False)
    theirs = await store(storage, "theirs.txt", "A kiwi of another person.", user="bob")
    assert len({ready.id, other.id, waiting.id, theirs.id}) == 4
    search = storage.document_search
    assert await search.count_passages(USER, ()) == 4
    assert await search.count_passages(USER, (ready.id,)) == 2
    candidates = await search.select_candidates(USER, terms("kiwi plum"), (), limit=9)
    assert [p.text for p in candidates.passages] == [
        "The kiwi is green.",
        "The plum is blue.",
        "Kiwi and plum.",
    ]
    assert list(candidates.holding) == [2, 2]
    named = await search.select_candidates(USER, terms("kiwi"), (ready.id,), limit=9)
    assert [p.text for p in named.passages] == ["The kiwi is green."]


async def test_a_mistyped_word_is_found_by_its_trigrams(storage: Storage) -> None:
    document = await store(storage, "time.txt", "A chronometer.")
    await storage.documents.write(
        lambda tx: tx.insert_words(document, [("chronometer", "chronometer"), ("plum", "plum")])
    )
    similar = await storage.document_search.select_similar_words(
        USER, trigrams_of("chronomter"), (), limit=9
    )
    assert similar == ["chronometer"]
