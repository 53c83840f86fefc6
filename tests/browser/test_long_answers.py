"""Very long answers, which are shown in chunks: live, at their end and when the page is loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab
from tests.browser.test_page import violations
from tests.browser.test_print import printed, squeezed
from tests.server import TEST_SERVER, Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

# The first and the last words of each.
ENDS = {
    "formulas": ("Formula 0", "Formula 149"),
    "formulas in a table": ("formula", "299"),
    "nested list": ("Item 0", "Item 199"),
}
HTML = """() => {
  const prose = document.querySelector(".answer .prose").cloneNode(true);
  for (const block of prose.querySelectorAll("[style]")) block.removeAttribute("style");
  return prose.innerHTML.replace(/\\s*\\n\\s*/g, "\\n").replace(/\\n(?=<)|(?<=>)\\n/g, "");
}"""
# In one go: an answer that ends is copied to the log, and an element that was found is gone.
TOP = "document.querySelector('.answer .prose > *').getBoundingClientRect().top"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of the long answers."""
    with Server(instance=tmp_path_factory.mktemp("long") / "instance", command=TEST_SERVER) as made:
        yield made


async def answered(open_tab: OpenTab, name: str) -> Tab:
    tab = await open_tab()
    await tab.ask(name)
    await expect(tab.page.locator(".log > chat-round")).to_be_attached(timeout=60_000)
    return tab


@pytest.mark.parametrize("name", ENDS)
async def test_what_was_written_is_what_is_loaded(open_tab: OpenTab, name: str) -> None:
    tab = await answered(open_tab, name)
    written = await tab.page.evaluate(HTML)
    await tab.page.reload()
    await tab.until_ready()
    assert written == await tab.page.evaluate(HTML)


async def test_a_reader_who_has_scrolled_up_stays_there(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("nested list")
    first = tab.page.locator(".answer .prose > *").first
    await expect(tab.page.locator(".prose > .chunk").nth(2)).to_be_attached()
    await tab.page.mouse.move(600, 300)
    await tab.page.mouse.wheel(0, -400)
    button = tab.page.get_by_role("button", name="Jump to latest")
    await expect(button).to_be_visible()
    await tab.page.evaluate("scrollTo(0, 0)")
    await expect(first).to_be_in_viewport()
    before = await tab.page.evaluate(TOP)
    await expect(tab.page.locator(".log > chat-round")).to_be_attached(timeout=60_000)
    assert await tab.page.evaluate(TOP) == before
    await button.click()
    await expect(tab.page.get_by_text("Part 19 of it", exact=True).last).to_be_in_viewport()


async def test_a_short_answer_that_follows_stands_behind_it(open_tab: OpenTab) -> None:
    """The long one is shown in steps, and the short one at once."""
    tab = await open_tab()
    await tab.ask("nested list")
    await expect(tab.page.locator(".stop")).to_be_visible()
    await tab.ask("count 1 0ms")
    for number in (2, 1):
        await tab.until_ended("complete", number)
    rounds = tab.page.locator(".log > chat-round")
    numbers = await rounds.evaluate_all("(rounds) => rounds.map((each) => each.dataset.round)")
    assert numbers == ["1", "2"]


@pytest.mark.parametrize("name", ENDS)
async def test_all_of_it_is_found_selected_and_printed(open_tab: OpenTab, name: str) -> None:
    tab = await answered(open_tab, name)
    await tab.page.reload()
    for words in ENDS[name]:
        await tab.page.evaluate("getSelection().removeAllRanges()")
        assert await tab.page.evaluate("(words) => find(words, true)", words)
    selected = await tab.page.locator(".answer .prose").evaluate(
        "(prose) => { getSelection().selectAllChildren(prose); return String(getSelection()); }"
    )
    assert all(words in selected for words in ENDS[name])
    paper = squeezed(await printed(tab.page))
    assert all(squeezed(words) in paper for words in ENDS[name])


async def test_the_head_of_a_long_table_is_seen_and_copied_once(open_tab: OpenTab) -> None:
    tab = await answered(open_tab, "formulas in a table")
    heads = await tab.page.locator(".prose thead").all()
    assert len(heads) > 3
    heights = [await head.evaluate("(head) => head.offsetHeight") for head in heads]
    assert heights[0] > 20
    assert max(heights[1:]) < 2
    selected = await tab.page.locator(".answer .prose").evaluate(
        "(prose) => { getSelection().selectAllChildren(prose); return String(getSelection()); }"
    )
    assert len(re.findall("formula", selected)) == 1


async def test_a_long_answer_is_written_without_the_script_that_divides_it(
    open_tab: OpenTab,
) -> None:
    tab = await open_tab(quiet=False)
    await tab.page.route(re.compile("/chunked-place"), lambda route: route.abort())
    await tab.page.evaluate(
        """() => {
          window.undivided = 0;
          new MutationObserver(() => {
            const prose = document.querySelector(".live .prose");
            if (!prose || prose.querySelector(".chunk")) return;
            window.undivided = Math.max(window.undivided, prose.textContent.length);
          }).observe(document.querySelector(".live"), { childList: true, subtree: true });
        }"""
    )
    await tab.ask("nested list")
    await expect(tab.page.locator(".log .chunk").nth(2)).to_be_attached(timeout=60_000)
    assert await tab.page.evaluate("window.undivided") > 10_000


async def test_axe_finds_nothing_in_a_long_answer(open_tab: OpenTab) -> None:
    tab = await answered(open_tab, "formulas in a table")
    assert await violations(tab.page) == []
