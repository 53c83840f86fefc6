"""The files of the pages, made from the real scripts."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import pytest
from quart.typing import TestClientProtocol as Client

from quart_chat.resources import resource_path
from quart_chat.web.static.bundles import Bundles, split
from quart_chat.web.static.modules import read_module

STATIC = resource_path("static")
TEMPLATES = [path.read_text("utf-8") for path in resource_path("templates").glob("*.html")]
ENTRIES = sorted({name for page in TEMPLATES for name in re.findall(r"js/[\w/-]+\.js", page)})
SCRIPTS = sorted(
    name
    for folder in ("js", "vendor")
    for path in (STATIC / folder).rglob("*.js")
    if (name := path.relative_to(STATIC).as_posix()) != "js/service-worker.js"
)


def read(name: str) -> str:
    return (STATIC / name).read_text("utf-8")


def of(sources: dict[str, str]) -> Bundles:
    return Bundles(lambda name: sources[name])


@pytest.mark.parametrize("page", ENTRIES)
def test_each_module_of_a_page_is_in_one_of_its_files(page: str) -> None:
    bundles = Bundles(read)
    files = bundles.files(page)
    held = [name for names in files.values() for name in names]
    assert len(held) == len(set(held))
    reached = [page]
    for name in reached:
        module = bundles.module(name)
        names = [*(each.module for each in module.imports), *module.later]
        reached += dict.fromkeys(name for name in names if name not in reached)
    assert set(held) == set(reached)


def test_every_script_but_those_that_the_application_serves_itself_is_of_a_page() -> None:
    bundles = Bundles(read)
    held = {name for page in ENTRIES for names in bundles.files(page).values() for name in names}
    assert held == set(SCRIPTS)


@pytest.mark.parametrize("page", ENTRIES)
async def test_what_a_file_imports_and_loads_later_is_served(client: Client, page: str) -> None:
    addresses = [page]
    codes: list[str] = []
    for address in addresses:
        response = await client.get(f"/static/v/0/{address}")
        assert (response.status_code, response.mimetype) == (200, "text/javascript"), address
        text = await response.get_data(as_text=True)
        codes += re.findall(r'__\d+ as"([^"]+)"', text.rpartition("export{")[2])
        for path in re.findall(r'(?:from|\bimport\()"(\./[^"]+)"', text):
            target = urljoin(address, path)
            addresses += [target] if target not in addresses else []
    assert [split(address)[0] for address in addresses] == [page] * len(addresses)
    assert len(codes) == len(set(codes)) > 0


@pytest.mark.parametrize(
    "path", ["/", "/documents", "/settings", "/transfer", "/doctor", "/handbook/", "/offline", "/x"]
)
async def test_a_page_has_one_script_which_imports_nothing_more(client: Client, path: str) -> None:
    page = await (await client.get(path)).get_data(as_text=True)
    (script,) = re.findall(r'<script type="module" src="([^"]+)"', page)
    text = await (await client.get(script)).get_data(as_text=True)
    assert 'from"' not in text
    assert re.match(r"const __0=\(\(.*\)=>\{", text)


async def test_a_page_has_no_file_of_what_it_never_loads(client: Client) -> None:
    for address in (
        "js/app.js/js/frame.js",
        "js/app.js/js/api.js",
        "js/app.js/",
        "js/x.js/js/api.js",
    ):
        assert (await client.get(f"/static/{address}")).status_code == 404, address


def test_what_two_files_need_is_a_third_one() -> None:
    bundles = of(
        {
            "js/page.js": 'import "./given.js";\nimport("./a.js");\nimport("./b.js");\n',
            "js/a.js": 'import "./given.js";\nimport "./shared.js";\n',
            "js/b.js": 'import "./shared.js";\nimport "./alone.js";\nimport "./a.js";\n',
            "js/given.js": "",
            "js/shared.js": 'import "./deep.js";\n',
            "js/deep.js": "",
            "js/alone.js": "",
        }
    )
    assert bundles.files("js/page.js") == {
        "js/page.js": ["js/given.js", "js/page.js"],
        "js/a.js": ["js/a.js"],
        "js/b.js": ["js/alone.js", "js/b.js"],
        "js/shared.js": ["js/shared.js"],
        "js/deep.js": ["js/deep.js"],
    }
    assert '"js/given.js" as __0' in bundles.join("js/page.js", "js/a.js")


@pytest.mark.parametrize(
    "sources",
    [
        {"js/a.js": 'import "./a.js";\n'},
        {"js/a.js": 'import "./b.js";\n', "js/b.js": 'export { x } from "./a.js";\n'},
        {
            "js/a.js": 'import("./b.js");\n',
            "js/b.js": 'import "./c.js";\n',
            "js/c.js": 'import "./d.js";\n',
            "js/d.js": 'import "./b.js";\n',
        },
    ],
)
def test_modules_that_import_each_other_are_refused(sources: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="import each other"):
        of(sources).files("js/a.js")


def test_a_name_that_the_other_module_does_not_export_is_refused() -> None:
    bundles = of({"js/a.js": 'import { y } from "./b.js";\n', "js/b.js": "export const x = 1;\n"})
    with pytest.raises(ValueError, match="does not export"):
        bundles.join("js/a.js", "js/a.js")


@pytest.mark.parametrize(
    ("text", "exports"),
    [
        ("export function f() {}", {"f": "f"}),
        ("export async function f() {}", {"f": "f"}),
        ("export function* f() {}", {"f": "f"}),
        ("export class A extends B {}", {"A": "A"}),
        ("export const a = 1;\nexport let $b = 2;", {"a": "a", "$b": "$b"}),
        ("export { a, b as c, d as default };", {"a": "a", "c": "b", "default": "d"}),
        ("export default class A {}", {"default": "A"}),
        ("export default class extends B {}", {"default": "_default"}),
        ("export default { a: 1 };", {"default": "_default"}),
        ('export { a, default as b } from "./x.js";', {"a": "_from0.a", "b": "_from0.default"}),
    ],
)
def test_each_form_of_export(text: str, exports: dict[str, str]) -> None:
    module = read_module("js/a.js", text)
    assert module.exports == exports
    assert "export" not in module.code


@pytest.mark.parametrize(
    ("statement", "pattern"),
    [
        ('import "../x.js";', "{  }"),
        ('import A from "../x.js";', "{ default: A }"),
        ('import A, { b, c as d } from "../x.js";', "{ default: A, b, c: d }"),
        ('import {\n  b,\n  c as d,\n} from "../x.js";', "{ b, c: d }"),
        ('import * as all from "../x.js";', "all"),
    ],
)
def test_each_form_of_import(statement: str, pattern: str) -> None:
    (imported,) = read_module("js/b/a.js", f"/** A comment. */\n{statement}\nf();\n").imports
    assert (imported.module, imported.pattern) == ("js/x.js", pattern)


@pytest.mark.parametrize(
    "text",
    [
        'export * from "./x.js";',
        "export const { a, b } = c;",
        'import x, * as y from "./x.js";',
        'import "bare";',
        "import { x } from './quotes.js';",
        "const x = import.meta.url;",
        "const x = await import(path);",
        "await ready;",
        "const __0 = 1;",
    ],
)
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not understood"):
        read_module("js/a.js", text)


@pytest.mark.parametrize(
    "change", ["x = 2;", "x += 1;", "x++;", "--x;", "x ??= 1;", "x >>>= 1;", "f(() => (x = 2));"]
)
def test_an_exported_name_that_changes_is_refused(change: str) -> None:
    with pytest.raises(ValueError, match="assigns to it"):
        read_module("js/a.js", f"export let x = 1;\n{change}\n")


@pytest.mark.parametrize("use", ["x == 2;", "x => 2;", "y.x = 1;", "const max = 1;", "x <= 1;"])
def test_an_exported_name_may_be_read(use: str) -> None:
    assert read_module("js/a.js", f"export let x = 1;\n{use}\n").exports == {"x": "x"}
