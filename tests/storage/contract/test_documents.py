"""Documents and what is read of them, as every engine stores and finds them."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from quart_chat.documents.messages import Piece
from quart_chat.documents.models import Document, Kind, Status
from quart_chat.documents.storage import DocumentTransaction
from quart_chat.storage import Storage

USER = "ada"


def new_document(name: str, user: str = USER, *, size: int = 10, at: float = 1.0) -> Document:
    return Document(
        id=uuid4().hex,
        user_id=user,
        name=name,
        kind=Kind.TEXT,
        size=size,
        status=Status.WAITING,
        code=None,
        message=None,
        pages=None,
        passages=0,
        attempts=0,
        created_at=at,
        updated_at=at,
    )


async def store(
    storage: Storage, name: str, *texts: str, user: str = USER, ready: bool = True
) -> Document:
    """Store a document with a passage for each text."""
    document = new_document(name, user)

    def write(tx: DocumentTransaction) -> Document:
        tx.insert_document(document)
        tx.insert_passages(document, 1, [Piece((), None, "plain", text) for text in texts])
        status = Status.READY if ready else Status.READING
        changed = replace(document, status=status, passages=len(texts))
        assert tx.update_document(changed)
        return changed

    return await storage.documents.write(write)


async def test_documents_are_listed_latest_first_to_their_owner(storage: Storage) -> None:
    documents = [new_document(f"{number}.txt", at=float(number)) for number in range(3)]

    def write(tx: DocumentTransaction) -> None:
        for document in (*documents, new_document("theirs.txt", "bob")):
            tx.insert_document(document)

    await storage.documents.write(write)
    assert await storage.documents.read(lambda r: r.select_documents(USER)) == documents[::-1]
    assert (
        await storage.documents.read(lambda r: r.select_document(USER, documents[0].id))
        == documents[0]
    )
    assert await storage.documents.read(lambda r: r.select_document("bob", documents[0].id)) is None


async def test_a_change_that_fails_stores_no_document(storage: Storage) -> None:
    def fail(tx: DocumentTransaction) -> None:
        tx.insert_document(new_document("a.txt"))
        assert tx.select_size(USER) == 10
        raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"):
        await storage.documents.write(fail)
    assert await storage.documents.read(lambda r: r.select_size(USER)) == 0


async def test_passages_come_in_order_with_their_headings(storage: Storage) -> None:
    document = new_document("a.md")
    pieces = [Piece(("One", "Two\nlines"), 3, "markdown", f"text {n}") for n in range(5)]

    def write(tx: DocumentTransaction) -> None:
        tx.insert_document(document)
        tx.insert_passages(document, 1, pieces[:3])
        tx.insert_passages(document, 4, pieces[3:])

    await storage.documents.write(write)
    passages = await storage.documents.read(lambda r: r.select_passages(document.id, 1, 3))
    assert [(p.number, p.page, p.form, p.text) for p in passages] == [
        (number, 3, "markdown", f"text {number - 1}") for number in (2, 3, 4)
    ]
    assert passages[0].headings == ("One", "Two lines")


async def test_what_is_not_read_or_deleted_to_its_end_is_found_at_the_start(
    storage: Storage,
) -> None:
    waiting = await store(storage, "waiting.txt", ready=False)
    ready = await store(storage, "ready.txt", "text")
    deleted = await store(storage, "deleted.txt", "text")
    deleting = replace(deleted, status=Status.DELETING)
    assert await storage.documents.write(lambda tx: tx.update_document(deleting))
    unsettled = await storage.documents.read(lambda r: r.select_unsettled())
    assert {document.id for document in unsettled} == {waiting.id, deleted.id}
    kept = await storage.documents.read(lambda r: r.select_ids_with_file())
    assert kept == {waiting.id, ready.id}


async def test_what_is_being_deleted_is_gone_and_stays_so(storage: Storage) -> None:
    document = await store(storage, "a.txt", *(f"kiwi {number}" for number in range(450)))
    deleting = replace(document, status=Status.DELETING)
    assert await storage.documents.write(lambda tx: tx.update_document(deleting))
    assert not await storage.documents.write(lambda tx: tx.update_document(document))
    assert await storage.documents.read(lambda r: r.select_documents(USER)) == []
    assert await storage.documents.read(lambda r: r.select_size(USER)) == 0
    rounds = 0
    while await storage.documents.write(lambda tx: tx.delete_some_contents(document.id)):
        rounds += 1
    assert rounds >= 2
    assert await storage.documents.read(lambda r: r.select_passages(document.id, 0, 9)) == ()
    await storage.documents.write(lambda tx: tx.delete_document(document.id))
    assert await storage.documents.read(lambda r: r.select_unsettled()) == []
