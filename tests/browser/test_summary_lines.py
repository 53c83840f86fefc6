"""What a round did, what a model thought and why it failed, live and after a reload."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.assistants.openai.endpoint import (
    Exchange,
    FakeEndpoint,
    delta,
    end,
    fake_endpoint,
    refuse,
    say,
)
from tests.browser.conftest import OpenTab
from tests.browser.test_page import violations
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def server(endpoint: FakeEndpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    env = {"OPENAI_BASE_URL": endpoint.url, "OPENAI_MODEL": "tiny"}
    with Server(instance=tmp_path_factory.mktemp("lines") / "instance", env=env) as server:
        yield server


async def test_a_thought_is_a_closed_line_above_the_answer_and_stays_so(
    open_tab: OpenTab, endpoint: FakeEndpoint
) -> None:
    seen = asyncio.Event()

    async def think(exchange: Exchange) -> None:
        exchange.begin()
        await exchange.send(delta(reasoning="First, this."))
        await asyncio.sleep(1.1)  # a thought of a second is counted
        await seen.wait()
        await exchange.send(say("Hello"), end(3))
        await exchange.finish()

    endpoint.script(think)
    tab = await open_tab()
    await tab.ask("Think", "model")
    line = tab.round(1).locator(".thought summary")
    await expect(line).to_have_text("Thinking…")
    seen.set()
    await tab.until_ended("complete")
    # What was only of interest while it ran leaves no line.
    await expect(tab.round(1).locator(".steps")).to_be_hidden()
    await expect(line).to_have_text(re.compile(r"^Thought for [1-9]\d* s$"))
    counted = await line.inner_text()
    for _ in range(2):
        await expect(line).to_have_text(counted)
        thought = tab.round(1).locator(".thought-text")
        await expect(thought).to_be_hidden()
        assert await tab.page.evaluate(
            """() => document.querySelector(".thought").getBoundingClientRect().bottom
              <= document.querySelector(".answer").getBoundingClientRect().top"""
        )
        await line.click()
        await expect(thought).to_have_text("First, this.")
        assert await violations(tab.page) == []
        await tab.page.reload()


async def test_an_error_is_one_card_with_cause_attempts_and_buttons(
    open_tab: OpenTab, endpoint: FakeEndpoint
) -> None:
    endpoint.script(refuse(500, {"error": {"message": "CUDA out of memory"}}))
    tab = await open_tab()
    await tab.ask("Hello", "model")
    await tab.until_ended("error")
    card = tab.round(1).locator(".ending")
    for _ in range(2):
        await expect(card.locator("strong")).to_have_text("“CUDA out of memory”")
        await expect(card.locator("span").first).to_contain_text("has failed with status 500.")
        await expect(card).to_contain_text("Tried 3 times.")
        await expect(card.get_by_role("button", name="Try again")).to_be_visible()
        await expect(card.get_by_role("button", name="Ask the Librarian")).to_be_visible()
        await expect(tab.page.get_by_text("CUDA out of memory")).to_have_count(1)
        assert await violations(tab.page) == []
        await tab.page.reload()


async def test_the_librarian_says_in_one_line_what_it_searched(open_tab: OpenTab) -> None:
    tab = await open_tab(locale="de-DE")
    await tab.ask("Wie lade ich ein PDF hoch?", "librarian")
    await tab.until_ended("complete")
    line = tab.round(1).locator(".steps-summary")
    shown = await line.inner_text()
    assert re.fullmatch(r"Handbuch.* und Chats durchsucht · \d gefunden · .* s", shown)
    await tab.page.reload()
    await expect(line).to_have_text(shown)
    await line.click()
    await expect(tab.round(1).locator(".step-message").nth(1)).to_contain_text("Gesuchte Wörter")
