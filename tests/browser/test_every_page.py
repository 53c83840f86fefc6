"""What holds on every page there is: the list of pages is the application's own."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

from tests.app import create_test_app
from tests.browser.conftest import OpenTab
from tests.browser.test_page import WEIGHT, violations, weight
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Not pages: files, documents for programs, and parts that scripts put into pages.
FILES = ("/api/", "/static/", "/openapi.json", "/manifest.webmanifest", "/service-worker.js")
PARTS = {
    "rounds.show_answer",
    "rounds.show_rounds",
    "sharing.shared_rounds",
    "transfer.export_all",
    "transfer.export_json",
    "transfer.export_markdown",
}

PAGES = sorted(
    rule.rule
    for rule in create_test_app({"QUART_CHAT_INSTANCE": "unused"}).url_map.iter_rules()
    if "GET" in (rule.methods or set())
    and not rule.rule.startswith(FILES)
    and rule.endpoint not in PARTS
)
ERRORS = ["/nothing/here", "/chat/none", "/documents/none"]

COLLECT = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
});
"""

# The second of WCAG 2.5.8: targets smaller than 24 px, but for links in a line of text.
SMALL = """() => [...document.querySelectorAll("a, button, input, select, textarea, summary")]
  .filter((element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
  .filter((element) => !element.closest(".prose, p, li > q, .visually-hidden, .skip, label"))
  .map((element) => [element, element.getBoundingClientRect()])
  .filter(([, { width, height }]) => width && height && (width < 24 || height < 24))
  .map(([element, { width, height }]) => `${width} x ${height}: ${element.outerHTML.slice(0, 160)}`)
"""

# Everything that takes the focus by Tab, and whether it shows that it has it.
FOCUS = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  // A field may leave it to the form around it to show the focus.
  const places = [element, element.closest("form:has(:focus-visible), label:has(:focus-visible)")];
  const seen = places.filter(Boolean).map((at) => getComputedStyle(at)).some(
    (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1);
  const { top, bottom, left, right } = element.getBoundingClientRect();
  const inView = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
  return { html: element.outerHTML.slice(0, 160), seen, inView };
}"""


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server


def fill(rule: str, places: dict[str, str]) -> str:
    """The address of a page; a variable part that nothing stands for is a test to be written."""
    path = rule
    for part in rule.split("<")[1:]:
        name = part.partition(">")[0]
        path = path.replace(f"<{name}>", places[name.rpartition(":")[2]])
    return path


def kwargs_for(path: str) -> dict[str, Any]:
    # Chromium itself says in the console that an answer was 404.
    return {"quiet": path not in ERRORS}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("rule", [*PAGES, *ERRORS])
async def test_axe_finds_nothing(
    open_tab: OpenTab, places: dict[str, str], rule: str, scheme: str
) -> None:
    path = fill(rule, places)
    tab = await open_tab(path, color_scheme=scheme, reduced_motion="reduce", **kwargs_for(path))
    assert await violations(tab.page) == []


@pytest.mark.parametrize("rule", [*PAGES, *ERRORS])
async def test_nothing_breaks_the_policy(
    open_tab: OpenTab, places: dict[str, str], rule: str
) -> None:
    path = fill(rule, places)
    tab = await open_tab("/offline", **kwargs_for(path))
    await tab.page.add_init_script(COLLECT)
    await tab.page.goto(path, wait_until="networkidle" if path in ERRORS else "load")
    await tab.page.evaluate("new Promise(requestAnimationFrame)")
    assert await tab.page.evaluate("window.violations") == []


async def test_what_breaks_the_policy_would_be_seen(open_tab: OpenTab) -> None:
    tab = await open_tab("/offline", quiet=False)
    await tab.page.add_init_script(COLLECT)
    await tab.page.goto("/")
    await tab.page.evaluate("document.body.setAttribute('style', 'color: red')")
    await tab.page.wait_for_function("window.violations.length")


@pytest.mark.parametrize("rule", [*PAGES, *ERRORS])
async def test_nothing_sticks_out_at_twice_the_size_and_targets_are_large_enough(
    open_tab: OpenTab, places: dict[str, str], rule: str
) -> None:
    path = fill(rule, places)
    size = {"width": 640, "height": 400}
    tab = await open_tab(path, viewport=size, **kwargs_for(path))
    await expect_inside(tab.page)
    assert await tab.page.evaluate(SMALL) == []
    # Text alone at twice its size, in a window of a phone.
    await tab.page.set_viewport_size({"width": 360, "height": 740})
    await tab.page.evaluate("document.documentElement.style.fontSize = '200%'")
    await expect_inside(tab.page)


@pytest.mark.parametrize("rule", PAGES)
async def test_scripts_and_styles_are_light(
    open_tab: OpenTab, places: dict[str, str], rule: str
) -> None:
    tab = await open_tab("/offline", **kwargs_for(rule))
    files: set[str] = set()
    tab.page.on("request", lambda request: files.add(request.url))
    await tab.page.goto(fill(rule, places))
    assert await weight(tab.page, files) <= WEIGHT


async def expect_inside(page: Page) -> None:
    widths = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    content, window = await page.evaluate(widths)
    assert content <= window


@pytest.mark.parametrize("rule", [*PAGES, *ERRORS])
async def test_the_focus_is_always_seen(
    open_tab: OpenTab, places: dict[str, str], rule: str
) -> None:
    path = fill(rule, places)
    tab = await open_tab(path, **kwargs_for(path))
    hidden: list[str] = []
    for _ in range(40):
        await tab.page.keyboard.press("Tab")
        focus = await tab.page.evaluate(FOCUS)
        if focus is None:
            break
        if not (focus["seen"] and focus["inView"]):
            hidden.append(focus["html"])
    assert hidden == []
