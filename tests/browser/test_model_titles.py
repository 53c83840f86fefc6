"""Titles that a model gives, as they come to every tab."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.assistants.openai.endpoint import Exchange, FakeEndpoint, end, fake_endpoint, say
from tests.browser.conftest import OpenTab
from tests.server import Server

COST = re.compile(r"^Rename \(F2\)\nTitle: tiny · 9 in · 6 out")

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def model_server(
    tmp_path_factory: pytest.TempPathFactory, endpoint: FakeEndpoint
) -> Iterator[Server]:
    env = {"OPENAI_BASE_URL": endpoint.url, "OPENAI_MODEL": "tiny"}
    with Server(instance=tmp_path_factory.mktemp("titles") / "instance", env=env) as server:
        yield server


@pytest.fixture
def server(model_server: Server) -> Server:
    return model_server


async def test_a_title_comes_to_every_tab_and_says_what_it_took(
    open_tab: OpenTab, endpoint: FakeEndpoint
) -> None:
    go_on = asyncio.Event()

    async def give(exchange: Exchange) -> None:
        await go_on.wait()
        await exchange.stream(say('"Roofs and *rafters*"'), end(6))

    endpoint.titles = give
    tab, elsewhere = await open_tab(), await open_tab("/")
    await tab.page.fill("#prompt", "**What** is under the `tiles`?")
    await tab.page.press("#prompt", "Enter")
    await tab.until_ended("complete")
    # The answer is complete, and the next question can be asked, before there is a title.
    await expect(tab.page.locator("h1")).to_have_text("What is under the tiles?")
    await expect(tab.page.locator(".send")).to_be_visible()
    second = await open_tab(tab.page.url)
    go_on.set()
    for each in (tab, second):
        await expect(each.page.locator("h1")).to_have_text("Roofs and rafters")
        await expect(each.page).to_have_title("Roofs and rafters · quart-chat")
        await expect(each.page.locator(".title-text")).to_have_attribute("title", COST)
    await expect(elsewhere.row("Roofs and rafters")).to_be_visible()
    await second.page.reload()
    await expect(second.page.locator(".title-text")).to_have_attribute("title", COST)


async def test_a_title_does_not_disturb_a_person_who_renames_the_chat(
    open_tab: OpenTab, endpoint: FakeEndpoint
) -> None:
    go_on = asyncio.Event()

    async def give(exchange: Exchange) -> None:
        await go_on.wait()
        await exchange.stream(say("Given by the model"), end(6))

    endpoint.titles = give
    tab, other = await open_tab(), await open_tab("/")
    await tab.page.fill("#prompt", "And under those?")
    await tab.page.press("#prompt", "Enter")
    await tab.until_ended("complete")
    await tab.page.locator(".title-text").click()
    await expect(tab.page.locator(".title-field")).to_be_focused()
    await tab.page.keyboard.type("Given by")
    go_on.set()
    await expect(other.row("Given by the model")).to_be_visible()
    await tab.page.keyboard.type(" a person")
    await tab.page.keyboard.press("Enter")
    for each in (tab, other):
        await expect(each.row("Given by a person")).to_be_visible()
