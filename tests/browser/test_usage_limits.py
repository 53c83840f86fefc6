"""Limits as people see them: before they are reached, when they are, and where they are set."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.assistants.openai.endpoint import (
    DONE,
    Exchange,
    FakeEndpoint,
    delta,
    event,
    fake_endpoint,
    say,
    talk,
)
from tests.browser.conftest import Enter
from tests.browser.people import check, set_up
from tests.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

TEXTS = {
    "en-GB": (
        "You've used 85 of 100 tokens for today.",
        "You've used 105 of 100 tokens for today. It starts again at 00:00 UTC.",
        "Usage",
        "Show as a table",
    ),
    "de-DE": (
        "Sie haben heute 85 von 100 Token verbraucht.",
        "Sie haben heute 105 von 100 Token verbraucht. Um 00:00 Uhr UTC beginnt die Zählung",
        "Verbrauch",
        "Als Tabelle anzeigen",
    ),
}


def answer(told: int, wrote: int) -> bytes:
    usage = {"prompt_tokens": told, "completion_tokens": wrote}
    return say("Fine. ") + delta("stop") + event({"choices": [], "usage": usage}) + DONE


@pytest_asyncio.fixture(loop_scope="session")
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def team(start_server: Callable[..., Server], endpoint: FakeEndpoint) -> Server:
    limits = "tokens_per_day=100 models=tiny"
    return start_server(
        env={
            "QUART_CHAT_AUTH": "accounts",
            "QUART_CHAT_ADMIN_LIMITS": limits,
            "QUART_CHAT_MODEL_TITLES": "off",
            "OPENAI_BASE_URL": endpoint.url,
            "OPENAI_MODEL": "large",
        }
    )


@pytest.mark.parametrize("locale", TEXTS)
async def test_a_limit_is_shown_before_and_when_it_is_reached(
    team: Server, people: Enter, endpoint: FakeEndpoint, locale: str
) -> None:
    near, reached, usage, table = TEXTS[locale]
    endpoint.script(talk(answer(60, 25)), talk(answer(10, 10)))
    ada = await people(locale=locale)
    await set_up(ada, team)
    await expect(ada.locator(".model-button")).to_have_text("tiny")
    await expect(ada.locator(".composer-usage")).to_have_count(0)
    await ada.fill("#prompt", "Hello")
    await ada.press("#prompt", "Enter")
    await expect(ada.locator("chat-round[data-status=complete]")).to_have_count(1)
    await ada.reload()
    await expect(ada.locator(".composer-usage")).to_have_text(near)
    await check(ada)
    await ada.fill("#prompt", "Hello again")
    await ada.press("#prompt", "Enter")
    await expect(ada.locator("chat-round[data-status=complete]")).to_have_count(2)
    await expect(ada.locator(".stop")).to_be_hidden()
    await ada.fill("#prompt", "And this?")
    await ada.press("#prompt", "Enter")
    await expect(ada.locator(".outbox")).to_contain_text(reached)
    await expect(ada.locator(".outbox")).to_contain_text("And this?")
    await ada.click(".composer-usage a")
    await expect(ada.get_by_role("heading", name=usage, exact=True)).to_be_visible()
    await expect(ada.get_by_role("meter")).to_have_count(1)
    await ada.get_by_text(table).click()
    await expect(ada.get_by_role("row")).to_have_count(2)
    await check(ada)
    await ada.goto("/admin/usage")
    await expect(ada.get_by_role("img")).to_have_count(1)
    await check(ada)
    await ada.goto("/admin/users/local/usage")
    await check(ada)
    await ada.fill("[name=tokens_per_day]", "many")
    await ada.press("[name=tokens_per_day]", "Enter")
    await expect(ada.get_by_role("alert")).to_contain_text("tokens_per_day")
    await check(ada)
    await ada.fill("[name=tokens_per_day]", "none")
    await ada.press("[name=tokens_per_day]", "Enter")
    await expect(ada.locator(".settings-saved")).not_to_be_empty()
    await expect(ada.get_by_role("meter")).to_have_count(0)


REASONS = {
    "en-GB": "Not sent: one of your limits was reached.",
    "de-DE": "Nicht gesendet: Eine Ihrer Grenzen war erreicht.",
}


@pytest.mark.parametrize("locale", REASONS)
async def test_a_question_that_is_refused_when_its_turn_comes_says_why_in_every_tab(
    team: Server, people: Enter, endpoint: FakeEndpoint, locale: str
) -> None:
    go_on = asyncio.Event()

    async def hold(exchange: Exchange) -> None:
        exchange.begin()
        await exchange.send(say("Well. "))
        await go_on.wait()
        await exchange.send(answer(60, 45))
        await exchange.finish()

    endpoint.script(hold)
    ada = await people(locale=locale)
    await set_up(ada, team)
    await expect(ada.locator(".model-button")).to_have_text("tiny")
    await ada.fill("#prompt", "Hello")
    await ada.press("#prompt", "Enter")
    await expect(ada).to_have_url(re.compile("/chat/"))
    await expect(ada.locator(".stop")).to_be_visible()
    await ada.fill("#prompt", "And then?")
    await ada.press("#prompt", "Enter")
    await expect(ada.locator(".queued")).to_have_count(1)
    other = await ada.context.new_page()
    await other.goto(ada.url)
    await expect(other.locator(".queued-refused")).to_be_hidden()
    go_on.set()
    for page in (ada, other):
        await expect(page.locator(".queued")).to_contain_text("And then?")
        await expect(page.locator(".queued-refused")).to_contain_text(REASONS[locale])
        await expect(page.locator(".queue-held")).to_be_hidden()
        await page.reload()
        await expect(page.locator(".queued-refused")).to_contain_text(REASONS[locale])
    await check(ada)
