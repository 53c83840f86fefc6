"""A model in the browser: choosing it, giving it documents and instructions, checking it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import FilePayload, Locator, Page, expect

from tests.assistants.openai.endpoint import FakeEndpoint, end, fake_endpoint, refuse, say, talk
from tests.browser.conftest import OpenTab
from tests.browser.tab import bring
from tests.browser.test_page import expect_no_overflow, violations
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

LEASE = b"# Lease\n\n## Notice\n\nThe period of **notice** is three months.\n"
CITING = talk(say("Three months [1], or four [7]. `[9]`"), end(1234))
LISTED = refuse(200, {"data": [{"id": "tiny"}, {"id": "large"}]})


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def shared(
    shared_endpoint: FakeEndpoint, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    env = {"OPENAI_BASE_URL": shared_endpoint.url, "OPENAI_MODEL": "tiny"}
    with Server(instance=tmp_path_factory.mktemp("model") / "instance", env=env) as server:
        yield server


@pytest.fixture
def endpoint(shared_endpoint: FakeEndpoint) -> FakeEndpoint:
    shared_endpoint.script(CITING)
    shared_endpoint.models = LISTED
    shared_endpoint.requests.clear()
    return shared_endpoint


@pytest.fixture
def server(shared: Server, endpoint: FakeEndpoint) -> Server:
    return shared


def file(name: str, content: bytes = LEASE) -> Any:
    return {"name": name, "mimeType": "text/markdown", "buffer": content}


def chip(page: Page, name: str) -> Locator:
    return page.locator(".chip", has_text=name)


async def load_picker(page: Page) -> None:
    """It is loaded with the first sign that somebody wants it."""
    await page.focus(".picker-button")
    await page.wait_for_function("() => !!customElements.get('document-picker')")


async def upload(page: Page, *files: Any) -> None:
    """Choose files behind the button."""
    await load_picker(page)
    await page.set_input_files(".picker-upload input", files=list(files))


def chosen(page: Page) -> Locator:
    """Who answers, or the model that does."""
    return page.locator("#assistant option:checked")


async def ask(page: Page, prompt: str) -> None:
    await page.fill("#prompt", prompt)
    await page.press("#prompt", "Enter")


async def test_a_newcomer_gets_a_models_answer_with_what_it_took(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await ask(tab.page, "Hello")
    await tab.until_ended("complete")
    await expect(tab.answer()).to_contain_text("Three months [1]")
    usage = tab.round(1).locator(".usage")
    await expect(usage).to_have_text("9 in · 1,234 out")
    shown = await usage.inner_text()
    await tab.page.reload()
    await expect(usage).to_have_text(shown)


async def test_a_model_is_chosen_and_remembered(open_tab: OpenTab, endpoint: FakeEndpoint) -> None:
    tab = await open_tab()
    options = tab.page.locator("#assistant option")
    await expect(options).to_have_text(["tiny", "large", "Librarian", "Slow"])
    await expect(tab.page.locator("#assistant optgroup")).to_have_attribute("label", "Models")
    await expect(chosen(tab.page)).to_have_text("tiny")
    await tab.page.select_option("#assistant", label="large")
    await ask(tab.page, "Hello")
    await tab.until_ended("complete")
    assert endpoint.completions[-1]["model"] == "large"
    await tab.page.reload()
    await expect(chosen(tab.page)).to_have_text("large")
    await tab.page.goto("/")
    await expect(chosen(tab.page)).to_have_text("large")
    await tab.page.select_option("#assistant", "librarian")
    await ask(tab.page, "What is a cursor?")
    await tab.until_ended("complete")
    await tab.page.reload()
    await expect(chosen(tab.page)).to_have_text("Librarian")


async def test_what_is_set_for_new_chats_goes_before_the_last_choice(open_tab: OpenTab) -> None:
    tab = await open_tab("/settings")
    await tab.page.evaluate(
        """localStorage.setItem("quart-chat:choice", '{"assistant": "librarian"}')"""
    )
    await tab.page.select_option("#choice", "model large")
    await tab.page.locator("#new-chats .button-primary").click()
    await expect(tab.page.locator("#new-chats .settings-saved")).to_have_text("Saved.")
    try:
        await tab.page.goto("/")
        await expect(chosen(tab.page)).to_have_text("large")
        await tab.page.fill("#prompt", "One?")
        await tab.page.press("#prompt", "Enter")
        await expect(tab.answer()).to_contain_text("Three months")
    finally:
        await tab.page.request.patch("/api/settings", data={"assistant": None})
    await tab.page.goto("/")
    await expect(chosen(tab.page)).not_to_have_text("large")


async def test_another_tab_follows_what_is_chosen_for_a_chat(open_tab: OpenTab) -> None:
    first = await open_tab()
    await ask(first.page, "Hello")
    await first.until_ended("complete")
    second = await open_tab(first.page.url)
    await expect(chosen(second.page)).to_have_text("tiny")
    await first.page.select_option("#assistant", label="large")
    await upload(first.page, file("followed.md"))
    await expect(chip(first.page, "followed.md")).to_have_attribute("data-status", "ready")
    await ask(first.page, "Again")
    await first.until_ended("complete", 2)
    await expect(chosen(second.page)).to_have_text("large")
    await expect(chip(second.page, "followed.md")).to_be_visible()


async def test_models_that_can_not_be_listed_are_explained(
    open_tab: OpenTab, endpoint: FakeEndpoint, shared: Server
) -> None:
    tab = await open_tab(quiet=False)
    note = "127.0.0.1 has failed with status 500."
    answer = {
        "default": "model",
        "assistants": [
            {"name": "model", "title": "tiny", "models": [], "defaultModel": "tiny", "note": note}
        ],
    }
    await tab.page.route("**/assistants", lambda route: route.fulfill(json=answer))
    await tab.page.reload()
    await expect(tab.page.locator(".choice-note")).to_have_text(
        f"The models can't be listed. {note}"
    )
    await expect(chosen(tab.page)).to_have_text("tiny")


@pytest.mark.parametrize("way", ["button", "drop", "paste"])
async def test_a_file_becomes_a_document_to_answer_from(
    open_tab: OpenTab, endpoint: FakeEndpoint, way: str
) -> None:
    tab, name = await open_tab(), f"lease by {way}.md"
    if way == "button":
        await upload(tab.page, file(name))
    else:
        await bring(tab.page, "#prompt", way, name, LEASE.decode())
    await expect(chip(tab.page, name)).to_have_attribute("data-status", "ready")
    await ask(tab.page, "What is the period of notice?")
    await tab.until_ended("complete")
    assert f'from="{name} · Lease · Notice"' in endpoint.completions[-1]["messages"][-1]["content"]
    await expect(tab.round(1).locator(".source-quote")).to_have_text(
        "The period of notice is three months."
    )
    await expect(tab.answer().locator(".no-source")).to_have_text("[7] no such source")
    await expect(tab.answer().locator("code")).to_have_text("[9]")
    await tab.page.reload()
    await expect(chip(tab.page, name)).to_be_visible()
    await tab.answer().locator(".citation").click()
    await expect(tab.page).to_have_url(re.compile(r"/documents/[0-9a-f]{32}\?passage=1#p1$"))
    await expect(tab.page.locator('.passage[aria-current="true"]')).to_contain_text("three months")


async def test_documents_are_found_chosen_and_let_go(
    open_tab: OpenTab, endpoint: FakeEndpoint
) -> None:
    tab = await open_tab()
    await upload(tab.page, file("apples.md"), file("pears.md"))
    await expect(tab.page.locator('.chip[data-status="ready"]')).to_have_count(2)
    await chip(tab.page, "apples.md").get_by_role("button").click()
    await tab.page.get_by_role("button", name="Choose documents").click()
    await tab.page.get_by_label("Find a document").fill("appl")
    await expect(tab.page.locator(".picker-option")).to_have_text(["apples.md"])
    await tab.page.get_by_label("Find a document").fill("nowhere")
    await expect(tab.page.locator(".picker-empty")).to_have_text("No document name contains that.")
    await tab.page.get_by_label("Find a document").fill("pears")
    await tab.page.get_by_role("checkbox", name="pears.md").uncheck()
    await tab.page.keyboard.press("Escape")
    await expect(tab.page.locator(".chip")).to_have_count(0)
    await ask(tab.page, "Hello")
    await tab.until_ended("complete")
    assert len(endpoint.completions[-1]["messages"]) == 1


async def test_a_file_that_is_refused_says_why(open_tab: OpenTab) -> None:
    tab = await open_tab(quiet=False)
    await upload(tab.page, file("a.exe", b"MZ\0\0"))
    await expect(tab.page.locator(".picker-error")).to_contain_text(
        "a.exe: Programs can't be read."
    )
    await expect(tab.page.locator(".chip")).to_have_count(0)


async def test_instructions_of_a_chat_survive_and_are_live_in_other_tabs(
    open_tab: OpenTab, endpoint: FakeEndpoint
) -> None:
    tab = await open_tab()
    await ask(tab.page, "Hello")
    await tab.until_ended("complete")
    other = await open_tab(tab.page.url)
    await tab.page.get_by_label("Custom instructions for this chat").click()
    await tab.page.fill("#instructions", "Be brief.")
    await tab.page.locator(".instructions .button").click()
    await expect(other.page.locator(".instructions[data-set]")).to_have_count(1)
    await expect(other.page.locator("#instructions")).to_have_value("Be brief.")
    await ask(other.page, "Again")
    await other.until_ended("complete", 2)
    assert endpoint.completions[-1]["messages"][0] == {"role": "system", "content": "Be brief."}
    await tab.page.reload()
    await expect(tab.page.locator("#instructions")).to_have_value("Be brief.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_what_belongs_to_a_model_is_accessible(open_tab: OpenTab, scheme: str) -> None:
    tab = await open_tab(
        color_scheme=scheme, reduced_motion="reduce", viewport={"width": 360, "height": 740}
    )
    await upload(tab.page, file(f"{'long ' * 20}.md"))
    await expect(tab.page.locator('.chip[data-status="ready"]')).to_have_count(1)
    await ask(tab.page, "What is the period of notice?")
    await tab.until_ended("complete")
    await expect_no_overflow(tab.page)
    assert await violations(tab.page, scheme) == []
    await tab.page.get_by_role("button", name="Choose documents").click()
    await expect(tab.page.locator(".picker-option").first).to_be_visible()
    assert await violations(tab.page, scheme) == []
    await tab.page.keyboard.press("Escape")
    await tab.page.get_by_label("Custom instructions for this chat").click()
    assert await violations(tab.page, scheme) == []
    await expect_no_overflow(tab.page)


async def test_instructions_that_are_being_written_stay_when_the_chat_is_pinned(
    open_tab: OpenTab,
) -> None:
    tab = await open_tab()
    page = tab.page
    await ask(page, "Hello")
    await tab.until_ended("complete")
    await page.locator(".instructions summary").click()
    await page.fill("#instructions", "Answer in verse.")
    await tab.choose("Pin")
    await expect(tab.row("Hello").locator(".chat-pin").first).to_be_visible()
    await expect(page.locator("#instructions")).to_have_value("Answer in verse.")
    await expect(page.locator("#instructions")).to_be_visible()


async def test_a_long_title_has_room_beside_the_menu_of_its_chat(open_tab: OpenTab) -> None:
    tab = await open_tab(viewport={"width": 360, "height": 740})
    await ask(tab.page, "# A title that goes on for longer than a phone is wide")
    await tab.until_ended("complete")
    box = await tab.page.locator(".title").bounding_box()
    assert box is not None
    assert box["width"] >= 100
    await tab.page.locator("chat-heading .menu-button").click()
    await expect_no_overflow(tab.page)
    menu = tab.page.get_by_role("menu")
    await expect(menu.get_by_role("menuitem", name="Delete")).to_be_in_viewport(ratio=1)
    await tab.page.locator(".answer .prose").last.click(position={"x": 4, "y": 8})
    await expect(menu).to_be_hidden()


async def test_what_is_chosen_for_the_next_question_outlasts_an_answer_written_again(
    open_tab: OpenTab,
) -> None:
    tab = await open_tab()
    await tab.ask("How do I resume a stream?", "librarian")
    await tab.until_ended("complete")
    file: FilePayload = {"name": "roof.md", "mimeType": "text/markdown", "buffer": b"# Roof"}
    await tab.page.locator(".picker-button").focus()
    await tab.page.wait_for_function("() => !!customElements.get('document-picker')")
    await tab.page.set_input_files(".picker-upload input", file)
    await expect(tab.page.locator(".chip")).to_have_count(1)
    await tab.page.get_by_role("button", name="Regenerate").click()
    await tab.until_ended("complete", 2)
    await expect(tab.page.locator(".chip")).to_have_count(1)
