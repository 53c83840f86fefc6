"""With a person's own few colours, as in the high contrast of Windows, everything is still seen.

Backgrounds and shadows are gone then: what has a meaning has a line, a sign or a word for it.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

WIDE = {"width": 1280, "height": 800}
SCHEMES = ["light", "dark"]

# The contrast of two colours as the screen has them.
CONTRAST = """
const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
const luminance = (colour) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const contrast = (one, other) => {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};
const page = getComputedStyle(document.documentElement).backgroundColor;
"""

# Controls without a line around them that have neither text nor an icon that is seen.
UNSEEN = (
    "() => {"
    + CONTRAST
    + """
  const seen = (colour) => contrast(colour, page) >= 3;
  const shown = { opacityProperty: true, visibilityProperty: true };
  const plain = "[type=radio], [type=checkbox], [type=file], form textarea";
  return [...document.querySelectorAll("button, a, input, textarea, select, summary")]
    .filter((element) => element.checkVisibility(shown))
    .filter((element) => !element.matches(".visually-hidden, [type=hidden], .skip, :disabled"))
    .filter((element) => {
      const style = getComputedStyle(element);
      const lined = parseFloat(style.borderTopWidth) >= 1 && seen(style.borderTopColor);
      const icon = element.querySelector("svg");
      if (icon) return !seen(getComputedStyle(icon).stroke);
      if (element.textContent.trim()) return !seen(style.color);
      // A field may have its line around it.
      return !lined && !element.matches(plain);
    })
    .map((element) => element.outerHTML.slice(0, 160));
}"""
)

# The contrast of the line around the focus.
OUTLINE = (
    "() => {"
    + CONTRAST
    + """
  const around = document.activeElement.closest("form:has(textarea:focus-visible)");
  const style = getComputedStyle(around ?? document.activeElement);
  return style.outlineStyle === "none" ? 0 : contrast(style.outlineColor, page);
}"""
)


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


async def style(element: Locator, name: str, pseudo: str = "") -> str:
    read = "(element, [name, pseudo]) => getComputedStyle(element, pseudo || null)[name]"
    value: str = await element.evaluate(read, [name, pseudo])
    return value


async def expect_lined(element: Locator) -> None:
    """It has a line around it in a colour of its own."""
    assert await style(element, "borderTopStyle") != "none"
    assert float((await style(element, "borderTopWidth")).removesuffix("px")) >= 1
    page = await style(element.page.locator("html"), "backgroundColor")
    assert await style(element, "borderTopColor") != page


async def asked(open_tab: OpenTab, question: str, scheme: str = "dark", **options: Any) -> Tab:
    tab = await open_tab(
        forced_colors="active",
        color_scheme=scheme,
        viewport=WIDE,
        reduced_motion="reduce",
        **options,
    )
    await tab.ask(question)
    return tab


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_the_chat_that_is_shown_is_told_from_the_others(
    open_tab: OpenTab, scheme: str
) -> None:
    first = await asked(open_tab, f"the one before {scheme}", scheme)
    await first.until_ended("complete")
    tab = await asked(open_tab, f"the one that is shown {scheme}", scheme)
    await tab.until_ended("complete")
    shown, other = tab.row(f"is shown {scheme}"), tab.row(f"one before {scheme}")
    await expect(shown).to_have_css("border-inline-start-width", "4px")
    await expect(other).to_have_css("border-inline-start-width", "0px")
    await expect(shown.locator("a")).to_have_css("text-decoration-line", "underline")


async def test_a_chat_that_runs_is_told_from_one_with_news(open_tab: OpenTab) -> None:
    tab = await asked(open_tab, "wait")
    row = tab.page.locator('.chat-row:has([aria-current="page"])')
    await expect(row.locator(".chat-state")).to_be_visible()
    assert await style(row.locator(".chat-state"), "borderTopStyle") == "dotted"
    unread = row.locator(".chat-unread")
    assert await style(unread, "borderTopStyle") == "solid"
    # As wide as half of it: it is filled.
    assert await style(unread, "borderTopWidth") == "4px"
    await tab.page.keyboard.press("Escape")
    await tab.until_ended("stopped")


async def test_a_question_and_an_outcome_have_their_lines(open_tab: OpenTab) -> None:
    tab = await asked(open_tab, "fail")
    await tab.until_ended("error")
    await expect_lined(tab.round(1).locator(".prompt-text"))
    await expect_lined(tab.round(1).locator(".outcome"))
    await expect_lined(tab.page.locator(".send"))


async def test_the_button_that_stops_the_steps_and_the_place_of_the_next_word_are_seen(
    open_tab: OpenTab,
) -> None:
    tab = await asked(open_tab, "nest and wait")
    await expect_lined(tab.page.locator(".stop"))
    await tab.page.locator(".steps-summary").click()
    running = tab.page.locator('.step[data-status="running"]').first
    done = tab.page.locator('.step[data-status="completed"]').first
    assert await style(running, "borderTopWidth", "::before") == "1px"
    assert float((await style(done, "borderTopWidth", "::before")).removesuffix("px")) >= 3
    await expect(tab.page.locator(".step-progress:visible")).to_be_visible()
    assert await style(tab.round(1), "borderLeftStyle", "::after") == "solid"
    await tab.page.keyboard.press("Escape")
    await tab.until_ended("stopped")
    failed = tab.page.locator('.step[data-status="failed"]').first
    assert await style(failed, "rotate", "::before") == "45deg"


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_what_a_search_has_found_is_marked(open_tab: OpenTab, scheme: str) -> None:
    tab = await asked(open_tab, "a haystack", scheme)
    await tab.until_ended("complete")
    await tab.page.fill("#search", "haystack")
    mark = tab.page.locator(".found mark").first
    await expect(mark).to_be_visible()
    row = tab.page.locator(".found .chat-row").first
    assert await style(mark, "backgroundColor") != await style(row, "backgroundColor")
    assert await style(mark, "color") != await style(mark, "backgroundColor")


async def test_the_switch_for_notifications_shows_what_it_is_set_to(open_tab: OpenTab) -> None:
    tab = await open_tab(forced_colors="active", viewport=WIDE)
    switch = tab.page.get_by_role("button", name="Notify me of answers")
    off = await style(switch, "backgroundImage", "::after")
    assert "gradient" in off
    await switch.evaluate("(element) => element.setAttribute('aria-pressed', 'true')")
    assert await style(switch, "backgroundImage", "::after") not in (off, "none")
    assert await style(switch, "borderTopColor", "::after") == await tab.page.evaluate(
        "(() => { const probe = document.body.appendChild(document.createElement('i'));"
        " probe.style.color = 'Highlight'; const { color } = getComputedStyle(probe);"
        " probe.remove(); return color; })()"
    )


async def test_a_button_that_can_not_be_pressed_is_grey(open_tab: OpenTab) -> None:
    tab = await asked(open_tab, "count 1 1ms")
    await tab.until_ended("complete")
    await tab.round(1).locator(".again-same").click()
    await tab.until_ended("complete", 2)
    forth = tab.round(2).get_by_role("button", name="Next version")
    back = tab.round(2).get_by_role("button", name="Previous version")
    assert await style(forth, "color") != await style(back, "color")


async def test_what_lies_over_the_page_has_an_edge(open_tab: OpenTab) -> None:
    tab = await open_tab(forced_colors="active", viewport={"width": 360, "height": 640})
    await tab.page.locator(".menu").click()
    assert await style(tab.page.locator(".sidebar"), "borderInlineEndWidth") == "1px"
    await tab.page.keyboard.press("Escape")
    await tab.page.locator(".picker-button").click()
    await expect_lined(tab.page.locator(".picker-panel"))
    await tab.page.keyboard.press("Escape")
    await tab.page.get_by_role("button", name="Keyboard shortcuts").click()
    await expect_lined(tab.page.locator("#shortcuts"))


async def test_the_picture_of_the_doctor_is_drawn_in_the_colours_of_the_person(
    open_tab: OpenTab,
) -> None:
    tab = await open_tab("/doctor", forced_colors="active", color_scheme="dark")
    await tab.page.get_by_role("button", name="Check now").click()
    came = tab.page.locator(".doctor-came").first
    await expect(came).to_be_visible()
    text = await style(tab.page.locator("body"), "color")
    assert await style(came, "fill") == text
    assert await style(tab.page.locator(".doctor-way").first, "stroke") == text
