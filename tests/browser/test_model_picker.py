"""The models to choose from: a list with a search, for mouse and keyboard, and without scripts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Route, expect

from tests.assistants.openai.endpoint import FakeEndpoint, fake_endpoint, refuse
from tests.browser.conftest import OpenTab
from tests.browser.keyboard import Keyboard
from tests.browser.tab import Tab
from tests.browser.test_languages import english
from tests.browser.test_page import violations
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

MODELS = ["tiny", *(f"vendor/model-{number}" for number in range(60)), "Große Möwe"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        endpoint.models = refuse(200, {"data": [{"id": name} for name in MODELS]})
        yield endpoint


@pytest.fixture(scope="module")
def model_server(
    tmp_path_factory: pytest.TempPathFactory, endpoint: FakeEndpoint
) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("models") / "instance"
    env = {"OPENAI_BASE_URL": endpoint.url, "OPENAI_MODEL": "tiny"}
    with Server(instance=folder, env=env) as server:
        yield server


@pytest.fixture
def server(model_server: Server) -> Server:
    return model_server


def button(tab: Tab) -> Locator:
    return tab.page.locator(".model-button")


def field(tab: Tab) -> Locator:
    return tab.page.get_by_role("combobox", name="Find a model")


def options(tab: Tab) -> Locator:
    return tab.page.locator(".models [role=option]")


async def opened(open_tab: OpenTab, **kwargs: object) -> tuple[Tab, Keyboard]:
    tab = await open_tab(**kwargs)
    await expect(tab.page.locator("#assistant option")).to_have_count(len(MODELS) + 2)
    keys = Keyboard(tab.page)
    await keys.go(button(tab))
    await keys.press("Enter")
    await keys.expect_at(field(tab))
    return tab, keys


async def test_a_model_is_found_and_chosen_with_the_keyboard(
    open_tab: OpenTab, endpoint: FakeEndpoint
) -> None:
    tab, keys = await opened(open_tab)
    await expect(options(tab).locator("visible=true")).to_have_count(len(MODELS) + 2)
    await expect(tab.page.locator(".models [aria-checked=true]")).to_have_text("tiny")
    await keys.write("model-4")
    await expect(options(tab)).to_have_count(11)
    await keys.press("ArrowDown", "ArrowDown")
    await expect(tab.page.locator(".models [aria-selected=true]")).to_have_text("vendor/model-41")
    await keys.press("Enter")
    await expect(button(tab)).to_have_text("vendor/model-41")
    await keys.expect_at(button(tab))
    await tab.page.fill("#prompt", "Hello")
    await tab.page.press("#prompt", "Enter")
    await tab.until_ended("complete")
    assert endpoint.completions[-1]["model"] == "vendor/model-41"
    await tab.page.reload()
    await expect(button(tab)).to_have_text("vendor/model-41")


async def test_accents_and_case_do_not_matter_and_nothing_found_is_said(
    open_tab: OpenTab,
) -> None:
    tab, keys = await opened(open_tab)
    await keys.write("mowe GRO")
    await expect(options(tab)).to_have_text(["Große Möwe"])
    await keys.write("x")
    await expect(options(tab)).to_have_count(0)
    await expect(tab.page.locator(".models-status")).to_have_text("Nothing found for “mowe GROx”.")
    await keys.press("Enter")
    await keys.expect_at(field(tab))
    await keys.press("Escape")
    await keys.expect_at(button(tab))
    await expect(tab.page.locator(".models")).to_be_hidden()


async def test_escape_tab_and_clicks_close_it(open_tab: OpenTab) -> None:
    tab, keys = await opened(open_tab)
    await expect(button(tab)).to_have_attribute("aria-expanded", "true")
    await keys.press("Escape")
    await keys.expect_at(button(tab))
    await expect(button(tab)).to_have_attribute("aria-expanded", "false")
    await keys.press("ArrowDown")
    await keys.expect_at(field(tab))
    await keys.press("Tab")
    await expect(tab.page.locator(".models")).to_be_hidden()
    for place in (button(tab), tab.page.locator(".bar")):
        await button(tab).click()
        await expect(field(tab)).to_be_focused()
        await place.click()
        await expect(tab.page.locator(".models")).to_be_hidden()


async def test_a_press_on_the_button_counts_before_its_script_has_come(
    open_tab: OpenTab,
) -> None:
    tab = await open_tab("/documents")
    may_come = asyncio.Event()

    async def hold_back(route: Route) -> None:
        await may_come.wait()
        await route.continue_()

    await tab.page.route("**/chat-choice*.js", hold_back)
    await tab.page.goto("/")
    await button(tab).click()
    may_come.set()
    await expect(field(tab)).to_be_focused()


async def test_a_click_chooses_another_assistant(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await button(tab).click()
    await options(tab).locator("text=Librarian").click()
    await expect(button(tab)).to_have_text("Librarian")
    await expect(tab.page.locator("#assistant")).to_have_value("librarian")
    await tab.page.fill("#prompt", "What is a cursor?")
    await tab.page.press("#prompt", "Enter")
    await tab.until_ended("complete")
    await expect(tab.round(1).locator(".answer-author")).to_have_text("Librarian")


async def test_the_control_of_the_form_is_no_stop_of_its_own(open_tab: OpenTab) -> None:
    tab, keys = await opened(open_tab)
    await keys.press("Escape", "Tab")
    await keys.expect_at(tab.page.get_by_role("button", name="Send", exact=True))
    await keys.press("Shift+Tab")
    await keys.expect_at(button(tab))


async def test_without_scripts_it_is_the_browsers_own_list(open_tab: OpenTab) -> None:
    tab = await open_tab(java_script_enabled=False)
    await expect(button(tab)).to_be_hidden()
    await tab.page.select_option("#assistant", "librarian")
    await tab.page.fill("#prompt", "What is a cursor?")
    await tab.page.get_by_role("button", name="Send", exact=True).click()
    await expect(tab.round(1)).to_have_attribute("data-status", "complete")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_is_accessible_and_in_the_window(
    open_tab: OpenTab, width: int, scheme: str
) -> None:
    view = {"width": width, "height": 640}
    tab, keys = await opened(open_tab, viewport=view, color_scheme=scheme, reduced_motion="reduce")
    await expect(tab.page.locator(".models")).to_be_in_viewport(ratio=1)
    assert await violations(tab.page, scheme) == []
    await keys.write("zzz")
    assert await violations(tab.page, scheme) == []


async def test_it_is_german(open_tab: OpenTab) -> None:
    tab = await open_tab(locale="de")
    await button(tab).click()
    await expect(tab.page.get_by_role("combobox", name="Modell suchen")).to_be_focused()
    await expect(options(tab).first).to_be_visible()
    assert await english(tab.page) == set()
