"""The Librarian quotes documents, and only those that the asking person has and means."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from quart_chat.assistants.librarian.assistant import Librarian
from quart_chat.assistants.protocol import Question, Sources, Step, Text
from quart_chat.search.words import terms
from quart_chat.storage.sqlite import document_search as documents_search
from tests.assistants.conftest import HANDBOOK, Answer
from tests.documents import made
from tests.documents.conftest import USER, Library
from tests.waiting import until

KIWI = "The kiwi is green.\n\n" + "The plum is blue, and so on and on. " * 20


@pytest.fixture
async def librarian(library: Library) -> AsyncIterator[Librarian]:
    async with Librarian(HANDBOOK, library.store.chat_search, library.search) as librarian:
        yield librarian


async def ask(librarian: Librarian, prompt: str, *ids: str, user_id: str = USER) -> Answer:
    question = replace(Question(prompt, user_id, "now"), document_ids=ids)
    outputs = [output async for output in librarian.answer(question)]
    return Answer(
        tuple(output for output in outputs if isinstance(output, Step)),
        tuple(output.text for output in outputs if isinstance(output, Text)),
        next((output.sources for output in outputs if isinstance(output, Sources)), ()),
    )


async def test_a_document_is_quoted_with_a_link_to_the_passage(
    library: Library, librarian: Librarian
) -> None:
    document = await library.read("fruit.txt", KIWI)
    answer = await ask(librarian, "What is the kiwi?")
    assert answer.pieces[0] == "In your documents:\n"
    assert answer.sources[0].title == "fruit.txt"
    assert answer.sources[0].url == f"/documents/{document.id}?passage=1#p1"
    assert "kiwi is green" in answer.sources[0].quote
    assert answer.steps[0].message == "Searching handbook, documents and chats…"
    assert [step.key for step in answer.steps[2:5]] == ["handbook", "documents", "chats"]


async def test_a_passage_far_into_a_document_is_on_its_page(
    library: Library, librarian: Librarian
) -> None:
    text = "".join(f"Word {n}. " * 60 + "\n\n" for n in range(250)) + "The kiwi is green."
    document = await library.read("fruit.txt", text)
    answer = await ask(librarian, "kiwi green")
    assert answer.sources[0].url.startswith(f"/documents/{document.id}?passage=2")


async def test_a_page_of_a_pdf_is_named(library: Library, librarian: Librarian) -> None:
    await library.read("fruit.pdf", made.pdf(["The plum is blue.", "The kiwi is *green*."]))
    answer = await ask(librarian, "What is the kiwi?")
    assert answer.sources[0].heading == "p. 2"
    assert "> The kiwi is \\*green\\*\\." in answer.text


async def test_only_ones_own_documents_are_searched(library: Library, librarian: Librarian) -> None:
    await library.read("fruit.txt", KIWI, "bob")
    answer = await ask(librarian, "What is the kiwy?")
    assert answer.sources == ()
    assert "kiwi" not in "".join(step.message for step in answer.steps)
    assert (await ask(librarian, "What is the kiwi?", user_id="bob")).sources


async def test_only_the_named_documents_are_searched(
    library: Library, librarian: Librarian
) -> None:
    green = await library.read("green.txt", KIWI)
    red = await library.read("red.txt", "The kiwi is red.")
    answer = await ask(librarian, "What is the kiwi?", red.id)
    assert [source.title for source in answer.sources] == ["red.txt"]
    assert answer.steps[-1].message == "Searched the chosen documents · 1 found"
    nothing = await ask(librarian, "What is a cursor?", green.id)
    assert nothing.text.startswith("I couldn't find an answer in your documents.")


async def test_a_document_that_is_deleted_is_quoted_no_more(
    library: Library, librarian: Librarian
) -> None:
    document = await library.read("fruit.txt", KIWI)
    await library.service.delete(USER, document.id)
    assert not (await ask(librarian, "What is the kiwi?")).sources


async def test_a_mistyped_word_is_read_as_the_one_that_is_meant(
    library: Library, librarian: Librarian
) -> None:
    await library.read("voyage.txt", "The chronometer was kept in green velvet.")
    answer = await ask(librarian, "Where was the chronometr?")
    assert answer.sources[0].title == "voyage.txt"
    assert "(reading “chronometr” as a word like it)" in answer.text
    (spelling,) = (step for step in answer.steps if step.key == "spelling")
    assert spelling.message == "Read “chronometr” as “chronometer”"


async def test_a_part_of_a_compound_is_found(library: Library, librarian: Librarian) -> None:
    await library.read("Mietvertrag.md", "# Ende\n\nDie Kündigungsfrist beträgt drei Monate.")
    answer = await ask(librarian, "Welche Frist gilt?")
    assert "Kündigungsfrist" in answer.sources[0].quote


async def test_titles_that_come_closest_are_suggested(
    library: Library, librarian: Librarian
) -> None:
    for n in range(7):
        await library.read(f"fruit {n}.txt", f"The kiwi of garden {n} is green.")
    answer = await ask(librarian, "Has the kiwi a chronometer?")
    assert answer.text.count("- [fruit") == 5


async def test_how_much_is_counted_in_all_of_a_document(library: Library) -> None:
    text = "".join(f"Plum number {n} is blue. " * 30 + "\n\n" for n in range(100)) + "A kiwi."
    document = await library.read("fruit.txt", text)
    found = await library.search.select_candidates(USER, terms("plum kiwi"), (), limit=5)
    assert found.holding[0] >= 100
    assert found.holding[1] == 1
    assert len(found.passages) < 20
    assert await library.search.count_passages(USER, (document.id,)) == document.passages


ENDLESS = (
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
    " SELECT max(i) FROM n WHERE i NOT IN ({})"
)


def candidates(library: Library) -> Coroutine[Any, Any, object]:
    return library.search.select_candidates(USER, terms("plum"), (), limit=5)


def similar_words(library: Library) -> Coroutine[Any, Any, object]:
    return library.search.select_similar_words(USER, ["plu"], (), limit=5)


@pytest.mark.parametrize(
    ("statement", "search"),
    [("_BEST", candidates), ("_COUNT", candidates), ("_SIMILAR", similar_words)],
)
async def test_searches_leave_a_reader_to_all_else_and_end_with_who_waits(
    library: Library,
    monkeypatch: pytest.MonkeyPatch,
    statement: str,
    search: Callable[[Library], Coroutine[Any, Any, object]],
) -> None:
    places = getattr(documents_search, statement).count("?")
    endless = ENDLESS.format(", ".join("?" * places))
    monkeypatch.setattr(documents_search, statement, endless)
    begun = library.database.queries
    searches = [asyncio.create_task(search(library)) for _ in range(2)]
    await until(lambda: library.database.queries > begun)
    async with asyncio.timeout(30):
        assert await library.service.documents(USER) == []
        for task in searches:
            task.cancel()
        await asyncio.wait(searches)
        # Every connection is free again.
        for _ in range(2):
            assert await library.service.documents(USER) == []
        await library.database.close()


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("修复已验证，重跑gen-itgc后用户身份正确。", "用户身份正确吗？"),
        ("修复已验证，重跑gen-itgc后用户身份正确。", "用户？"),
        ("修复已验证，重跑gen-itgc后用户身份正确。", "重跑后用户身份是否正确？"),
        ("修复已验证，重跑gen-itgc后用户身份正确。", "gen"),
        ("契約期間は二年間です。保証は購入日から開始します。", "契約期間は何年ですか。"),
        ("สัญญามีอายุสองปี การรับประกันเริ่มตั้งแต่วันที่ซื้อ", "การรับประกันเริ่มเมื่อไร"),
        ("계약 기간은 2년입니다. 보증은 구입일로부터 시작됩니다.", "보증은 언제 시작됩니까?"),
        ("W mieście Łódź jest biuro.", "lodz biuro"),
        ("يعمل أحمد في المكتب.", "احمد المكتب"),
        ("The deﬁnition of oﬃce hours.", "What is the definition of office hours?"),
        ("The definition of office hours.", "What is the deﬁnition of oﬃce hours?"),
    ],
)
async def test_any_script_and_spelling_is_quoted(
    library: Library, librarian: Librarian, text: str, question: str
) -> None:
    document = await library.read("notes.txt", text)
    answer = await ask(librarian, question, document.id)
    assert [source.quote for source in answer.sources] == [text]
    other = await library.read("other.txt", "Etwas ganz anderes. 天气很好。")
    assert (await ask(librarian, question, other.id)).sources == ()


NUTS = "<w:tbl>{}</w:tbl>".format(
    "".join(
        "<w:tr>{}</w:tr>".format(
            "".join(f"<w:tc><w:p><w:r><w:t>{cell}</w:t></w:r></w:p></w:tc>" for cell in row)
        )
        for row in (("Item", "Price", "Stock"), ("A-nut", "3", "5"), ("B-nut", "4", "6"))
    )
)


@pytest.mark.parametrize("question", ["What does B-nut cost?", "B-nut price", "Price of B-nut?"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("nuts.docx", made.word_document(NUTS)),
        ("nuts.csv", "Item;Price\nA-nut;3\nB-nut;4\n"),
        ("nuts.html", "<table><tr><th>Item<th>Price<tr><td>A-nut<td>3<tr><td>B-nut<td>4</table>"),
    ],
)
async def test_a_row_is_quoted_with_its_headings(
    library: Library, librarian: Librarian, name: str, content: str | bytes, question: str
) -> None:
    document = await library.read(name, content)
    (source,) = (await ask(librarian, question, document.id)).sources
    assert "Item: B-nut; Price: 4" in source.quote


@pytest.mark.parametrize(
    ("text", "question", "answer"),
    [
        ("Artikel;Preis\nMutter;3\nSchraube;4\n", "Was kostet die Schraube?", "Preis: 4"),
        ("Part;Weight (kg)\nBolt;3\nPlate;4\n", "How heavy is the plate?", "Weight (kg): 4"),
    ],
)
async def test_a_bare_number_answers_in_a_column_named_for_what_was_asked(
    library: Library, librarian: Librarian, text: str, question: str, answer: str
) -> None:
    document = await library.read("list.csv", text)
    first, *_ = (await ask(librarian, question, document.id)).sources
    assert answer in first.quote


async def test_a_word_after_an_apostrophe_is_found(library: Library, librarian: Librarian) -> None:
    document = await library.read("police.txt", "La prime de l’assurance est de 30 euros.")
    (source,) = (await ask(librarian, "prime assurance", document.id)).sources
    assert "l’assurance" in source.quote


async def test_a_word_is_found_far_inside_characters_without_spaces(
    library: Library, librarian: Librarian
) -> None:
    document = await library.read("long.txt", "天" * 150 + "合同期限为两年")
    (source,) = (await ask(librarian, "合同期限多久？", document.id)).sources
    assert "合同期限为两年" in source.quote
