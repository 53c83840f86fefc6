"""The page of a new chat offers what can be done with what is configured."""

from __future__ import annotations

from pathlib import Path

import pytest
from quart.typing import TestClientProtocol as Client

from tests.assistants.openai.endpoint import fake_endpoint
from tests.web.test_documents import KIWI, read
from tests.web.test_model_documents import chat


async def first_page(client: Client, language: str = "en") -> str:
    response = await client.get("/", headers={"Accept-Language": language})
    return str(await response.get_data(as_text=True)).replace("&#39;", "'")


async def test_without_a_model_the_librarian_says_what_it_is(client: Client) -> None:
    page = await first_page(client)
    assert "I'm the Librarian." in page
    for address in ("/settings#model", "/transfer", "/documents"):
        assert f'class="start" href="{address}"' in page
    assert 'class="start" href="/?document=' not in page
    for developers in ("resume a stream", "nginx", "emit from a thread"):
        assert developers not in page
    assert "Ich bin der Librarian." in await first_page(client, "de")


async def test_the_latest_document_that_is_ready_is_offered(client: Client) -> None:
    await read(client, "first.md", KIWI)
    latest = await read(client, "latest.md", KIWI)
    page = await first_page(client)
    assert f'href="/?document={latest["id"]}"' in page
    assert "latest.md" in page
    assert "first.md" not in page


@pytest.mark.parametrize(("model", "named"), [("tiny-7b", "tiny-7b answers."), ("", "A language")])
async def test_with_a_model_it_is_asked_and_named(tmp_path: Path, model: str, named: str) -> None:
    async with fake_endpoint() as endpoint, chat(tmp_path, endpoint, OPENAI_MODEL=model) as client:
        page = await first_page(client)
        assert named in page
        assert "I'm the Librarian." not in page
        assert "/settings#model" not in page
        assert page.count('<input type="hidden" name="assistant" value="model">') == 1
        document = await read(client, "lease.md", KIWI)
        page = await first_page(client)
        assert f'name="documentIds" value="{document["id"]}"' in page
        assert 'value="Summarise this document."' in page


async def test_a_model_that_the_user_prefers_is_named(tmp_path: Path) -> None:
    async with fake_endpoint() as endpoint, chat(tmp_path, endpoint) as client:
        change = {"assistant": "model", "model": "large"}
        assert (await client.patch("/api/settings", json=change)).status_code == 200
        assert "large answers." in await first_page(client)
