"""What holds on every page there is: the list of pages is the application's own."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize

from tests.app import create_test_app
from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab, watch
from tests.browser.test_forced_colours import OUTLINE, SCHEMES, UNSEEN
from tests.browser.test_page import violations
from tests.browser.test_preferences import COVERED, CUT, SPACED, TINY
from tests.browser.test_screen_reader import (
    CONTROLS,
    MISNAMED,
    levels,
    name,
    role,
    tree,
)
from tests.browser.weight import WEIGHT, weigh
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Not pages: files, documents for programs, and parts that scripts put into pages.
FILES = (
    *("/api/", "/static/", "/openapi.json", "/manifest.webmanifest", "/service-worker.js"),
    *("/healthz", "/readyz", "/metrics"),
)
PARTS = {
    "library.original",
    "rounds.copy_answer",
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

WIDE: ViewportSize = {"width": 1280, "height": 720}

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


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=[*PAGES, *ERRORS])
async def loaded(
    request: pytest.FixtureRequest,
    browser: Browser,
    shared_server: Server,
    places: dict[str, str],
) -> AsyncIterator[tuple[Tab, set[str]]]:
    """A page, once for all that is asked of it, and the addresses of what it loads at first."""
    path = fill(request.param, places)
    context = await browser.new_context(base_url=shared_server.url, reduced_motion="reduce")
    tab = Tab(await context.new_page(), **kwargs_for(path))
    watch(tab, shared_server.url)
    urls: set[str] = set()
    tab.page.on("request", lambda request: urls.add(request.url))
    await tab.page.add_init_script(COLLECT)
    await tab.page.goto(path, wait_until="networkidle" if path in ERRORS else "load")
    await tab.page.evaluate("new Promise(requestAnimationFrame)")
    # What is done to the page later loads more: how much depends on the order of the tests.
    yield tab, urls.copy()
    await context.close()
    assert tab.complaints == [] or not tab.quiet


@pytest_asyncio.fixture(loop_scope="session")
async def page(loaded: tuple[Tab, set[str]]) -> Page:
    """The page as it is at first."""
    page = loaded[0].page
    await page.set_viewport_size(WIDE)
    await page.evaluate("document.adoptedStyleSheets = [], document.activeElement.blur()")
    await page.evaluate("scrollTo(0, 0)")
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(page: Page, scheme: Literal["light", "dark"]) -> None:
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    assert await violations(page, scheme) == []


async def test_nothing_breaks_the_policy(page: Page) -> None:
    await page.evaluate("new Promise(requestAnimationFrame)")
    assert await page.evaluate("window.violations") == []


async def test_what_breaks_the_policy_would_be_seen(open_tab: OpenTab) -> None:
    tab = await open_tab("/offline", quiet=False)
    await tab.page.add_init_script(COLLECT)
    await tab.page.goto("/")
    await tab.page.evaluate("document.body.setAttribute('style', 'color: red')")
    await tab.page.wait_for_function("() => window.violations.length")


async def test_scripts_and_styles_are_light(loaded: tuple[Tab, set[str]]) -> None:
    tab, urls = loaded
    assert await weigh(tab.page, urls) <= WEIGHT


async def test_the_focus_is_always_seen(page: Page) -> None:
    hidden: list[str] = []
    for _ in range(40):
        await page.keyboard.press("Tab")
        focus = await page.evaluate(FOCUS)
        if focus is None:
            break
        if not (focus["seen"] and focus["inView"]):
            hidden.append(focus["html"])
    assert hidden == []


async def test_nothing_sticks_out_at_twice_the_size_and_targets_are_large_enough(
    page: Page,
) -> None:
    await page.set_viewport_size({"width": 640, "height": 400})
    await expect_inside(page)
    assert await page.evaluate(SMALL) == []
    # Text alone at twice its size, in a window of a phone.
    await page.set_viewport_size({"width": 360, "height": 740})
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    await expect_inside(page)
    await page.evaluate("document.documentElement.style.fontSize = ''")


async def expect_inside(page: Page) -> None:
    widths = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    content, window = await page.evaluate(widths)
    assert content <= window


async def test_with_few_colours_every_control_and_the_focus_on_it_are_seen(page: Page) -> None:
    try:
        for scheme in SCHEMES:
            await page.emulate_media(forced_colors="active", color_scheme=scheme)  # type: ignore[arg-type]  # one of two literals
            assert await page.evaluate(UNSEEN) == []
            for _ in range(6):
                await page.keyboard.press("Tab")
                if await page.evaluate("document.activeElement !== document.body"):
                    assert await page.evaluate(OUTLINE) >= 3
    finally:
        await page.emulate_media(forced_colors="none", color_scheme="light")


async def test_a_page_has_landmarks_one_main_heading_a_title_and_names_for_all(page: Page) -> None:
    nodes = await tree(page)
    roles = [role(node) for node in nodes]
    assert roles.count("main") == 1
    assert levels(nodes).count(1) == 1
    nameless = [role(node) for node in nodes if role(node) in CONTROLS and not name(node).strip()]
    assert nameless == []
    landmarks = [
        (role(node), name(node))
        for node in nodes
        if role(node) in {"navigation", "region", "search", "banner", "log"}
        # A form without a name is no landmark.
        or (role(node) == "form" and name(node))
    ]
    assert len(landmarks) == len(set(landmarks))
    title = (await page.title()).removesuffix("quart-chat")
    assert re.search(r"\w", title) or urlsplit(page.url).path == "/"
    assert await page.evaluate(MISNAMED) == []


async def test_titles_of_pages_differ(open_tab: OpenTab, places: dict[str, str]) -> None:
    tab = await open_tab("/offline", quiet=False)
    titles = {}
    for rule in PAGES:
        response = await tab.page.goto(fill(rule, places))
        if response is not None and response.request.redirected_from is None:
            titles[rule] = await tab.page.title()
    alike = {title for title in titles.values() if [*titles.values()].count(title) > 1}
    assert alike <= {titles["/chat/<workflow_id>"]}


async def test_at_four_times_the_size_and_with_wide_text_nothing_is_lost(page: Page) -> None:
    await page.set_viewport_size(TINY)
    await expect_whole(page)


async def test_in_german_nothing_is_lost_either_and_controls_say_their_names(page: Page) -> None:
    await page.set_viewport_size(TINY)
    await page.context.add_cookies([{"name": "language", "value": "de", "url": page.url}])
    await page.reload()
    try:
        await expect_whole(page)
        await page.set_viewport_size(WIDE)
        assert await page.evaluate(MISNAMED) == []
    finally:
        await page.context.clear_cookies()
        await page.reload()


async def expect_whole(page: Page) -> None:
    """All of the page is there, and still is with spaced text."""
    for spacing in ("() => {}", SPACED):
        await page.evaluate(spacing)
        await expect_inside(page)
        assert await page.evaluate(CUT) == []
        assert await page.evaluate(COVERED) == []
