"""Joined scripts do in Chromium what the same scripts do one by one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
import rjsmin
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.async_api import Browser, Page, Route, expect

from quart_chat.web.static.bundles import Bundles, split
from tests.browser.conftest import OpenTab
from tests.browser.test_picker import add
from tests.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

# What a module exports, what it is when it runs, and what it sees of the others.
FORMS = {
    "js/main.js": """\
/** @type {import("./forms/state.js").State} */
import all, { count, add as plus, Thing } from "./forms/all.js";
import * as state from "./forms/state.js";
import {
  again,
  fallback,
} from "./forms/again.js";
import "./forms/effect.js";

export const seen = [count, plus(1), new Thing().name, all.name, again(2), fallback.name, used()];
export const keys = Object.keys(state).sort();
export default class Main {
  static text = `import { x } from "./y.js"; ${state.size()}`;
}
export const later = async () => {
  const { inner } = await import("./forms/later.js");
  const own = await import("./forms/state.js");
  return [inner(), own.size(), own === (await import("./forms/state.js"))];
};

function used() {
  return this === undefined && typeof count;
}
""",
    "js/forms/state.js": """\
const values = new Map();

export function put(value) {
  values.set(values.size, value);
  return values.size;
}
export const size = () => values.size;
export let start = 1;
export async function* none() {}
""",
    "js/forms/all.js": """\
import { put } from "./state.js";

const count = put("all");
const inner = (value) => put(value);
class Thing {
  name = "thing";
}
export { count, inner as add, Thing };
export default function whole() {}
""",
    "js/forms/again.js": """\
export { add as again, default as fallback } from "./all.js";
""",
    "js/forms/effect.js": """\
import { put } from "./state.js";

put("effect");
""",
    "js/forms/later.js": """\
import { put, size } from "./state.js";
import value from "./value.js";

export const inner = () => [put(value), size()];
""",
    "js/forms/value.js": """\
const module = { exports: {} };
const { exports } = module;
exports.a = 1 / 2 / 4;
export default module.exports;
""",
}

RUN = """async ([native, joined]) => {
  const run = async (url) => {
    const main = await import(url);
    const { text, name } = main.default;
    return JSON.stringify([main.seen, main.keys, text, name, await main.later()]);
  };
  return [await run(native), await run(joined)];
}"""

GRAPH = """async ([native, joined, asked]) => {
  const run = async (url) => {
    globalThis.ran = [];
    const page = await import(url);
    const first = [...ran];
    const seen = [];
    for (const name of asked) seen.push(await page.load(name));
    return { first, all: [...ran].sort(), seen };
  };
  return [await run(native), await run(joined)];
}"""


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, str], list[str]]:
    """Modules that import and load those after them, and what a page then loads, in what order."""
    count = draw(st.integers(2, 9))
    names = [f"m{number}" for number in range(count)]
    sources = {}
    for number, name in enumerate(names):
        after = names[number + 1 :]
        imports = draw(st.lists(st.sampled_from(after), unique=True, max_size=3)) if after else []
        later = draw(st.lists(st.sampled_from(names), unique=True, max_size=3))
        sources[f"js/{name}.js"] = source(name, imports, later)
    return sources, draw(st.lists(st.sampled_from(names), max_size=6))


def source(name: str, imports: list[str], later: list[str]) -> str:
    """A module with a state of its own, which it and all that import it count up."""
    lines = [f'import * as {other} from "./{other}.js";' for other in imports]
    loads = ", ".join(f'{other}: () => import("./{other}.js")' for other in later)
    return "\n".join(
        [
            *lines,
            f'ran.push("{name}");',
            "let state = 0;",
            "export const up = () => (state += 1);",
            f"const imported = {{ {', '.join(imports)} }};",
            f"const loads = {{ {loads} }};",
            """\
export async function load(name, depth = 0) {
  const seen = Object.entries(imported).map(([key, { up }]) => [key, up()]);
  for (const [key, other] of Object.entries(loads)) {
    const loaded = await other();
    seen.push([key, loaded.up()]);
    if (depth < 2 && (key === name || depth === 0)) seen.push(await loaded.load(name, depth + 1));
  }
  return seen;
}
""",
        ]
    )


class Site:
    """Serves sets of scripts, each as they are and joined."""

    def __init__(self) -> None:
        self.sets: list[dict[str, str]] = []

    async def serve(self, route: Route) -> None:
        _, number, kind, name = [*urlsplit(route.request.url).path.split("/", 3), "", "", ""][:4]
        if not name:
            await route.fulfill(body="<!doctype html>", content_type="text/html")
            return
        sources = self.sets[int(number)]
        bundles = Bundles(lambda name: sources[name])
        text = sources[name] if kind == "native" else rjsmin.jsmin(bundles.join(*split(name)))
        await route.fulfill(body=text, content_type="text/javascript")

    def add(self, sources: dict[str, str], entry: str) -> list[str]:
        self.sets.append(sources)
        return [f"/{len(self.sets) - 1}/{kind}/{entry}" for kind in ("native", "joined")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site(browser: Browser) -> AsyncIterator[tuple[Site, Page]]:
    site = Site()
    context = await browser.new_context()
    await context.route("**/*", site.serve)
    page = await context.new_page()
    await page.goto("http://static.test/")
    yield site, page
    await context.close()


async def test_each_form_of_import_and_export_means_the_same(site: tuple[Site, Page]) -> None:
    scripts, page = site
    native, joined = await page.evaluate(RUN, scripts.add(FORMS, "js/main.js"))
    assert joined == native
    assert json.loads(native)[0] == [1, 3, "thing", "whole", 4, "whole", "number"]


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(graph=graphs())
async def test_each_module_runs_once_and_keeps_its_state(
    site: tuple[Site, Page], graph: tuple[dict[str, str], list[str]]
) -> None:
    scripts, page = site
    sources, asked = graph
    native, joined = await page.evaluate(GRAPH, [*scripts.add(sources, "js/m0.js"), asked])
    assert joined == native
    assert len(set(native["all"])) == len(native["all"])


async def test_a_script_that_a_page_loads_later_shares_the_state_of_the_page(
    open_tab: OpenTab,
) -> None:
    page = (await open_tab()).page
    gone, there = await add(page, "roof.md", "floor.md")
    # The page's own module knows it as deleted: the picker, which is loaded later, doesn't add it.
    await page.evaluate(
        """async (id) => {
          const page = await import(document.querySelector("script[src]").src);
          page["js/documents/newest.js"].newest({ id, deleted: true });
        }""",
        gone,
    )
    await page.locator(".picker-button").click()
    for name in ("roof.md", "floor.md"):
        await page.get_by_role("checkbox", name=name).click()
    await expect(page.locator(f'.chips [data-id="{there}"]')).to_have_count(1)
    await expect(page.locator(f'.chips [data-id="{gone}"]')).to_have_count(0)


@pytest.fixture
def server(shared_server: Server) -> Server:
    return shared_server
