"""What every page keeps: its manners, its place for everybody."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from quart_chat.resources import resource_path
from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab
from tests.server import ROOT, Server

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


AXE = ROOT / "tests/browser/vendor/axe-core/axe.min.js"
COLOUR_RULES = ["color-contrast", "link-in-text-block"]

# Of what passes there is a lot, which would take longer to describe and to send than to find.
VIOLATIONS = """async (rules) => {
  const { violations } = await axe.run({ ...rules, resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}"""

PHONE = {"width": 360, "height": 740}
HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script> &amp; "it\'s"'
LONG = "word" * 60
MARKDOWN = f"""\
```python
a_very_long_line = "{"x" * 400}"
```

|{"a column|" * 12}
|{"-|" * 12}
|{"a_value_that_does_not_break|" * 12}

{LONG} https://example.com/{"path/" * 60}
"""


async def violations(page: Page, scheme: str = "light") -> list[str]:
    """What axe finds wrong with the page: in dark colours it looks again only at the colours."""
    await page.wait_for_load_state()  # A link that was followed just now has only its address yet.
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text("utf-8"))
    rules = {} if scheme == "light" else {"runOnly": {"type": "rule", "values": COLOUR_RULES}}
    found: list[str] = await page.evaluate(VIOLATIONS, rules)
    return found


async def expect_no_overflow(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360


async def answered(open_tab: OpenTab, **options: Any) -> Tab:
    """A chat with an answer that has steps and sources, one that was stopped, one that failed."""
    tab = await open_tab(**options)
    await tab.ask("How do I resume a stream?", "librarian")
    await tab.until_ended("complete")
    await tab.ask("wait")
    await expect(tab.round(2).locator(".steps-summary")).to_be_visible()
    await expect(tab.page.locator(".stop")).to_be_visible()
    await tab.page.keyboard.press("Escape")
    await tab.until_ended("stopped", 2)
    await tab.ask("fail")
    await tab.until_ended("error", 3)
    return tab


async def test_nothing_is_written_into_the_pages_that_the_policy_forbids() -> None:
    for path in resource_path("templates").rglob("*.html"):
        text = path.read_text("utf-8")
        for word in ("style=", "<style", "onclick", "onload", "onerror", "<script>", "javascript:"):
            assert word not in text, f"{path.name}: {word}"


async def test_html_in_prompts_and_titles_is_text(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask(HOSTILE)
    await tab.until_ended("complete")
    await tab.rename(HOSTILE)
    await expect(tab.page.locator("h1")).to_have_text(HOSTILE)
    await expect(tab.row("onerror").locator(".chat-name")).to_have_text(HOSTILE)
    await tab.page.reload()
    await expect(tab.round(1).locator(".prompt-text")).to_have_text(HOSTILE)
    await expect(tab.page.locator("h1")).to_have_text(HOSTILE)
    await expect(tab.page.locator("main img, main script")).to_have_count(0)
    await expect(tab.page).to_have_title(f"{HOSTILE} · quart-chat")


async def test_nothing_sticks_out_on_a_phone(open_tab: OpenTab) -> None:
    tab = await answered(open_tab, viewport=PHONE)
    await tab.ask(f"{LONG} {LONG}")
    await tab.until_ended("complete", 4)
    await tab.page.evaluate(
        """async (text) => {
          const { renderMarkdown } = await import(document.querySelector("script[src]").src
            .replace("app.js", "markdown/markdown.js"));
          document.querySelector(".answer .prose").innerHTML = renderMarkdown(text);
        }""",
        MARKDOWN,
    )
    await expect_no_overflow(tab.page)
    await tab.page.goto("/")
    await expect_no_overflow(tab.page)
    await tab.page.goto("/handbook/reference/routes")
    await expect_no_overflow(tab.page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_an_answered_chat_is_accessible(open_tab: OpenTab, scheme: str) -> None:
    tab = await answered(open_tab, color_scheme=scheme, reduced_motion="reduce")
    assert await violations(tab.page, scheme) == []
    for summary in await tab.page.locator(".steps-summary").all():
        await summary.click()
    await tab.page.locator(".title-text").click()
    await expect(tab.page.locator(".title-field")).to_be_focused()
    assert await violations(tab.page, scheme) == []
    await tab.page.keyboard.press("Escape")
    row = tab.page.locator('.chat-row:has([aria-current="page"])').first
    await row.hover()
    await row.locator(".chat-more").click()
    await expect(tab.page.get_by_role("menu")).to_be_visible()
    assert await violations(tab.page, scheme) == []
    await tab.page.get_by_role("menuitem", name="Rename").click()
    await expect(tab.page.locator(".title-field")).to_be_focused()
    assert await violations(tab.page, scheme) == []
    await tab.page.keyboard.press("Escape")
    await tab.page.fill("#search", "stream")
    await expect(tab.page.locator(".found mark").first).to_be_visible()
    assert await violations(tab.page, scheme) == []
    await tab.page.keyboard.press("Escape")
    await tab.page.set_viewport_size({"width": 360, "height": 740})
    await tab.page.locator(".menu").click()
    await expect(tab.page.locator(".sidebar")).to_be_visible()
    assert await violations(tab.page, scheme) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_an_answer_in_flight_is_accessible(open_tab: OpenTab, scheme: str) -> None:
    tab = await open_tab(color_scheme=scheme, reduced_motion="reduce")
    await tab.ask("count 2000 20ms")
    await expect(tab.answer()).to_contain_text("3 ")
    await expect(tab.page.locator(".answer")).to_have_attribute("aria-busy", "true")
    await expect(tab.page.locator('[role="log"] .answer')).to_have_count(0)
    await expect(tab.page.locator("#announcer")).to_have_text("The answer is being written.")
    assert await violations(tab.page, scheme) == []
    await tab.page.keyboard.press("Escape")
    await tab.until_ended("stopped")
    await expect(tab.page.locator('[role="log"] .answer')).to_have_count(1)
    await expect(tab.page.locator('.answer[aria-busy="true"]')).to_have_count(0)
    await expect(tab.page.locator("#announcer")).to_have_text("The answer was stopped.")


async def test_everything_is_reached_with_the_keyboard(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("count 2 1ms")
    await tab.until_ended("complete")
    await tab.page.goto(tab.page.url)
    await tab.page.keyboard.press("Tab")
    await expect(tab.page.get_by_role("link", name="Skip to the question field")).to_be_focused()
    await tab.page.keyboard.press("Enter")
    await expect(tab.page.locator("#prompt")).to_be_focused()
    await tab.page.keyboard.type("count 1 1ms")
    await tab.page.keyboard.press("Enter")
    await tab.until_ended("complete", 2)
    await expect(tab.page.locator("#prompt")).to_be_focused()


async def test_what_is_written_from_right_to_left_runs_so(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.ask("مرحبا، كيف حالك؟")
    await tab.until_ended("complete")
    await tab.page.fill("#prompt", "سؤال آخر")
    await tab.page.evaluate(
        """async (text) => {
          const { renderMarkdown } = await import(document.querySelector("script[src]").src
            .replace("app.js", "markdown/markdown.js"));
          document.querySelector(".answer .prose").innerHTML = renderMarkdown(text);
        }""",
        "مرحبا\n\n- الأول\n\nEnglish, then\n\n```\nx = 1\n```",
    )
    # Where each text stands in its line: from the left or from the right.
    places = await tab.page.evaluate(
        """() => [".prose p", ".prose li", ".prose ul + p", ".prose pre"]
          .map((selector) => {
            const element = document.querySelector(selector);
            const range = document.createRange();
            range.selectNodeContents(element);
            const text = range.getClientRects()[0];
            const box = element.getBoundingClientRect();
            return box.right - text.right < text.left - box.left ? "right" : "left";
          })"""
    )
    assert places == ["right", "right", "left", "left"]
    for selector in ("#prompt", ".prompt-text", ".chat-name"):
        await expect(tab.page.locator(selector).first).to_have_css("direction", "rtl")


@pytest.mark.parametrize("path", ["/", "/documents", "/settings", "/transfer"])
async def test_a_phone_does_not_enlarge_the_page_for_a_field(open_tab: OpenTab, path: str) -> None:
    tab = await open_tab(path, viewport=PHONE, has_touch=True, is_mobile=True)
    sizes = await tab.page.evaluate(
        """() => [...document.querySelectorAll("input, select, textarea")]
          .map((field) => parseFloat(getComputedStyle(field).fontSize))"""
    )
    assert sizes
    assert min(sizes) >= 16


async def test_the_list_of_keys_closes_where_one_clicks_beside_it(open_tab: OpenTab) -> None:
    tab = await open_tab()
    await tab.page.locator(".shortcuts-button").click()
    dialog = tab.page.locator("#shortcuts")
    await expect(dialog).to_be_visible()
    box = await dialog.bounding_box()
    assert box
    await tab.page.mouse.click(box["x"] + 4, box["y"] + 4)
    await expect(dialog).to_be_visible()
    await tab.page.mouse.click(box["x"] - 4, box["y"] - 4)
    await expect(dialog).to_be_hidden()
