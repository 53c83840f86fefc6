"""Chats of a thousand messages: what is on the page, and what comes when it is wanted."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab, set_hidden
from tests.long_chat import write_long_chat
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGE = 30
PHONE = {"width": 360, "height": 740}
AT_END = "() => innerHeight + scrollY >= document.documentElement.scrollHeight - 2"


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


async def numbers(tab: Tab) -> list[int]:
    """The rounds on the page, in their order."""
    found: list[int] = await tab.page.evaluate(
        "[...document.querySelectorAll('chat-round')].map((round) => round.number)"
    )
    return found


async def scroll_to_top(tab: Tab) -> None:
    await tab.page.evaluate("scrollTo({top: 0, behavior: 'instant'})")


async def until_loaded(tab: Tab, count: int) -> None:
    await tab.page.wait_for_function(
        "count => document.querySelectorAll('chat-round').length >= count", arg=count
    )


async def test_the_latest_rounds_of_a_long_chat_are_on_the_page(
    open_tab: OpenTab, server: Server
) -> None:
    chat = write_long_chat(server.instance, 500)
    tab = await open_tab(f"/chat/{chat}")
    assert await numbers(tab) == list(range(500 - PAGE + 1, 501))
    await tab.page.wait_for_function(AT_END)


async def test_earlier_rounds_come_as_one_scrolls_up(open_tab: OpenTab, server: Server) -> None:
    chat = write_long_chat(server.instance, 100)
    tab = await open_tab(f"/chat/{chat}")
    for _ in range(4):
        known = len(await numbers(tab))
        await scroll_to_top(tab)
        if known < 100:
            await until_loaded(tab, known + 1)
    assert await numbers(tab) == list(range(1, 101))
    await expect(tab.page.locator(".earlier-link")).to_be_hidden()


@pytest.mark.parametrize("top", [0, 300])
@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desk", "phone"])
async def test_what_is_in_view_stays_in_its_place(
    open_tab: OpenTab, server: Server, viewport: dict[str, int] | None, top: int
) -> None:
    chat = write_long_chat(server.instance, 90)
    tab = await open_tab(f"/chat/{chat}", **({"viewport": viewport} if viewport else {}))
    # The page goes to its end by itself, once its scripts are there.
    await tab.until_ready()
    await tab.page.wait_for_function(AT_END)
    moved = await tab.page.evaluate(
        """async (top) => {
          scrollTo({ top, behavior: "instant" });
          const frame = () => new Promise(requestAnimationFrame);
          await frame();
          const round = document.elementFromPoint(innerWidth / 2, innerHeight / 2)
            .closest("chat-round");
          const place = () => round.getBoundingClientRect().top;
          const before = place();
          const count = document.querySelectorAll("chat-round").length;
          const places = [];
          while (document.querySelectorAll("chat-round").length === count) await frame();
          for (let i = 0; i < 10; i += 1) {
            places.push(Math.abs(place() - before));
            await frame();
          }
          return Math.max(...places);
        }""",
        top,
    )
    assert moved <= 1


async def test_the_way_to_earlier_rounds_works_by_keyboard(
    open_tab: OpenTab, server: Server
) -> None:
    chat = write_long_chat(server.instance, 70)
    tab = await open_tab(f"/chat/{chat}")
    await tab.page.locator(".earlier-link").focus()
    await tab.page.keyboard.press("Enter")
    await until_loaded(tab, 60)
    assert (await numbers(tab))[-1] == 70


async def test_a_long_chat_is_read_back_to_its_beginning_without_scripts(
    open_tab: OpenTab, server: Server
) -> None:
    chat = write_long_chat(server.instance, 50)
    tab = await open_tab(f"/chat/{chat}", java_script_enabled=False)
    await tab.page.get_by_role("link", name="Show earlier messages").click()
    prompts = tab.page.locator(".prompt-text")
    await expect(prompts).to_have_text([f"prompt {number}" for number in range(1, 21)])
    await expect(tab.page.get_by_role("link", name="Show earlier messages")).to_be_hidden()
    await tab.page.get_by_role("link", name="Show the latest messages").click()
    await expect(prompts.last).to_have_text("prompt 50")


async def test_earlier_rounds_that_can_not_be_read_are_asked_for_again(
    open_tab: OpenTab, server: Server
) -> None:
    chat = write_long_chat(server.instance, 50)
    tab = await open_tab(f"/chat/{chat}", quiet=False)
    await tab.page.route("**/rounds?before=*", lambda route: route.abort())
    await scroll_to_top(tab)
    await expect(tab.page.locator(".notice")).to_contain_text("The server can't be reached.")
    await tab.page.unroute("**/rounds?before=*")
    await tab.page.locator(".earlier-link").click()
    await until_loaded(tab, 50)
    assert await numbers(tab) == list(range(1, 51))


async def test_a_chat_that_is_read_anew_shows_its_end_and_complains_of_nothing(
    open_tab: OpenTab, server: Server
) -> None:
    """As after a backup was restored: what the page knows of is newer than what there is."""
    chat = write_long_chat(server.instance, 60)
    tab = await open_tab(f"/chat/{chat}")
    await set_hidden(tab.page, True)

    async def be_ahead(route: Route) -> None:
        await tab.page.unroute("**/api/stream?*")
        url = re.sub(r"since=(\d+)-\d+", r"since=\g<1>-99999", route.request.url)
        await route.continue_(url=url)

    async def answer_late(route: Route) -> None:
        # What is above comes near in the meantime.
        await expect(tab.page.locator("chat-round")).to_have_count(0)
        for _ in range(5):
            await tab.page.evaluate("new Promise(requestAnimationFrame)")
        await route.continue_()

    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))
    await tab.page.route("**/api/stream?*", be_ahead)
    await tab.page.route("**/rounds", answer_late)
    async with tab.page.expect_response("**/rounds"):
        await set_hidden(tab.page, False)
    await until_loaded(tab, PAGE)
    assert await numbers(tab) == list(range(60 - PAGE + 1, 61))
    # Before a round that is not there yet stands nothing.
    assert [url for url in asked if url.endswith("before=31")] == []
    await expect(tab.page.locator(".notice")).to_be_hidden()


async def test_an_early_prompt_is_edited_where_later_tabs_do_not_have_it(
    open_tab: OpenTab, server: Server
) -> None:
    chat = write_long_chat(server.instance, 70)
    first, second = await open_tab(f"/chat/{chat}"), await open_tab(f"/chat/{chat}")
    await scroll_to_top(first)
    await until_loaded(first, 60)
    await first.round(20).locator(".edit").click()
    await first.page.locator("prompt-editor textarea").fill("count 40 20ms")
    await first.page.keyboard.press("Enter")
    for tab in (first, second):
        await tab.until_ended("complete", 71)
        await expect(tab.answer(71)).to_have_text(" ".join(map(str, range(1, 41))))
        await expect(tab.round(71).locator(".versions")).to_contain_text("2 of 2")
    await first.round(71).get_by_role("button", name="Previous version").click()
    for tab in (first, second):
        await expect(tab.round(70)).to_be_visible()
        shown = await numbers(tab)
        assert shown == list(range(shown[0], 71))


async def test_the_list_leads_from_an_older_page_of_a_chat_to_its_end(
    open_tab: OpenTab, server: Server
) -> None:
    chat = write_long_chat(server.instance, 50)
    tab = await open_tab(f"/chat/{chat}?round=10")
    await expect(tab.page.locator(".later")).to_be_visible()
    await tab.page.locator('.chat-link[aria-current="page"]').click()
    await expect(tab.page).to_have_url(f"{server.url}/chat/{chat}")
    await expect(tab.page.locator("chat-round").last).to_have_attribute("data-round", "50")


async def test_a_reload_after_asking_on_an_older_page_shows_the_question(
    open_tab: OpenTab, server: Server
) -> None:
    chat = write_long_chat(server.instance, 50)
    tab = await open_tab(f"/chat/{chat}?round=10#round-10")
    await tab.ask("count 3 1ms")
    await tab.until_ended("complete", 51)
    await expect(tab.page).to_have_url(f"{server.url}/chat/{chat}")
    await tab.page.reload()
    await expect(tab.round(51)).to_be_in_viewport()


async def test_what_is_answered_again_on_an_older_page_is_the_latest(
    open_tab: OpenTab, server: Server
) -> None:
    chat = write_long_chat(server.instance, 50)
    tab = await open_tab(f"/chat/{chat}?round=10")
    await tab.round(10).get_by_role("button", name="Regenerate").click()
    await expect(tab.round(51)).to_be_in_viewport()
    await expect(tab.page.locator(".later")).to_have_count(0)
    await expect(tab.page).to_have_url(f"{server.url}/chat/{chat}")
