"""The page of what is configured."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from quart.typing import TestClientProtocol as Client

from tests.app import create_test_app
from tests.assistants.openai.endpoint import FakeEndpoint, fake_endpoint, refuse
from tests.server import free_port


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


async def page(folder: Path, *visits: Any, **settings: Any) -> str:
    """The page as it is after each visit before it."""
    config = {"QUART_CHAT_INSTANCE": folder / "instance", **settings}
    async with create_test_app(config).test_app() as running:
        client = running.test_client()
        for between in visits:
            await client.get("/settings")
            between()
        response = await client.get("/settings")
        assert response.status_code == 200
        text: str = await response.get_data(as_text=True)
        return " ".join(text.split())


async def test_without_an_endpoint_it_says_how_to_set_one_up(client: Client) -> None:
    text = await (await client.get("/settings")).get_data(as_text=True)
    assert "OPENAI_BASE_URL=http://localhost:11434/v1" in text
    assert "the Librarian answers" in text


async def test_it_shows_the_endpoint_and_its_models_but_no_key(
    tmp_path: Path, endpoint: FakeEndpoint
) -> None:
    address = endpoint.url.replace("http://", "http://me:pass-word@")
    text = await page(
        tmp_path, OPENAI_BASE_URL=address, OPENAI_API_KEY="sk-secret", OPENAI_MODEL="large"
    )
    assert "The endpoint answers and offers 2 models." in text
    assert endpoint.url in text
    assert "<li>tiny</li>" in text
    assert "sk-secret" not in text
    assert "pass-word" not in text


async def test_it_says_whether_the_endpoint_answers_now(
    tmp_path: Path, endpoint: FakeEndpoint
) -> None:
    def fail() -> None:
        endpoint.models = refuse(500)

    text = await page(tmp_path, fail, OPENAI_BASE_URL=endpoint.url)
    assert "has failed with status 500" in text


async def test_an_endpoint_that_is_down_is_named_with_what_to_do(tmp_path: Path) -> None:
    text = await page(tmp_path, OPENAI_BASE_URL=f"http://127.0.0.1:{free_port()}/v1")
    assert "Start the model&#39;s server, or check OPENAI_BASE_URL." in text
