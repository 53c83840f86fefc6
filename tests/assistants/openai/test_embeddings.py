"""An endpoint's embeddings order what is found, are kept, and may fail without a trace."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from quart_chat.assistants.librarian.assistant import Librarian
from quart_chat.assistants.openai import embeddings as module
from quart_chat.assistants.openai.assistant import OpenAIAssistant
from quart_chat.assistants.protocol import Question
from tests.assistants.conftest import HANDBOOK, Chats, ask, chats
from tests.assistants.openai.endpoint import Exchange, FakeEndpoint, Script, fake_endpoint, refuse
from tests.documents.conftest import Library, library

__all__ = ["chats", "library"]

SEA = "The ship sails at noon from the harbour."
GARDEN = "The ship of the garden is a bed of roses."


async def embed(exchange: Exchange) -> None:
    """A vector for each text: about the sea, or about gardens."""
    texts = exchange.request.json["input"]
    data = [
        {"index": n, "embedding": [text.count("harbour"), text.count("rose"), 0.1]}
        for n, text in enumerate(texts)
    ]
    # The order of a list means nothing: the index does.
    await exchange.answer(200, {"object": "list", "data": data[::-1]})


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        endpoint.models = refuse(200, {"data": [{"id": "tiny"}, {"id": "nomic-embed-text"}]})
        endpoint.embeddings = embed
        yield endpoint


@pytest.fixture
async def assistant(endpoint: FakeEndpoint) -> AsyncIterator[OpenAIAssistant]:
    async with OpenAIAssistant(endpoint.url) as assistant:
        yield assistant


def sent(endpoint: FakeEndpoint) -> list[Any]:
    return [r.json for r in endpoint.requests if r.path.endswith("/embeddings")]


async def test_the_nearer_text_has_the_greater_value(
    endpoint: FakeEndpoint, assistant: OpenAIAssistant
) -> None:
    values = await assistant.embeddings.compare("Which harbour?", [GARDEN, SEA])
    assert values is not None
    assert values[0] < 0.5 < values[1] <= 1.0001
    assert sent(endpoint) == [
        {"model": "nomic-embed-text", "input": ["Which harbour?", GARDEN, SEA]}
    ]


async def test_a_text_is_sent_once(endpoint: FakeEndpoint, assistant: OpenAIAssistant) -> None:
    await assistant.embeddings.compare("Which harbour?", [GARDEN, SEA])
    again = await assistant.embeddings.compare("Which rose?", [GARDEN, SEA, GARDEN])
    assert again is not None
    assert again[0] == again[2] > again[1]
    assert sent(endpoint)[1]["input"] == ["Which rose?"]


async def test_only_so_many_vectors_are_kept(
    assistant: OpenAIAssistant, endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_KEPT", 3)
    for n in range(5):
        assert await assistant.embeddings.compare(f"Rose {n}?", [GARDEN, SEA])
        assert len(assistant.embeddings._kept) <= 3
    # The latest used are kept: the two texts were sent but once.
    assert [len(body["input"]) for body in sent(endpoint)] == [3, 1, 1, 1, 1]


async def test_a_model_that_is_named_is_used(endpoint: FakeEndpoint) -> None:
    async with OpenAIAssistant(endpoint.url, embedding_model="mine") as assistant:
        assert await assistant.embeddings.compare("Which harbour?", [SEA])
    assert [r.path for r in endpoint.requests] == ["/v1/embeddings"]
    assert sent(endpoint)[0]["model"] == "mine"


@pytest.mark.parametrize(
    "script",
    [
        refuse(404, {"error": {"message": "no such route"}}),
        refuse(500),
        refuse(200, b"not json"),
        refuse(200, {"data": []}),
        refuse(200, {"data": [{"index": 0, "embedding": [1.0]}]}),
        refuse(200, {"data": [{"index": n, "embedding": [1.0] * (n + 1)} for n in range(2)]}),
        refuse(200, {"data": [{"index": n, "embedding": ["x"]} for n in range(2)]}),
        refuse(200, {"data": [{"index": n, "embedding": None} for n in range(2)]}),
        refuse(200, [1, 2]),
    ],
)
async def test_an_endpoint_that_fails_is_left_alone_with_one_line_in_the_log(
    endpoint: FakeEndpoint,
    assistant: OpenAIAssistant,
    caplog: pytest.LogCaptureFixture,
    script: Script,
) -> None:
    endpoint.embeddings = script
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert await assistant.embeddings.compare("Which harbour?", [SEA]) is None
    assert len(sent(endpoint)) == 1
    assert len(caplog.records) == 1


async def test_an_endpoint_without_a_model_for_it_is_sent_nothing(
    endpoint: FakeEndpoint, assistant: OpenAIAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint.models = refuse(200, {"data": [{"id": "tiny"}]})
    assert await assistant.embeddings.compare("Which harbour?", [SEA]) is None
    assert await assistant.embeddings.compare("Which harbour?", [SEA]) is None
    assert sent(endpoint) == []
    assert len(endpoint.requests) == 1
    assert caplog.records == []


@pytest.fixture
async def librarian(library: Library, chats: Chats) -> AsyncIterator[Librarian]:
    async with Librarian(HANDBOOK, chats.search, library.search) as librarian:
        yield librarian


@pytest.mark.parametrize(("like", "first"), [("harbour", "sea.txt"), ("rose", "garden.txt")])
async def test_the_librarian_orders_by_them_and_sends_no_chat(
    endpoint: FakeEndpoint,
    assistant: OpenAIAssistant,
    librarian: Librarian,
    library: Library,
    chats: Chats,
    like: str,
    first: str,
) -> None:
    async def answer(exchange: Exchange) -> None:
        _, *texts = exchange.request.json["input"]
        vectors = [[float(like == word) for word in ("harbour", "rose")]] + [
            [float(text.count(word)) for word in ("harbour", "rose")] for text in texts
        ]
        data = [{"index": n, "embedding": [*v, 0.1]} for n, v in enumerate(vectors)]
        await exchange.answer(200, {"data": data})

    endpoint.embeddings = answer
    await chats.add("The ship of my secret is a kiwi.")
    await library.read("garden.txt", GARDEN)
    await library.read("sea.txt", SEA)
    librarian.compare_with(assistant.embeddings, unasked=True)
    found = await ask(librarian, "What is said about the ship?")
    assert found.sources[0].title == first
    texts = [text for body in sent(endpoint) for text in body["input"]]
    assert any(SEA in text for text in texts)
    assert not any("secret" in text for text in texts)


async def test_documents_that_are_not_named_are_not_sent_where_they_must_not_be(
    endpoint: FakeEndpoint, assistant: OpenAIAssistant, librarian: Librarian, library: Library
) -> None:
    document = await library.read("sea.txt", SEA)
    librarian.compare_with(assistant.embeddings, unasked=False)
    assert (await ask(librarian, "When does the ship sail?")).sources
    assert not any(SEA in text for body in sent(endpoint) for text in body["input"])
    named = Question("When does the ship sail?", "ada", "now", document_ids=(document.id,))
    assert [output async for output in librarian.answer(named)]
    assert any(SEA in text for body in sent(endpoint) for text in body["input"])


async def test_a_failure_changes_no_answer(
    endpoint: FakeEndpoint, assistant: OpenAIAssistant, librarian: Librarian, tmp_path: Path
) -> None:
    before = await ask(librarian, "How do I resume a stream?")
    endpoint.embeddings = refuse(500)
    librarian.compare_with(assistant.embeddings, unasked=True)
    assert (await ask(librarian, "How do I resume a stream?")).sources == before.sources
