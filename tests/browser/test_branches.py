"""Editing prompts, writing answers again and stepping through versions, in every tab."""

from __future__ import annotations

import asyncio
import json
import random
import re

import httpx2
import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab, set_hidden, set_offline
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


async def edit(tab: Tab, number: int, prompt: str) -> None:
    """Edit the prompt of a round and send it."""
    await tab.round(number).locator(".edit").click()
    await tab.page.locator("prompt-editor textarea").fill(prompt)
    await tab.page.keyboard.press("Enter")


async def step(tab: Tab, number: int, direction: str) -> None:
    await tab.round(number).get_by_role("button", name=f"{direction} version").click()


async def expect_prompts(tab: Tab, *prompts: str) -> None:
    await expect(tab.page.locator(".prompt-text")).to_have_text(list(prompts))


async def three(open_tab: OpenTab) -> Tab:
    """A chat of three rounds."""
    tab = await open_tab()
    for number in (1, 2, 3):
        await tab.ask(f"count {number} 1ms")
        await tab.until_ended("complete", number)
    return tab


async def test_an_edit_takes_the_place_of_all_that_followed(open_tab: OpenTab) -> None:
    tab = await three(open_tab)
    await edit(tab, 2, "count 9 1ms")
    await tab.until_ended("complete", 4)
    await expect_prompts(tab, "count 1 1ms", "count 9 1ms")
    await expect(tab.round(4).locator(".versions")).to_have_text(re.compile(r"^\s*2 of 2\s*$"))
    fresh = await open_tab(tab.page.url)
    assert await fresh.content() == await tab.content()


async def test_a_person_steps_through_versions_and_keeps_the_focus(open_tab: OpenTab) -> None:
    tab = await three(open_tab)
    await edit(tab, 2, "count 9 1ms")
    await tab.until_ended("complete", 4)
    await step(tab, 4, "Previous")
    await expect_prompts(tab, "count 1 1ms", "count 2 1ms", "count 3 1ms")
    forth = tab.round(2).get_by_role("button", name="Next version")
    await expect(forth).to_be_focused()
    await tab.page.keyboard.press("Enter")
    await expect_prompts(tab, "count 1 1ms", "count 9 1ms")
    await tab.ask("count 4 1ms")
    await tab.until_ended("complete", 5)
    await expect_prompts(tab, "count 1 1ms", "count 9 1ms", "count 4 1ms")


async def test_an_editor_that_loads_late_opens_in_the_round_that_is_shown(
    open_tab: OpenTab,
) -> None:
    first = await three(open_tab)
    await edit(first, 1, "count 8 1ms")
    await first.until_ended("complete", 4)
    await step(first, 4, "Previous")
    await expect_prompts(first, "count 1 1ms", "count 2 1ms", "count 3 1ms")
    second = await open_tab(first.page.url)
    held: asyncio.Future[Route] = asyncio.get_running_loop().create_future()

    def hold(route: Route) -> None:
        held.set_result(route)

    await second.page.route(re.compile("prompt-editor"), hold)
    await second.round(3).locator(".edit").click()
    editor = await held
    await step(first, 1, "Next")
    await expect_prompts(second, "count 8 1ms")
    await step(first, 4, "Previous")
    await expect_prompts(second, "count 1 1ms", "count 2 1ms", "count 3 1ms")
    await editor.continue_()
    await second.page.locator("prompt-editor textarea").fill("count 7 1ms")
    await second.page.keyboard.press("Enter")
    await expect_prompts(first, "count 1 1ms", "count 2 1ms", "count 7 1ms")


async def test_every_tab_shows_the_branch_that_one_has_stepped_to(open_tab: OpenTab) -> None:
    first = await three(open_tab)
    second = await open_tab(first.page.url)
    await edit(first, 1, "count 8 1ms")
    await second.until_ended("complete", 4)
    await expect_prompts(second, "count 8 1ms")
    await step(second, 4, "Previous")
    for tab in (first, second):
        await expect_prompts(tab, "count 1 1ms", "count 2 1ms", "count 3 1ms")
    await edit(second, 3, "count 7 1ms")
    for tab in (first, second):
        await tab.until_ended("complete", 5)
    fresh = await open_tab(first.page.url)
    assert await first.content() == await second.content() == await fresh.content()


async def test_a_branch_that_was_left_while_a_tab_was_away_is_not_shown(open_tab: OpenTab) -> None:
    """The round that was the last one is that again; another has come and gone."""
    first = await three(open_tab)
    second = await open_tab(first.page.url, quiet=False)
    await set_offline(second.page, True)
    await edit(first, 2, "count 9 1ms")
    await first.until_ended("complete", 4)
    await step(first, 4, "Previous")
    await expect_prompts(first, "count 1 1ms", "count 2 1ms", "count 3 1ms")
    await set_offline(second.page, False)
    await expect(second.round(2).locator(".versions")).to_contain_text("1 of 2")
    await expect_prompts(second, "count 1 1ms", "count 2 1ms", "count 3 1ms")
    assert await second.content() == await first.content()


async def test_a_tab_that_was_away_comes_back_to_the_branch_that_is_shown(
    open_tab: OpenTab,
) -> None:
    first = await three(open_tab)
    second = await open_tab(first.page.url, quiet=False)
    await set_offline(second.page, True)
    await edit(first, 2, "count 9 1ms")
    await first.until_ended("complete", 4)
    await edit(first, 4, "count 6 1ms")
    await first.until_ended("complete", 5)
    await step(first, 5, "Previous")
    await expect_prompts(first, "count 1 1ms", "count 9 1ms")
    await set_offline(second.page, False)
    await expect_prompts(second, "count 1 1ms", "count 9 1ms")
    await expect(second.round(4).locator(".versions")).to_contain_text("2 of 3")
    assert await second.content() == await first.content()


async def test_the_page_is_not_swapped_while_a_new_version_is_written(open_tab: OpenTab) -> None:
    tab = await three(open_tab)
    await tab.page.evaluate(
        """() => {
          window.swaps = [];
          document.querySelector('chat-round').dataset.kept = 'yes';
          new MutationObserver((records) => {
            for (const { addedNodes, removedNodes } of records) {
              const rounds = (nodes) => [...nodes].filter((n) => n.localName === 'chat-round')
                .map((n) => n.dataset.round);
              window.swaps.push(['+', ...rounds(addedNodes)], ['-', ...rounds(removedNodes)]);
            }
            window.swaps = window.swaps.filter((swap) => swap.length > 1);
          }).observe(document.querySelector('chat-log'), { childList: true, subtree: true });
        }"""
    )
    await edit(tab, 2, "count 60 10ms")
    await expect(tab.answer(4)).to_contain_text("20 ")
    await tab.until_ended("complete", 4)
    await expect(tab.answer(4)).to_have_text(" ".join(map(str, range(1, 61))))
    removed_and_added = await tab.page.evaluate("window.swaps")
    # In: the new one. Out: what it replaces. Then it moves from the live place to the log.
    assert sorted(map(tuple, removed_and_added)) == sorted(
        [("-", "2"), ("-", "3"), ("+", "4"), ("-", "4"), ("+", "4")]
    )
    await expect(tab.round(1)).to_have_attribute("data-kept", "yes")


async def test_an_answer_is_written_again(open_tab: OpenTab) -> None:
    tab = await three(open_tab)
    await tab.round(3).get_by_role("button", name="Regenerate").click()
    await tab.until_ended("complete", 4)
    await expect_prompts(tab, "count 1 1ms", "count 2 1ms", "count 3 1ms")
    await expect(tab.round(4).locator(".versions")).to_contain_text("2 of 2")


async def test_a_failed_answer_offers_to_try_again_and_the_librarian(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("fail")
    await tab.until_ended("error")
    await tab.round(1).get_by_role("button", name="Try again").click()
    await tab.until_ended("error", 2)
    await expect(tab.round(2).locator(".answer-author")).to_have_text("Slow")
    await tab.round(2).get_by_role("button", name="Ask the Librarian").click()
    await tab.until_ended("complete", 3)
    await expect(tab.round(3).locator(".answer-author")).to_have_text("Librarian")
    await expect(tab.round(3).get_by_role("button", name="Ask the Librarian")).to_be_hidden()
    await tab.page.reload()
    await expect(tab.page.locator("#assistant")).to_have_value("slow")
    await step(tab, 3, "Previous")
    await expect(tab.round(2).get_by_role("button", name="Ask the Librarian")).to_be_visible()


async def test_escape_gives_up_an_edit_and_stops_nothing(open_tab: OpenTab) -> None:
    tab = await three(open_tab)
    await tab.round(2).locator(".edit").click()
    field = tab.page.locator("prompt-editor textarea")
    await expect(field).to_be_focused()
    await field.fill("something else")
    await tab.page.keyboard.press("Escape")
    await expect(field).to_have_count(0)
    await expect(tab.round(2).locator(".edit")).to_be_focused()
    await expect_prompts(tab, "count 1 1ms", "count 2 1ms", "count 3 1ms")


async def test_what_is_edited_stays_in_view_as_it_grows(open_tab: OpenTab) -> None:
    tab = await open_tab(viewport={"width": 360, "height": 480})
    await tab.ask("count 300 0ms")
    await tab.until_ended("complete")
    await tab.round(1).locator(".edit").click()
    field = tab.page.locator("prompt-editor textarea")
    await field.fill("one\ntwo\nthree\nfour")
    await tab.page.evaluate("() => new Promise(requestAnimationFrame)")
    await expect(field).to_be_in_viewport(ratio=1)


async def test_an_edit_that_can_not_be_sent_stays_and_says_why(open_tab: OpenTab) -> None:
    tab = await open_tab(quiet=False)
    await tab.ask("count 1 1ms")
    await tab.until_ended("complete")
    await edit(tab, 1, "x" * 32_001)
    error = tab.page.locator(".prompt-editor-error")
    await expect(error).to_contain_text("32,001 of 32,000 characters")
    await tab.page.route("**/start/stream", lambda route: route.abort())
    field = tab.page.locator("prompt-editor textarea")
    await field.fill("count 2 1ms")
    await tab.page.keyboard.press("Enter")
    await expect(error).to_contain_text("The server can't be reached.")
    await tab.page.unroute("**/start/stream")
    await tab.page.locator("prompt-editor").get_by_role("button", name="Send").click()
    await tab.until_ended("complete", 2)
    await expect_prompts(tab, "count 2 1ms")


async def cut_stream(tab: Tab) -> None:
    """Nothing reaches the page any more, until the way is open again."""
    await tab.page.route("**/api/stream*", lambda route: route.abort())
    await set_hidden(tab.page, True)
    await set_hidden(tab.page, False)


@pytest.mark.parametrize("shown", ["before", "after"])
async def test_an_edit_whose_receipt_was_lost_is_known_by_what_the_page_shows(
    open_tab: OpenTab, shown: str
) -> None:
    """The stream may show the new version before the request fails, or after it."""
    tab = await open_tab(quiet=False)
    await tab.ask("count 1 1ms")
    await tab.until_ended("complete")
    await tab.page.fill("#prompt", "to be asked later")

    async def lose_the_answer(route: Route) -> None:
        await route.fetch()
        if shown == "before":
            await tab.until_ended("complete", 2)
        await route.abort()

    if shown == "after":
        await cut_stream(tab)
    await tab.page.route("**/start/stream", lose_the_answer)
    async with tab.page.expect_event("requestfailed", lambda request: request.method == "POST"):
        await edit(tab, 1, "count 2 1ms")
    if shown == "after":
        await expect(tab.page.locator(".prompt-editor-error")).to_contain_text("Not sent.")
        await tab.page.unroute("**/api/stream*")
        await tab.until_ended("complete", 2)
    await expect_prompts(tab, "count 2 1ms")
    await expect(tab.page.locator("prompt-editor")).to_have_count(0)
    await expect(tab.page.locator(".notice")).not_to_contain_text("continued in another tab")
    await expect(tab.page.locator("#prompt")).to_have_value("to be asked later")


@pytest.mark.parametrize("way", ["edit", "regenerate"])
async def test_what_is_sent_again_after_a_lost_receipt_makes_one_version(
    open_tab: OpenTab, way: str
) -> None:
    tab = await open_tab(quiet=False)
    await tab.ask("count 1 1ms")
    await tab.until_ended("complete")

    async def lose_the_answer(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await cut_stream(tab)
    await tab.page.route("**/start/stream", lose_the_answer)
    again = tab.round(1).get_by_role("button", name="Regenerate")
    if way == "edit":
        await edit(tab, 1, "count 2 1ms")
        again = tab.page.locator("prompt-editor").get_by_role("button", name="Send")
        failure = tab.page.locator(".prompt-editor-error")
    else:
        await again.click()
        failure = tab.page.locator(".notice")
    await expect(failure).to_contain_text("can't be reached")
    await tab.page.unroute("**/start/stream")
    async with tab.page.expect_response("**/start/stream") as response:
        await again.click()
    assert (await response.value).ok
    await tab.page.unroute("**/api/stream*")
    await tab.until_ended("complete", 2)
    await expect(tab.page.locator(".versions-place")).to_have_text("2 of 2")
    # What is asked once it has come is asked anew.
    await step(tab, 2, "Previous")
    await tab.round(1).get_by_role("button", name="Regenerate").click()
    await tab.until_ended("complete", 3)


async def test_an_edit_is_kept_when_the_chat_goes_on_elsewhere(open_tab: OpenTab) -> None:
    first = await three(open_tab)
    second = await open_tab(first.page.url)
    await second.round(3).locator(".edit").click()
    await second.page.locator("prompt-editor textarea").fill("a long and clever question")
    await edit(first, 2, "count 9 1ms")
    await second.until_ended("complete", 4)
    await expect(second.page.locator("#prompt")).to_have_value("a long and clever question")
    await expect(second.page.locator(".notice")).to_contain_text("in the question field")


async def test_nothing_can_be_edited_while_an_answer_is_written(open_tab: OpenTab) -> None:
    tab = await three(open_tab)
    await tab.ask("wait")
    await expect(tab.page.locator(".stop")).to_be_visible()
    for number in (1, 2, 3, 4):
        await expect(tab.round(number).locator(".edit")).to_be_hidden()
        await expect(tab.round(number).locator(".again")).to_be_hidden()
    await tab.page.keyboard.press("Escape")
    await tab.until_ended("stopped", 4)
    await expect(tab.round(4).get_by_role("button", name="Regenerate")).to_be_visible()


async def test_the_last_prompt_is_edited_on_demand_of_the_composer(open_tab: OpenTab) -> None:
    tab = await three(open_tab)
    await expect(tab.page.locator(".stop")).to_be_hidden()
    await tab.page.evaluate(
        "document.querySelector('chat-composer')"
        ".dispatchEvent(new CustomEvent('edit-last', {bubbles: true}))"
    )
    await expect(tab.round(3).locator("textarea")).to_have_value("count 3 1ms")


async def test_prompts_are_edited_and_versions_shown_without_scripts(open_tab: OpenTab) -> None:
    tab = await three(open_tab)
    plain = await open_tab(tab.page.url, java_script_enabled=False)
    await plain.round(3).locator(".edit").click()
    await plain.page.locator("textarea").fill("count 5 1ms")
    await plain.page.get_by_role("button", name="Send").click()
    await tab.until_ended("complete", 4)
    await plain.page.reload()
    await expect_prompts(plain, "count 1 1ms", "count 2 1ms", "count 5 1ms")
    await step(plain, 4, "Previous")
    await expect_prompts(plain, "count 1 1ms", "count 2 1ms", "count 3 1ms")
    await plain.round(1).get_by_role("button", name="Regenerate").click()
    await tab.until_ended("complete", 5)
    await plain.page.reload()
    await expect_prompts(plain, "count 1 1ms")


# What may happen to a chat; showing another branch is as likely as two others.
DEEDS = ("ask", "edit", "regenerate", "show", "show", "stop", "leave", "return", "hide", "come")
MANY = [pytest.param(seed, marks=pytest.mark.long) for seed in range(4, 44)]


@pytest.mark.parametrize("seed", [1, 2, 3, *MANY])
async def test_all_tabs_show_the_same_whatever_has_been_done(
    open_tab: OpenTab, server: Server, seed: int
) -> None:
    """One has it before it all along, one loses its connection, and one is hidden now and then."""
    chance = random.Random(seed)
    first = await three(open_tab)
    second = await open_tab(first.page.url, quiet=False)
    third = await open_tab(first.page.url)
    chat = first.page.url.rpartition("/")[2]
    rounds = 3
    async with httpx2.AsyncClient(base_url=server.url, timeout=30) as http:
        for _ in range(16):
            about = chance.randint(1, rounds)
            body: dict[str, object] = {"workflowId": chat, "assistant": "slow"}
            match chance.choice(DEEDS):
                case "ask":
                    prompts = (f"count {chance.randint(1, 60)} 10ms", "count 3 0ms", "nested list")
                    body |= {"prompt": chance.choices(prompts, weights=(6, 3, 1))[0]}
                case "edit":
                    body |= {"prompt": f"count {chance.randint(1, 40)} 10ms", "replaces": about}
                case "regenerate":
                    body |= {"replaces": about}
                case "show":
                    await http.patch(f"/api/chatbot/workflows/{chat}", json={"head": about})
                    continue
                case "stop":
                    await http.post(f"/api/chatbot/{chat}/stop")
                    continue
                case "leave" | "return" as deed:
                    await set_offline(second.page, deed == "leave")
                    continue
                case deed:
                    await set_hidden(third.page, deed == "hide")
                    continue
            started = await http.post("/api/chatbot/start/stream", json=body)
            # Another round may still run.
            rounds += started.status_code == 200
        async with http.stream("GET", f"/api/chatbot/{chat}/stream") as running:
            await running.aread()
    await set_offline(second.page, False)
    await set_hidden(third.page, False)
    fresh = await open_tab(first.page.url)
    shown = json.dumps(await fresh.content(), separators=(",", ":"), ensure_ascii=False)
    for tab in (first, second, third):
        await tab.page.wait_for_function(
            "texts => JSON.stringify([...document.querySelectorAll('chat-round')]"
            ".map((round) => round.textContent.split(/\\s+/).filter(Boolean).join(' '))) === texts",
            arg=shown,
        )
        await expect(tab.page.locator(".live > chat-round")).to_have_count(0)


async def test_an_edit_survives_a_reload(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("count 1 1ms")
    await tab.until_ended("complete")
    editor = tab.round(1).locator("prompt-editor textarea")
    await tab.round(1).locator(".prompt").hover()
    await tab.round(1).locator(".edit").click()
    await editor.fill("count 2 1ms\nand more")
    await tab.page.reload()
    await expect(editor).to_have_value("count 2 1ms\nand more")
    await editor.press("Escape")
    await tab.page.reload()
    await expect(tab.round(1).locator(".prompt-text")).to_be_visible()
    await expect(editor).to_have_count(0)


async def test_an_edit_in_one_chat_leaves_that_in_another_alone(open_tab: OpenTab) -> None:
    tab = await open_tab()
    chats = []
    for prompt in ("count 1 1ms", "count 2 1ms"):
        await tab.page.goto("/")
        await tab.ask(prompt)
        await tab.until_ended("complete")
        chats.append(tab.page.url)
    editor = tab.round(1).locator("prompt-editor textarea")
    for chat, text in zip(chats, ("kept", "given up"), strict=True):
        await tab.page.goto(chat)
        await tab.round(1).locator(".prompt").hover()
        await tab.round(1).locator(".edit").click()
        await editor.fill(text)
    await editor.press("Escape")
    await tab.page.goto(chats[0])
    await expect(editor).to_have_value("kept")
