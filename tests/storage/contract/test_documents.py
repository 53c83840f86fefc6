"""Documents and what is read of them, as every engine stores and finds them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quart_chat.chat.views import ListEntry
from quart_chat.documents.messages import Piece
from quart_chat.documents.models import Document, Status
from quart_chat.documents.reading_warnings import ReadingWarning
from quart_chat.documents.storage import DocumentTransaction
from quart_chat.search.words import Language, make_term
from quart_chat.storage import Storage
from tests.documents.waiting import new_document
from tests.storage.contract.chats import begin_workflow

USER = "ada"


def put(tx: DocumentTransaction, document: Document) -> Document:
    """Store a document as the next change of its owner's list."""
    list_seq = tx.next_list_seq(document.user_id, document.created_at)
    changed = replace(document, list_seq=list_seq)
    tx.upsert_document(changed)
    return changed


async def store(
    storage: Storage, name: str, *texts: str, user: str = USER, ready: bool = True
) -> Document:
    """Store a document with a passage for each text."""
    document = new_document(user, name)

    def write(tx: DocumentTransaction) -> Document:
        put(tx, document)
        tx.insert_passages(document, 1, [Piece((), None, "plain", text) for text in texts])
        status = Status.READY if ready else Status.READING
        return put(tx, replace(document, status=status, passages=len(texts)))

    return await storage.documents.write(write)


async def test_documents_are_listed_latest_first_to_their_owner(storage: Storage) -> None:
    def write(tx: DocumentTransaction) -> list[Document]:
        put(tx, new_document("bob", "theirs.txt"))
        return [
            put(tx, new_document(USER, f"{number}.txt", at=float(number))) for number in range(3)
        ]

    documents = await storage.documents.write(write)
    assert await storage.documents.read(lambda r: r.select_documents(USER)) == documents[::-1]
    assert (
        await storage.documents.read(lambda r: r.select_document(USER, documents[0].id))
        == documents[0]
    )
    assert await storage.documents.read(lambda r: r.select_document("bob", documents[0].id)) is None


async def test_a_change_that_fails_stores_no_document(storage: Storage) -> None:
    def fail(tx: DocumentTransaction) -> None:
        put(tx, new_document(USER))
        assert tx.select_size(USER) == 10
        raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"):
        await storage.documents.write(fail)
    assert await storage.documents.read(lambda r: r.select_size(USER)) == 0


async def test_passages_come_in_order_with_their_headings(storage: Storage) -> None:
    document = new_document(USER, "a.md")
    pieces = [Piece(("One", "Two\nlines"), 3, "markdown", f"text {n}") for n in range(5)]

    def write(tx: DocumentTransaction) -> None:
        put(tx, document)
        tx.insert_passages(document, 1, pieces[:3])
        tx.insert_passages(document, 4, pieces[3:])

    await storage.documents.write(write)
    passages = await storage.documents.read(lambda r: r.select_passages(document.id, 1, 3))
    assert [(p.number, p.page, p.form, p.text) for p in passages] == [
        (number, 3, "markdown", f"text {number - 1}") for number in (2, 3, 4)
    ]
    assert passages[0].headings == ("One", "Two lines")


async def test_a_passage_is_found_by_the_name_that_its_document_has_now(storage: Storage) -> None:
    texts = [f"text {number}" for number in range(5)]
    document = await store(storage, "Lease\u00e9.txt", *texts)
    other = await store(storage, "leaflet.txt", "text 9")
    renamed = await storage.documents.write(
        lambda tx: put(tx, replace(document, name="Contract (1).txt"))
    )
    select_half_renamed = storage.documents.read(lambda r: r.select_half_renamed())
    assert await select_half_renamed == [document.id]
    after: int | None = 0
    steps = []
    while after is not None:
        after = await storage.documents.write(
            lambda tx, n=after: tx.rename_some_passages(document.id, n, 2)  # type: ignore[misc]
        )
        steps.append(after)
    assert steps == [2, 4, None]
    assert await storage.documents.read(lambda r: r.select_half_renamed()) == []
    passages = await storage.documents.read(lambda r: r.select_passages(renamed.id, 0, 9))
    assert [passage.text for passage in passages] == texts
    assert {passage.headings for passage in passages} == {()}

    async def found(word: str) -> list[str]:
        candidates = await storage.document_search.select_candidates(
            USER, [make_term(word, Language.ENGLISH)], (), limit=9
        )
        return sorted({passage.title for passage in candidates.passages})

    assert await found("contract") == ["Contract (1).txt"]
    assert await found("leasee") == []
    assert await found("leaflet") == [other.name]
    assert await found("text") == ["Contract (1).txt", "leaflet.txt"]
    while await storage.documents.write(lambda tx: tx.delete_some_contents(document.id)):
        pass
    assert await found("contract") == []


async def test_headings_stay_below_a_name_that_changes(storage: Storage) -> None:
    document = new_document(USER, "a")

    def write(tx: DocumentTransaction) -> None:
        put(tx, document)
        pieces = [Piece(("One", "Two"), None, "plain", "x"), Piece((), None, "plain", "y")]
        tx.insert_passages(document, 1, pieces)
        put(tx, replace(document, name="a b", status=Status.READY, passages=2))
        assert tx.rename_some_passages(document.id, 0, 100) is None

    await storage.documents.write(write)
    assert await storage.documents.read(lambda r: r.select_half_renamed()) == []
    passages = await storage.documents.read(lambda r: r.select_passages(document.id, 0, 9))
    assert [passage.headings for passage in passages] == [("One", "Two"), ()]


async def test_what_is_not_read_or_deleted_to_its_end_is_found_at_the_start(
    storage: Storage,
) -> None:
    waiting = await store(storage, "waiting.txt", ready=False)
    ready = await store(storage, "ready.txt", "text")
    deleted = await store(storage, "deleted.txt", "text")
    deleting = replace(deleted, status=Status.DELETING)
    await storage.documents.write(lambda tx: put(tx, deleting))
    unsettled = await storage.documents.read(lambda r: r.select_unsettled())
    assert {document.id for document in unsettled} == {waiting.id, deleted.id}
    kept = await storage.documents.read(lambda r: r.select_ids_with_file())
    assert kept == {waiting.id, ready.id}


async def test_of_a_deleted_document_a_tombstone_stays(storage: Storage) -> None:
    document = await store(storage, "a.txt", *(f"kiwi {number}" for number in range(450)))
    warnings = (ReadingWarning("encoding_guessed"),)
    deleting = replace(document, status=Status.DELETING, warnings=warnings)
    deleting = await storage.documents.write(lambda tx: put(tx, deleting))
    assert await storage.documents.read(lambda r: r.select_document(USER, document.id)) is None
    assert await storage.documents.read(lambda r: r.select_documents(USER)) == []
    assert await storage.documents.read(lambda r: r.select_size(USER)) == 0
    rounds = 0
    while await storage.documents.write(lambda tx: tx.delete_some_contents(document.id)):
        rounds += 1
    assert rounds >= 2
    assert await storage.documents.read(lambda r: r.select_passages(document.id, 0, 9)) == ()
    assert await changed_since(storage, document.list_seq) == [deleting]
    await storage.documents.write(lambda tx: tx.erase_document(document.id))
    assert await storage.documents.read(lambda r: r.select_unsettled()) == []
    assert await storage.documents.read(lambda r: r.select_documents(USER)) == []
    assert await storage.documents.read(lambda r: r.select_document(USER, document.id)) is None
    assert await storage.documents.read(lambda r: r.select_ids_with_file()) == set()
    tombstone = replace(deleting, status=Status.DELETED, name="", size=0, passages=0, warnings=())
    assert await changed_since(storage, document.list_seq) == [tombstone]
    assert await changed_since(storage, tombstone.list_seq) == []


async def changed_since(storage: Storage, since: int, user: str = USER) -> list[ListEntry]:
    """The changes of a list after a version of it, read to the last part."""
    entries: list[ListEntry] = []
    while True:
        changes = await storage.chats.read(
            lambda r, s=since: r.select_changes(user, s)  # type: ignore[misc]  # bound
        )
        assert changes.entries is not None
        entries += changes.entries
        since = changes.list_seq
        if not changes.more:
            return entries


async def test_chats_and_documents_count_as_one_list(storage: Storage) -> None:
    first = await store(storage, "first.txt", ready=False)
    chat = await storage.chats.write(begin_workflow)
    others = await store(storage, "theirs.txt", user="bob")
    second = await store(storage, "second.txt")
    assert [e.list_seq for e in (first, chat, second, others)] == [2, 3, 5, 2]
    assert await changed_since(storage, 0) == [first, chat, second]
    assert await changed_since(storage, 2) == [chat, second]
    assert await changed_since(storage, 0, "bob") == [others]


async def test_changes_of_chats_and_documents_come_in_parts_and_in_order(
    storage: Storage,
) -> None:
    entries: list[ListEntry] = []
    for number in range(30):
        if number % 3:
            entries.append(await store(storage, f"{number}.txt"))
        else:
            entries.append(await storage.chats.write(begin_workflow))
    assert (await storage.chats.read(lambda r: r.select_changes(USER, 0))).more
    assert await changed_since(storage, 0) == entries


async def test_the_last_part_says_which_documents_are_being_read(storage: Storage) -> None:
    reading = await store(storage, "reading.txt", ready=False)
    await store(storage, "ready.txt")
    await store(storage, "theirs.txt", user="bob", ready=False)
    for since in (0, reading.list_seq, 4):
        changes = await storage.chats.read(
            lambda r, s=since: r.select_changes(USER, s)  # type: ignore[misc]  # bound
        )
        assert changes.reading == {reading.id: reading.list_seq}
