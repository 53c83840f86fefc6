"""Writing a question: what is sent, what stays, and what survives."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab, set_offline
from tests.browser.test_doctor import check, expect_well
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


async def test_a_draft_survives_a_reload_in_each_chat_for_itself(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("count 1 1ms")
    await tab.until_ended("complete")
    await tab.page.fill("#prompt", "half a\nquestion")
    chat = tab.page.url
    await tab.page.goto("/")
    await expect(tab.page.locator("#prompt")).to_have_value("")
    await tab.page.fill("#prompt", "for a new chat")
    await tab.page.goto(chat)
    await expect(tab.page.locator("#prompt")).to_have_value("half a\nquestion")
    await tab.page.goto("/")
    await expect(tab.page.locator("#prompt")).to_have_value("for a new chat")


async def test_what_was_sent_is_no_draft_any_more(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.page.fill("#prompt", "count 2 1ms")
    await tab.page.reload()
    await expect(tab.page.locator("#prompt")).to_have_value("count 2 1ms")
    await tab.page.select_option("#assistant", "slow")
    await tab.page.press("#prompt", "Enter")
    await tab.until_ended("complete")
    for path in (tab.page.url, "/"):
        await tab.page.goto(path)
        await expect(tab.page.locator("#prompt")).to_have_value("")


@pytest.mark.parametrize("status", [409, 413, 429, 503])
async def test_a_question_that_is_refused_stays_marked_with_the_reason(
    open_tab: OpenTab, status: int
) -> None:
    tab = await open_tab(quiet=False)

    async def refuse(route: Route) -> None:
        await route.fulfill(
            status=status, json={"error": {"code": "x", "message": f"No {status}."}}
        )

    await tab.page.route("**/start/stream", refuse)
    await tab.ask("count 3 1ms")
    unsent = tab.page.locator(".unsent[data-failed]")
    await expect(unsent).to_contain_text(f"Not sent. No {status}.")
    await expect(unsent.locator(".prompt-text")).to_have_text("count 3 1ms")
    await expect(tab.page.locator("#prompt")).to_have_value("")
    await tab.page.unroute("**/start/stream")
    await tab.page.reload()
    await expect(tab.page.locator("#prompt")).to_have_value("count 3 1ms")
    await tab.ask("count 3 1ms")
    await tab.until_ended("complete")
    await expect(tab.page.locator("chat-round")).to_have_count(1)


async def test_offline_a_question_stays_until_there_is_a_network_again(open_tab: OpenTab) -> None:
    tab = await open_tab(quiet=False)
    await set_offline(tab.page, True)
    await tab.ask("count 4 1ms")
    retry = tab.page.locator(".unsent").get_by_role("button", name="Try again")
    await retry.click()
    await expect(tab.page.locator(".unsent")).to_contain_text("can't be reached")
    await set_offline(tab.page, False)
    await retry.click()
    await tab.until_ended("complete")
    await expect(tab.page.locator(".unsent")).to_have_count(0)
    await expect(tab.page.locator("chat-round")).to_have_count(1)


async def test_a_question_whose_receipt_was_lost_is_not_asked_twice(open_tab: OpenTab) -> None:
    """It has arrived, and has been answered, before the user tries again."""
    tab = await open_tab(quiet=False)

    async def lose_the_answer(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await tab.page.route("**/start/stream", lose_the_answer)
    await tab.page.route("**/api/stream*", lambda route: route.abort())
    await tab.ask("count 5 1ms for a receipt")
    retry = tab.page.locator(".unsent").get_by_role("button", name="Try again")
    await expect(retry).to_be_visible()
    await tab.page.unroute_all()
    await retry.click()
    await tab.until_ended("complete")
    await expect(tab.page.locator("chat-round")).to_have_count(1)
    await expect(tab.page.locator("#prompt")).to_have_value("")
    found = await tab.page.evaluate("fetch('/api/chatbot/workflows?q=receipt').then(r => r.json())")
    assert len(found["workflows"]) == 1


async def test_near_the_limit_characters_are_counted_as_the_server_counts_them(
    open_tab: OpenTab,
) -> None:
    tab = await open_tab()
    count = tab.page.locator(".composer-count")
    await tab.page.fill("#prompt", "x" * 20_000)
    await expect(count).to_be_hidden()
    await tab.page.fill("#prompt", "😀" * 31_999)
    await expect(count).to_have_text("31,999 of 32,000 characters")
    await tab.page.fill("#prompt", "😀" * 32_001)
    await expect(tab.page.locator(".composer-count[data-over]")).to_be_visible()
    await tab.page.fill("#prompt", "short")
    await expect(count).to_be_hidden()


async def test_the_field_grows_with_its_text_up_to_a_bound(open_tab: OpenTab) -> None:
    tab = await open_tab()
    height = "document.querySelector('#prompt').offsetHeight"
    one = await tab.page.evaluate(height)
    await tab.page.fill("#prompt", "\n" * 4)
    assert await tab.page.evaluate(height) > 3 * one
    await tab.page.fill("#prompt", "\n" * 200)
    assert await tab.page.evaluate(f"{height} / innerHeight") < 0.5


async def test_enter_that_ends_an_input_method_sends_nothing(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.page.fill("#prompt", "にほん")
    for init in ("{isComposing: true}", "{keyCode: 229}"):
        taken = await tab.page.evaluate(
            f"""() => {{
              const init = {{key: "Enter", bubbles: true, cancelable: true, ...{init}}};
              const field = document.querySelector("#prompt");
              return !field.dispatchEvent(new KeyboardEvent("keydown", init));
            }}"""
        )
        assert not taken
    await expect(tab.page.locator("#prompt")).to_have_value("にほん")


async def test_on_a_touch_screen_enter_breaks_the_line_and_the_button_sends(
    open_tab: OpenTab,
) -> None:
    tab = await open_tab(has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740})
    field = tab.page.locator("#prompt")
    await expect(field).not_to_have_accessible_description(re.compile("Enter"))
    await tab.page.select_option("#assistant", "slow")
    await field.fill("count 2 1ms")
    await field.press("Enter")
    await tab.page.keyboard.type("please")
    await expect(field).to_have_value("count 2 1ms\nplease")
    await tab.page.get_by_role("button", name="Send", exact=True).tap()
    await tab.until_ended("complete")
    await tab.round(1).locator(".edit").tap()
    editor = tab.page.locator("prompt-editor")
    await editor.locator("textarea").fill("count 3 1ms")
    await tab.page.keyboard.press("Enter")
    await tab.page.keyboard.type("thanks")
    await expect(editor.locator("textarea")).to_have_value("count 3 1ms\nthanks")
    # Of a keyboard of its own the keys that mean to send still do.
    await tab.page.keyboard.press("Control+Enter")
    await tab.until_ended("complete", 2)
    await expect(tab.answer(2)).to_have_text("1 2 3")


async def test_up_in_an_empty_field_edits_the_last_question(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("count 5 1ms")
    await tab.until_ended("complete")
    await tab.page.fill("#prompt", "text")
    await expect(tab.page.locator(".stop")).to_be_hidden()
    await tab.page.press("#prompt", "ArrowUp")
    await expect(tab.page.locator(".prompt-editor")).to_have_count(0)
    await tab.page.fill("#prompt", "")
    await tab.page.press("#prompt", "ArrowUp")
    await expect(tab.page.locator(".prompt-editor textarea")).to_have_value("count 5 1ms")


async def test_a_tab_that_is_closed_leaves_another_tabs_draft_alone(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("count 1 1ms")
    await tab.until_ended("complete")
    chat = tab.page.url
    other = await tab.page.context.new_page()
    await other.goto(chat)
    await tab.page.fill("#prompt", "written here")
    await tab.page.goto("/settings")
    await other.goto(chat.rpartition("/chat")[0] + "/settings")
    await tab.page.goto(chat)
    await expect(tab.page.locator("#prompt")).to_have_value("written here")


PASTE = """(types) => {
  const data = new DataTransfer();
  for (const [type, text] of Object.entries(types)) data.setData(type, text);
  const picture = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]);
  data.items.add(new File([picture], "image.png", { type: "image/png" }));
  const init = { clipboardData: data, bubbles: true, cancelable: true };
  return document.querySelector("#prompt").dispatchEvent(new ClipboardEvent("paste", init));
}"""


async def test_of_a_table_that_is_pasted_the_text_is_meant_and_not_its_picture(
    open_tab: OpenTab,
) -> None:
    tab = await open_tab(quiet=False)
    pasted = await tab.page.evaluate(PASTE, {"text/plain": "a\tb", "text/html": "<table></table>"})
    assert pasted  # as the browser does it
    assert not await tab.page.evaluate(PASTE, {})  # a picture alone is a file
    await expect(tab.page.locator(".picker-error")).to_contain_text("image.png")


async def test_a_question_waits_for_files_that_are_on_their_way(open_tab: OpenTab) -> None:
    tab = await open_tab(quiet=False)  # it may be asked before the file is read
    arrive = asyncio.Event()

    async def upload(route: Route) -> None:
        if route.request.method == "POST":
            await arrive.wait()
        await route.continue_()

    await tab.page.route("**/api/documents", upload)
    await tab.page.locator(".picker-button").focus()
    await tab.page.wait_for_function("() => !!customElements.get('document-picker')")
    await tab.page.set_input_files(
        ".picker-upload input",
        {"name": "roof.md", "mimeType": "text/markdown", "buffer": b"# Roof\n\nThe roof is blue."},
    )
    await expect(tab.page.locator(".picker-state")).to_have_text("Uploading…")
    await tab.page.fill("#prompt", "count 3 1ms")
    await tab.page.select_option("#assistant", "slow")
    async with tab.page.expect_request("**/start/stream") as asked:
        await tab.page.press("#prompt", "Enter")
        await expect(tab.page.locator("chat-composer")).to_have_attribute("aria-busy", "true")
        arrive.set()
    request = await asked.value
    assert len(json.loads(request.post_data or "")["documentIds"]) == 1
    await expect(tab.page.locator(".picker-state")).to_have_text("")


async def test_a_question_whose_page_was_left_while_it_was_sent_is_not_asked_twice(
    open_tab: OpenTab,
) -> None:
    tab = await open_tab(quiet=False)

    async def never_answer(route: Route) -> None:
        await route.fetch()

    await tab.page.route("**/start/stream", never_answer)
    await tab.ask("count 5 1ms for a parting")
    await expect(tab.row("for a parting")).to_have_count(1)
    await tab.page.reload()
    await tab.page.unroute_all(behavior="ignoreErrors")
    await expect(tab.page.locator("#prompt")).to_have_value("count 5 1ms for a parting")
    await tab.page.press("#prompt", "Enter")
    await tab.until_ended("complete")
    await expect(tab.row("for a parting")).to_have_count(1)


async def test_what_is_written_here_survives_that_another_tab_sends_its_draft(
    open_tab: OpenTab,
) -> None:
    tab = await open_tab()
    await tab.page.fill("#prompt", "A question that is still being written")
    await tab.page.wait_for_function(
        "() => localStorage.getItem('quart-chat:written')?.includes('still')"
    )
    other = Tab(await tab.page.context.new_page())
    await other.page.goto(tab.page.url)
    await other.ask("count 1 1ms")
    await other.until_ended("complete")
    await tab.page.reload()
    await expect(tab.page.locator("#prompt")).to_have_value(
        "A question that is still being written"
    )


async def test_on_the_page_for_a_new_chat_one_just_writes(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.page.keyboard.type("count 3 1ms /?")
    await expect(tab.page.locator("#prompt")).to_have_value("count 3 1ms /?")
    await tab.page.select_option("#assistant", "slow")
    await tab.page.locator(".send").click()
    await tab.until_ended("complete")
    await tab.page.keyboard.type("and then")
    await expect(tab.page.locator("#prompt")).to_have_value("and then")


async def test_a_phone_shows_no_keyboard_that_was_not_asked_for(open_tab: OpenTab) -> None:
    phone = {"width": 360, "height": 740}
    tab = await open_tab(viewport=phone, has_touch=True, is_mobile=True)
    await tab.page.wait_for_function("() => !!customElements.get('chat-app')")
    await expect(tab.page.locator("#prompt")).not_to_be_focused()
    await tab.page.locator(".example").first.tap()
    await tab.until_ended("complete")
    await expect(tab.page.locator("#prompt")).not_to_be_focused()


async def test_a_browser_that_lacks_the_latest_shows_what_is_asked(open_tab: OpenTab) -> None:
    tab = await open_tab("/offline")
    await tab.page.add_init_script(
        "delete Element.prototype.checkVisibility; delete AbortSignal.any;"
    )
    await tab.page.goto("/")
    await tab.ask("count 3 1ms")
    await tab.until_ended("complete")
    await tab.page.goto("/doctor")
    await check(tab.page)
    await expect_well(tab.page)
