"""A document is renamed at once, and found by its new name soon."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from quart_chat.documents.models import Status
from quart_chat.errors import InvalidInput, NotFound
from quart_chat.search.words import Language, make_term
from tests.documents.conftest import LIMIT, USER, Library
from tests.stores import fetch


async def test_a_document_that_is_renamed_is_told_of_and_found_by_its_name(
    library: Library,
) -> None:
    document = await library.read("fruit.md", "# Fruit\n\nThe kiwi is green.\n")
    renamed = await library.service.rename(USER, document.id, " Lease \n of the flat ")
    assert (renamed.name, renamed.status) == ("Lease of the flat", Status.READY)
    assert renamed.list_seq == document.list_seq + 1
    assert await library.service.document(USER, document.id) == renamed

    async def found(word: str) -> int:
        terms = [make_term(word, Language.ENGLISH)]
        return len((await library.search.select_candidates(USER, terms, (), limit=5)).passages)

    async with asyncio.timeout(LIMIT):
        while not await found("lease"):
            pass
    assert await found("fruit") == 1  # its heading


@pytest.mark.parametrize("name", ["", " ", "x" * 121, 7])
async def test_a_name_that_is_none_changes_nothing(library: Library, name: Any) -> None:
    document = await library.read("fruit.md", "The kiwi is green.")
    with pytest.raises(InvalidInput):
        await library.service.rename(USER, document.id, name)
    assert await library.service.document(USER, document.id) == document


async def test_documents_of_others_and_deleted_ones_can_not_be_renamed(library: Library) -> None:
    document = await library.read("fruit.md", "The kiwi is green.")
    with pytest.raises(NotFound):
        await library.service.rename("bob", document.id, "mine")
    await library.service.delete(USER, document.id)
    with pytest.raises(NotFound):
        await library.service.rename(USER, document.id, "gone")


async def test_a_document_that_is_being_read_is_renamed_at_once(library: Library) -> None:
    text = "".join(f"Passage {number} of many words. " * 30 + "\n\n" for number in range(2000))
    document = await library.add("long.txt", text)
    told = []
    async with asyncio.timeout(LIMIT):
        async for event in library.events.stream_events(f"document:{document.id}"):
            told.append(event)
            if len(told) == 4:
                await library.service.rename(USER, document.id, "Renamed")
    assert told[-1]["data"]["name"] == "Renamed"
    assert told[-1]["type"] == "complete"
    names = await fetch(library.database, "SELECT DISTINCT path FROM document_passages")
    async with asyncio.timeout(LIMIT):
        while {row[0] for row in names} != {"Renamed"}:
            names = await fetch(library.database, "SELECT DISTINCT path FROM document_passages")


async def test_a_renaming_that_the_server_did_not_end_is_ended_at_the_next_start(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "".join(f"Passage {number} of many words. " * 30 + "\n\n" for number in range(300))
    document = await library.read("long.txt", text)
    service = library.make_service()
    monkeypatch.setattr(service._renaming, "rename_passages", _nothing)
    await service.rename(USER, document.id, "Renamed")
    await service.close()
    assert await fetch(library.database, "SELECT DISTINCT path FROM document_passages") == [
        ("long.txt",)
    ]
    library.service = library.make_service()
    await library.service.recover()
    paths: list[Any] = []
    async with asyncio.timeout(LIMIT):
        while paths != [("Renamed",)]:
            paths = await fetch(library.database, "SELECT DISTINCT path FROM document_passages")


async def _nothing(document_id: str) -> None:
    pass
