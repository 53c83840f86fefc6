"""What people set for themselves is heeded: less motion, more contrast, larger and wider text."""

from __future__ import annotations

import pytest
from playwright.async_api import ViewportSize, expect

from tests.browser.conftest import OpenTab
from tests.browser.keyboard import Keyboard
from tests.browser.test_forced_colours import CONTRAST
from tests.browser.test_page import answered, violations
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

# What moves. A mark that waits for its moment does not.
MOVING = """() => document.getAnimations()
  .filter((animation) => animation.effect.getKeyframes()
    .some((frame) => Object.keys(frame).some((name) =>
      !["visibility", "offset", "computedOffset", "easing", "composite"].includes(name))))
  .map((animation) => animation.animationName ?? animation.transitionProperty)"""

SMOOTH = """() => [...document.querySelectorAll("*")]
  .filter((element) => getComputedStyle(element).scrollBehavior === "smooth").length"""

# The spacing that WCAG 1.4.12 demands to be possible, as somebody's own style sheet has it.
SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* {
    line-height: 1.5 !important;
    letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important;
  }
  p { margin-block-end: 2em !important; }`);
  document.adoptedStyleSheets = [sheet];
}"""

# Text that is cut off where it can't be scrolled to. What is cut with dots says the whole
# elsewhere: the title of a chat in that of the page, a source behind its link.
CUT = """() => [...document.querySelectorAll("body *")]
  .filter((element) => element.checkVisibility({ visibilityProperty: true }))
  .filter((element) => !element.closest(".visually-hidden, svg, math, .skip:not(:focus)"))
  .filter((element) => [...element.childNodes].some((node) => node.data?.trim()))
  .filter((element) => {
    const style = getComputedStyle(element);
    const dots = style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none";
    if (dots) return false;
    const clips = (name) => ["hidden", "clip"].includes(style[name]);
    return (clips("overflowX") && element.scrollWidth > element.clientWidth + 1)
      || (clips("overflowY") && element.scrollHeight > element.clientHeight + 1);
  })
  .map((element) => element.outerHTML.slice(0, 160))"""

# Controls on each other: one lies over the middle of another.
COVERED = """() => [...document.querySelectorAll("main :is(a, button, input, select, textarea)")]
  .filter((element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
  .filter((element) => !element.closest(".visually-hidden, .dock, .prose"))
  .filter((element) => {
    element.scrollIntoView({ block: "center" });
    const { left, top, width, height } = element.getBoundingClientRect();
    const hit = document.elementFromPoint(left + width / 2, top + height / 2);
    const part = hit && (element.contains(hit) || hit.contains(element));
    return width && height && !part && !hit?.closest(".bar, .dock");
  })
  .map((element) => element.outerHTML.slice(0, 160))"""

TINY: ViewportSize = {"width": 320, "height": 256}


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


async def test_with_less_motion_nothing_moves(open_tab: OpenTab) -> None:
    tab = await open_tab(reduced_motion="reduce", viewport={"width": 1280, "height": 800})
    await tab.ask("nest and wait")
    await tab.page.locator(".steps-summary").click()
    await expect(tab.page.locator('.step[data-status="running"]').first).to_be_visible()
    await expect(tab.row("nest and wait").locator(".chat-state")).to_be_visible()
    assert await tab.page.evaluate(MOVING) == []
    assert await tab.page.evaluate(SMOOTH) == 0
    await tab.page.keyboard.press("Escape")
    await tab.until_ended("stopped")
    await tab.ask("count 2000 20ms")
    await expect(tab.answer(2)).to_contain_text("3 ")
    assert await tab.page.evaluate(MOVING) == []
    # There is something that would move: the same page, for who does not mind.
    await tab.page.emulate_media(reduced_motion="no-preference")
    assert len(await tab.page.evaluate(MOVING)) >= 2
    await tab.page.keyboard.press("Escape")
    await tab.until_ended("stopped", 2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_who_asks_for_more_contrast_gets_it(open_tab: OpenTab, scheme: str) -> None:
    tab = await answered(open_tab, color_scheme=scheme, reduced_motion="reduce", contrast="more")
    style = """([selector, name]) => {
      %s
      return contrast(getComputedStyle(document.querySelector(selector))[name], page);
    }"""
    read = style % CONTRAST
    # Text as WCAG 1.4.6 has it, lines as 1.4.11.
    for selector in (".steps", ".answer-author", ".composer-hint", ".prompt-text", ".outcome"):
        assert await tab.page.evaluate(read, [selector, "color"]) >= 7, selector
    for selector in (".button-new", ".composer", ".search-field", ".source"):
        assert await tab.page.evaluate(read, [selector, "borderTopColor"]) >= 3, selector
    # More contrast changes colours alone.
    assert await violations(tab.page, "dark") == []


async def test_in_a_tiny_window_the_focus_is_seen_between_what_stays(open_tab: OpenTab) -> None:
    tab = await answered(open_tab, viewport=TINY)
    keys = Keyboard(tab.page)
    await keys.go(tab.page.locator(".prompt-tools .edit").first, "Shift+Tab")
    await keys.go(tab.page.locator("#prompt"))


async def test_in_a_tiny_window_nothing_takes_the_room_to_read(open_tab: OpenTab) -> None:
    tab = await answered(open_tab, viewport=TINY)
    await tab.page.locator(".answer").first.scroll_into_view_if_needed()
    await tab.page.evaluate("document.querySelector('.answer').scrollIntoView()")
    for part in (".bar", ".dock"):
        await expect(tab.page.locator(part)).not_to_be_in_viewport()
