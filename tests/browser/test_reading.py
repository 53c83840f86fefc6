"""Where the view stands while an answer grows, at its end, and after coming back."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Route, expect

from tests.browser.conftest import OpenTab
from tests.browser.keyboard import Keyboard
from tests.browser.tab import Tab
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"width": 360, "height": 560}
AT_END = "() => innerHeight + scrollY >= document.documentElement.scrollHeight - 2"
AWAY = "() => innerHeight + scrollY < document.documentElement.scrollHeight - 2"
# The page knows how high the question field is.
DOCKED = """() => document.documentElement.style.getPropertyValue("--dock")
  === `${document.querySelector(".dock").offsetHeight}px`"""
TOP = """(number) => {
  const round = document.querySelector(`[data-round="${number}"]`);
  const bar = document.querySelector(".bar");
  return round.getBoundingClientRect().top - bar.getBoundingClientRect().bottom;
}"""


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


async def top(tab: Tab, number: int) -> float:
    """Where a question is, in pixels below the bar."""
    place: float = await tab.page.evaluate(TOP, number)
    return place


async def expect_top(tab: Tab, number: int, place: float, *, within: float = 3) -> None:
    """A question is at a place, or comes there."""
    await tab.page.wait_for_function(
        f"([number, place, within]) => Math.abs(({TOP})(number) - place) < within",
        arg=[number, place, within],
    )


async def scroll_up(tab: Tab) -> None:
    """Turn the wheel, and wait until the page has come to rest."""
    await tab.page.evaluate(
        """() => {
          const from = scrollY;
          window.rest = new Promise((done) => {
            document.addEventListener("scrollend", () => scrollY < from && done(true));
          });
        }"""
    )
    await tab.page.mouse.move(180, 200)
    await tab.page.mouse.wheel(0, -900)
    await tab.page.evaluate("window.rest")
    await tab.page.wait_for_function(AWAY)


async def middle(locator: Locator) -> tuple[float, float]:
    """Where it is on the screen."""
    box = await locator.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def long_chat(open_tab: OpenTab, questions: int = 3) -> Tab:
    tab = await open_tab(viewport=PHONE)
    for number in range(1, questions + 1):
        await tab.ask("count 300 0ms")
        await tab.until_ended("complete", number)
    return tab


async def test_a_new_question_goes_to_the_top_and_its_answer_grows_below(open_tab: OpenTab) -> None:
    tab = await long_chat(open_tab)
    await tab.ask("count 12 30ms")
    await expect(tab.answer(4)).to_contain_text("3 ")
    assert 0 <= await top(tab, 4) < 60
    await tab.until_ended("complete", 4)
    assert 0 <= await top(tab, 4) < 60


@pytest.mark.parametrize("gesture", ["wheel", "PageUp", "ArrowUp"])
async def test_any_gesture_that_goes_up_lets_go_of_the_end(open_tab: OpenTab, gesture: str) -> None:
    tab = await long_chat(open_tab, 1)
    await tab.ask("count 9000 2ms")
    await expect(tab.answer(2)).to_contain_text("300 ")
    await tab.page.wait_for_function(AT_END)
    if gesture == "wheel":
        await tab.page.mouse.move(180, 200)
        await tab.page.mouse.wheel(0, -12)
    else:
        await tab.page.evaluate("document.activeElement.blur()")
        await tab.page.keyboard.press(gesture)
    seen = await tab.answer(2).inner_text()
    button = tab.page.get_by_role("button", name="Jump to latest")
    await expect(button).to_be_visible()
    place = await tab.page.evaluate("scrollY")
    await tab.page.wait_for_function(
        "length => document.querySelector('.live .prose').innerText.length > length + 500",
        arg=len(seen),
    )
    # A key scrolls softly, so it may still have been under way.
    assert await tab.page.evaluate("scrollY") <= place
    await button.click()
    await tab.page.wait_for_function(AT_END)
    await expect(button).to_be_hidden()
    await tab.page.keyboard.press("Escape")


@pytest.mark.parametrize(("width", "height"), [(360, 640), (1280, 700)])
async def test_the_way_back_covers_no_text_and_has_no_number(
    open_tab: OpenTab, width: int, height: int
) -> None:
    tab = await open_tab(viewport={"width": width, "height": height})
    await tab.ask("count 3000 1ms")
    await tab.until_ended("complete")
    await tab.page.mouse.move(width / 2, 200)
    await tab.page.mouse.wheel(0, -300)
    button = tab.page.get_by_role("button", name="Jump to latest", exact=True)
    await expect(button).to_be_visible()
    beneath = await button.evaluate(
        """(button) => {
          const { left, right, top, bottom } = button.getBoundingClientRect();
          const fields = [...document.querySelectorAll(".prose, .composer, .notice")];
          const dock = button.closest(".dock").getBoundingClientRect();
          const colour = getComputedStyle(button.closest(".dock")).backgroundImage;
          return [dock.top + 12 <= top && bottom <= dock.bottom, colour.includes("12px"),
            fields.filter((field) => field.matches(".composer")).every(
              (field) => field.getBoundingClientRect().top >= bottom)];
        }"""
    )
    assert beneath == [True, True, True]
    await button.click()
    await tab.page.wait_for_function(AT_END)
    await expect(button).to_be_hidden()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("ending", ["complete", "stopped"])
async def test_at_the_end_of_an_answer_its_buttons_are_in_view(
    open_tab: OpenTab, width: int, ending: str
) -> None:
    """Who is at the end stays there, as the buttons, what it took and the outcome come."""
    tab = await open_tab(viewport={"width": width, "height": 640})
    # What is stopped has to last until the key is pressed.
    # The beginning stays in view of one that comes all at once, as it may on a busy machine.
    await tab.ask("count 2500 2ms" if ending == "complete" else "count 9000 2ms")
    await expect(tab.answer()).to_contain_text("700 ")
    await tab.page.wait_for_function(AT_END)
    if ending == "stopped":
        await tab.page.keyboard.press("Escape")
    await tab.until_ended(ending)
    await tab.page.wait_for_function(AT_END)
    button = tab.page.get_by_role("button", name="Regenerate")
    await expect(button).to_be_in_viewport(ratio=1)
    box, dock = await button.bounding_box(), await tab.page.locator(".dock").bounding_box()
    assert box
    assert dock
    assert box["y"] + box["height"] <= dock["y"] + 24
    await expect(tab.page.get_by_role("button", name="Jump to latest")).to_be_hidden()


async def test_at_the_end_of_an_answer_nothing_moves(open_tab: OpenTab) -> None:
    tab = await long_chat(open_tab, 1)
    await tab.page.evaluate(
        """() => {
          window.places = [];
          const look = () => {
            const block = document.querySelector('[data-round="2"] .prose > :first-child');
            const round = block?.closest(".round");
            const place = block?.getBoundingClientRect();
            if (block && round.dataset.status !== "running") window.places.push(place);
            else if (block) window.before = place;
            requestAnimationFrame(look);
          };
          requestAnimationFrame(look);
        }"""
    )
    await tab.ask("count 1500 1ms")
    await tab.until_ended("complete", 2)
    await tab.page.wait_for_function("() => window.places.length > 5")
    before, places = await tab.page.evaluate("[window.before, window.places]")
    tops = [place["top"] for place in places]
    assert max(tops) - min(tops) < 1
    # The last words may still have come with the end: then the text was followed by their lines.
    grown = places[0]["height"] - before["height"]
    assert abs(before["top"] - tops[0]) <= grown + 60


async def test_at_the_end_of_an_answer_a_selection_stays(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("count 250 20ms")
    await expect(tab.answer()).to_contain_text("5 ")
    selected = """() => {
      if (getSelection().isCollapsed) {
        const text = document.querySelector(".live .prose p").firstChild;
        getSelection().setBaseAndExtent(text, 0, text, 6);
      }
      return getSelection().toString();
    }"""
    assert await tab.page.evaluate(selected) == "1 2 3 "
    await tab.until_ended("complete")
    await expect(tab.answer()).to_contain_text("250")
    assert await tab.page.evaluate("getSelection().toString()") == "1 2 3 "


async def test_a_reload_leads_to_where_one_was(open_tab: OpenTab) -> None:
    tab = await long_chat(open_tab, 4)
    await scroll_up(tab)
    before = await top(tab, 3)
    await tab.page.reload()
    await expect_top(tab, 3, before)
    await expect(tab.page.locator(".to-end")).to_be_visible()


async def test_going_away_and_back_leads_to_where_one_was(open_tab: OpenTab) -> None:
    tab = await long_chat(open_tab, 4)
    await scroll_up(tab)
    before = await top(tab, 3)
    await tab.page.goto("/handbook/")
    await tab.page.go_back()
    await expect_top(tab, 3, before)


async def test_a_link_leads_to_the_end(open_tab: OpenTab) -> None:
    tab = await long_chat(open_tab, 4)
    await scroll_up(tab)
    url = tab.page.url
    await tab.page.goto("/handbook/")
    await tab.page.goto(url)
    await tab.page.wait_for_function(AT_END)


async def test_a_reload_at_the_top_of_a_short_answer_stays_there(open_tab: OpenTab) -> None:
    tab = await long_chat(open_tab, 2)
    await tab.ask("count 3 0ms")
    await tab.until_ended("complete", 3)
    before = await top(tab, 3)
    await tab.page.reload()
    # Its steps take one line now.
    await expect_top(tab, 3, before)


async def test_a_quick_answer_leaves_its_question_on_top(open_tab: OpenTab) -> None:
    """The answer to the request that asks may come last of all."""
    tab = await long_chat(open_tab, 1)

    async def answer_late(route: Route) -> None:
        response = await route.fetch()
        await tab.until_ended("complete", 2)
        await route.fulfill(response=response)

    await tab.page.route("**/start/stream", answer_late)
    async with tab.page.expect_response("**/start/stream"):
        await tab.ask("count 300 0ms")
    await expect(tab.page.locator("chat-composer")).not_to_have_attribute("aria-busy", "true")
    assert 0 <= await top(tab, 2) < 60


async def test_a_first_question_that_is_answered_at_once_is_on_top(open_tab: OpenTab) -> None:
    """Often, not always, the page learns of the chat when all of the answer is there."""
    tab = await open_tab(viewport=PHONE)
    for _ in range(5):
        await tab.page.goto("/")
        await tab.ask("How do I resume a stream?", "librarian")
        await tab.until_ended("complete")
        await expect(tab.page.locator("chat-composer")).not_to_have_attribute("aria-busy", "true")
        await expect(tab.page.get_by_role("button", name="Jump to latest")).to_be_visible()
        assert 0 <= await top(tab, 1) < 60


async def test_an_own_question_is_shown_to_whoever_reads_above(open_tab: OpenTab) -> None:
    tab = await long_chat(open_tab, 3)
    await scroll_up(tab)
    await tab.ask("count 3 1ms")
    await tab.until_ended("complete", 4)
    assert 0 <= await top(tab, 4) < 60


async def test_another_size_of_the_window_moves_no_answer_that_is_whole(open_tab: OpenTab) -> None:
    tab = await long_chat(open_tab, 2)
    before = await top(tab, 2)
    await tab.page.set_viewport_size({"width": 360, "height": 500})
    await tab.page.evaluate("new Promise(requestAnimationFrame)")
    assert abs(await top(tab, 2) - before) < 3


async def test_a_reload_leads_to_where_a_whole_answer_was_read(open_tab: OpenTab) -> None:
    tab = await long_chat(open_tab, 2)
    await tab.page.wait_for_function(AWAY)
    before = await top(tab, 2)
    await tab.page.reload()
    # Its steps take one line now.
    await expect_top(tab, 2, before, within=60)
    await tab.page.wait_for_function(AWAY)


@pytest.mark.parametrize(("width", "height"), [(360, 640), (320, 568), (740, 360)])
async def test_the_page_for_a_new_chat_is_seen_from_its_beginning(
    open_tab: OpenTab, width: int, height: int
) -> None:
    tab = await open_tab(viewport={"width": width, "height": height})
    await tab.page.evaluate("new Promise(requestAnimationFrame)")
    assert await tab.page.evaluate("scrollY") == 0


async def test_what_scrolls_by_itself_lets_go_of_nothing(open_tab: OpenTab) -> None:
    tab = await open_tab(viewport={"width": 1280, "height": 500})
    await tab.ask("count 3000 2ms")
    await expect(tab.answer()).to_contain_text("300 ")
    await tab.page.wait_for_function(AT_END)
    await tab.page.mouse.move(100, 300)
    await tab.page.mouse.wheel(0, -200)
    await tab.page.locator(".chat-link").first.press("ArrowUp")
    # A browser without a screen scrolls where others zoom.
    await tab.page.locator("main").dispatch_event("wheel", {"deltaY": -50, "ctrlKey": True})
    await expect(tab.answer()).to_contain_text("900 ")
    await tab.page.wait_for_function(AT_END)
    await expect(tab.page.locator(".to-end")).to_be_hidden()
    await tab.page.locator("#prompt").press("Escape")


async def test_text_stays_where_it_is_while_one_writes_or_goes_through_the_controls(
    open_tab: OpenTab,
) -> None:
    tab = await long_chat(open_tab)
    await tab.page.evaluate("document.activeElement.blur(); scrollTo(0, 300)")
    # Where a locator is clicked, it is scrolled to first.
    await tab.page.mouse.click(*await middle(tab.page.locator("#prompt")))
    await expect(tab.page.locator("#prompt")).to_be_focused()
    await tab.page.keyboard.type("A question")
    for key in ("Shift+Enter", "Shift+Enter", *["Tab"] * 3, *["Shift+Tab"] * 4):
        await tab.page.keyboard.press(key)
        assert await tab.page.evaluate("scrollY") == 300
    await expect(tab.page.locator(".to-end")).to_be_focused()
    for control in await tab.page.locator(".bar :is(a, button, summary):visible").all():
        await control.focus()
        assert await tab.page.evaluate("scrollY") == 300
    # What scrolls comes out from under the bar and the field.
    await tab.page.locator(".copy-answer").nth(1).focus()
    assert await tab.page.evaluate("scrollY") != 300


async def test_what_is_read_stays_before_the_field_as_a_question_grows(open_tab: OpenTab) -> None:
    tab = await long_chat(open_tab, 1)
    await tab.page.goto(tab.page.url)
    await tab.page.locator("#prompt").focus()
    await tab.page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    await expect(tab.page.locator(".to-end")).to_be_hidden()
    covered = """() => {
      const [answer, dock] = [".again", ".dock form"].map((selector) =>
        document.querySelector(selector).getBoundingClientRect());
      return answer.bottom > dock.top;
    }"""
    assert not await tab.page.evaluate(covered)
    for lines in range(2, 8):
        await tab.page.keyboard.press("Shift+Enter")
        await tab.page.wait_for_function(
            "(height) => document.querySelector('#prompt').offsetHeight > height", arg=24 * lines
        )
        await tab.page.wait_for_function(DOCKED)
        await tab.page.wait_for_function(AT_END)
        assert not await tab.page.evaluate(covered)
    await expect(tab.page.locator(".to-end")).to_be_hidden()


async def test_a_question_stays_on_top_as_the_next_one_grows(open_tab: OpenTab) -> None:
    tab = await long_chat(open_tab, 1)
    await tab.ask("count 3 0ms")
    await tab.until_ended("complete", 2)
    before = await top(tab, 2)
    await tab.page.fill("#prompt", "one\ntwo")
    await tab.page.wait_for_function(DOCKED)
    assert await top(tab, 2) == pytest.approx(before, abs=1)
    assert await tab.page.evaluate(AT_END)


@pytest.mark.parametrize("how", ["mouse", "Tab"])
async def test_what_one_marks_or_goes_to_in_a_running_answer_stays(
    open_tab: OpenTab, how: str
) -> None:
    tab = await long_chat(open_tab, 1)
    await tab.ask("count 9000 2ms")
    await expect(tab.answer(2)).to_contain_text("300 ")
    await tab.page.wait_for_function(AT_END)
    if how == "mouse":
        await tab.page.mouse.move(60, 200)
        await tab.page.mouse.down()
        for step in range(100):
            await tab.page.mouse.move(60 + 2 * step, 240)
            if await tab.page.evaluate("!document.getSelection().isCollapsed"):
                break
        await tab.page.mouse.up()
    else:
        # The last that is there to go to is above what is being written.
        await tab.page.locator("#prompt").press("Shift+Tab")
    await expect(tab.page.get_by_role("button", name="Jump to latest")).to_be_visible()
    place = await tab.page.evaluate("scrollY")
    seen = len(await tab.answer(2).inner_text())
    await tab.page.wait_for_function(
        "length => document.querySelector('.live .prose').innerText.length > length + 500",
        arg=seen,
    )
    assert await tab.page.evaluate("scrollY") == place


async def test_a_press_holds_the_text_below_the_pointer(open_tab: OpenTab) -> None:
    """Else a selection can't begin where a machine is slow: the text runs away before."""
    tab = await long_chat(open_tab, 1)
    await tab.ask("count 9000 2ms")
    await expect(tab.answer(2)).to_contain_text("300 ")
    await tab.page.wait_for_function(AT_END)
    await tab.page.mouse.move(60, 200)
    await tab.page.mouse.down()
    place = await tab.page.evaluate("scrollY")
    grown = "length => document.querySelector('.live .prose').innerText.length > length + 500"
    await tab.page.wait_for_function(grown, arg=len(await tab.answer(2).inner_text()))
    assert await tab.page.evaluate("scrollY") == place
    await tab.page.mouse.up()
    await tab.page.wait_for_function(AT_END)
    await tab.page.locator("#prompt").press("Escape")


async def test_the_way_back_leads_to_the_end_while_a_key_still_moves_the_page(
    open_tab: OpenTab,
) -> None:
    tab = await long_chat(open_tab, 2)
    await tab.page.evaluate(
        """() => {
          document.activeElement.blur();
          scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
          const button = document.querySelector(".to-end");
          const press = () => {
            if (button.hidden) return;
            button.click();
            removeEventListener("scroll", press);
            window.pressed = true;
          };
          addEventListener("scroll", press);
        }"""
    )
    await expect(tab.page.locator(".to-end")).to_be_hidden()
    await tab.page.keyboard.press("PageUp")
    await tab.page.wait_for_function("() => window.pressed")
    # What the key had still to do is done: the place is the same in ten frames.
    await tab.page.evaluate(
        """async () => {
          let last = -1;
          for (let still = 0; still < 10; still += 1) {
            await new Promise(requestAnimationFrame);
            if (scrollY !== last) still = 0;
            last = scrollY;
          }
        }"""
    )
    assert await tab.page.evaluate(AT_END)
    await expect(tab.page.locator(".to-end")).to_be_hidden()


async def test_going_through_an_answer_nothing_is_covered_by_a_long_draft(
    open_tab: OpenTab,
) -> None:
    tab = await open_tab("/", viewport={"width": 360, "height": 740})
    await tab.ask("How do I resume a stream?", "librarian")
    await tab.until_ended("complete")
    await tab.page.fill("#prompt", "line\n" * 15)
    keys = Keyboard(tab.page)
    await tab.page.locator(".copy-prompt").focus()
    # Every stop on the way is seen to be uncovered.
    await keys.go(tab.page.locator(".copy-answer"))
