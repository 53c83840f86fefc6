"""The handbook is true: its links lead somewhere, its examples run, its tables match the code."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from quart import Quart

from quart_chat import errors
from quart_chat.assistants import openai
from quart_chat.config import Settings, variable
from quart_chat.errors import ChatError
from quart_chat.events.quart.extension import DEFAULTS
from quart_chat.search.chunking import BLOCK_SIZE
from quart_chat.search.passages import anchors, read_handbook
from tests.app import create_test_app

DOCS = Path(__file__).parents[1] / "docs"
PAGES = {path.relative_to(DOCS).as_posix(): path.read_text("utf-8") for path in DOCS.rglob("*.md")}

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
# What this application serves at a route, and what it never names in a table of routes.
ROUTE = re.compile(r"`(GET|POST|PATCH|DELETE) (/[^`\s]*)`")


def blocks(language: str) -> list[tuple[str, str]]:
    return [
        (page, code)
        for page, source in PAGES.items()
        for found, code in FENCE.findall(source)
        if found == language
    ]


def links() -> list[tuple[str, str]]:
    return [
        (page, target)
        for page, source in PAGES.items()
        for target in LINK.findall(FENCE.sub("", source))
        if "://" not in target
    ]


@pytest.mark.parametrize(("page", "target"), links())
def test_a_link_leads_to_a_page_and_a_heading(page: str, target: str) -> None:
    place, _, anchor = target.partition("#")
    path = (DOCS / page).parent / place if place else DOCS / page
    assert path.is_file(), f"{page} links to {target}"
    if anchor:
        assert anchor in anchors(path.read_text("utf-8")), f"{page} links to {target}"


def test_every_picture_is_shown_somewhere() -> None:
    readme = DOCS.parent / "README.md"
    text = "".join([readme.read_text("utf-8"), *PAGES.values()])
    shown = set(re.findall(r"!\[[^\]]*\]\([^)]*images/([^)\s]+)\)", text))
    assert shown == {path.name for path in (DOCS / "images").iterdir()}


def test_every_page_is_in_the_index() -> None:
    linked = {target.partition("#")[0] for page, target in links() if page == "index.md"}
    assert set(PAGES) - {"index.md"} == linked


def test_passages_are_short_and_hold_no_link_that_a_quote_would_break() -> None:
    for passage in read_handbook(DOCS):
        assert len(passage.text) <= BLOCK_SIZE, passage.url
        assert not LINK.search(FENCE.sub("", passage.text)), passage.url


@pytest.mark.parametrize(("page", "code"), blocks("python"))
def test_python_examples_compile(page: str, code: str) -> None:
    # A fragment may stand outside the function it belongs to.
    indented = "".join(f"    {line}\n" for line in code.splitlines())
    ast.parse(f"async def example():\n{indented}", page)


@pytest.mark.parametrize(("page", "code"), blocks("json"))
def test_json_examples_are_json(page: str, code: str) -> None:
    assert json.loads(code), page


async def test_the_app_of_the_tutorial_streams_as_the_tutorial_says() -> None:
    code = next(code for page, code in blocks("python") if page == "tutorial.md")
    names: dict[str, object] = {"__name__": "cakes"}
    exec(code.replace("sleep(0.5)", "sleep(0)"), names)  # noqa: S102 - the page's own example
    app = names["app"]
    assert isinstance(app, Quart)
    async with app.test_app() as running:
        client = running.test_client()
        await client.post("/cakes/7")
        stream = await (await client.get("/cakes/7/events")).get_data(as_text=True)
    types = [json.loads(data)["type"] for data in re.findall("^data: (.*)$", stream, re.MULTILINE)]
    assert types == ["progress"] * 4 + ["complete"]


def test_every_setting_has_its_section_with_its_default() -> None:
    sections = PAGES["reference/settings.md"].split("\n## ")[1:]
    described = {section.partition("\n")[0]: section for section in sections}
    for field, default in zip(
        Settings.__struct_fields__, Settings.__struct_defaults__, strict=True
    ):
        assert f"Default: {shown(default)}" in described.pop(variable(field)), field
    assert set(described) == {"See also"}


def test_every_bound_of_the_events_extension_is_listed_with_its_default() -> None:
    rows = re.findall(r"^\| `(EVENTS_\w+)` \| (\S+) \|", PAGES["reference/events.md"], re.MULTILINE)
    assert {key: float(value) for key, value in rows} == DEFAULTS


def test_every_error_code_is_listed_with_its_status() -> None:
    page = PAGES["reference/errors.md"]
    for error in vars(errors).values():
        if isinstance(error, type) and issubclass(error, ChatError):
            if error.__subclasses__() and error.code == "unavailable":
                continue  # raised only as one of its kinds
            assert f"| {error.status} | `{error.code}` |" in page


def test_every_error_of_a_model_is_listed() -> None:
    files = Path(openai.__file__).parent.rglob("*.py")
    source = "".join(file.read_text("utf-8") for file in files)
    codes = set(re.findall(r'ModelError\(\s*"(\w+)"', source))
    assert len(codes) > 10
    listed = set(re.findall(r"^\| `(\w+)` \|", PAGES["reference/errors.md"], re.MULTILINE))
    assert codes <= listed


def test_every_route_is_described_and_every_described_route_exists(tmp_path: Path) -> None:
    # A server with accounts has all routes of one without, and more.
    app = create_test_app({"QUART_CHAT_INSTANCE": tmp_path, "QUART_CHAT_AUTH": "accounts"})
    source = PAGES["reference/routes.md"]
    described = {(method, re.sub(r"<\w+>", "<>", path)) for method, path in ROUTE.findall(source)}
    served = {
        (method, re.sub(r"<[^>]+>", "<>", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described <= served
    assert {route for route in served if route[1].startswith("/api/")} <= described


def shown(default: object) -> str:
    if isinstance(default, float) and default.is_integer():
        return f"{default:.0f}"
    if not default:
        return "none"
    return f"`{default}`" if isinstance(default, str) else str(default)
