"""No address is written without the function that knows where the application is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from quart_chat.resources import resource_path

PACKAGE = Path(resource_path("static")).parent / "quart_chat"
WEB = sorted((PACKAGE / "web").rglob("*.py"))
TEMPLATES = sorted(resource_path("templates").rglob("*.html"))
SCRIPTS = sorted(
    path for path in (resource_path("static") / "js").rglob("*.js") if "vendor" not in path.parts
)
STYLES = sorted((resource_path("static") / "css").rglob("*.css"))

_TAG = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_ATTRIBUTE = re.compile(r"""=\s*["']?/[\w?"'{]""")
_LITERAL = re.compile(r"""(?<!~ )(?<!startswith\()(?<!replace\()["'](/[\w?{][^"']*)["']""")


def absolute_in_template(text: str) -> list[str]:
    """Addresses in a template that begin at the root of the host."""
    text = _COMMENT.sub("", text)
    found = [match[0] for match in _ATTRIBUTE.finditer(_TAG.sub("{{}}", text))]
    for tag in _TAG.findall(text):
        found += _LITERAL.findall(tag)
        found += re.findall(r"""(?<!root ~ )["'](/)["'](?! ~)""", tag)
    return found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_put_the_root_path_in_front(path: Path) -> None:
    assert absolute_in_template(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        '<a href="/documents">',
        "<form action='/chat'>",
        '<a href="/">',
        '<a href="/{{ id }}">',
        "<a href=\"{{ '/documents/' ~ item.id if item }}\">",
        '{% set base = "/chat/" ~ id %}',
        '{{ place(list, "/settings", part=root ~ "/x") }}',
        '<button formaction="/stop">',
        '{{ place(list, "/") }}',
    ],
)
def test_the_check_of_templates_finds(text: str) -> None:
    assert absolute_in_template(text)


_COMMENTS = re.compile(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", re.DOTALL)
_PATH_TO = re.compile(r"pathTo\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)")
_PATH = re.compile(r"""["']/[A-Za-z?][^"']*["']|`/[A-Za-z?$][^`]*`""")
_GOES = re.compile(r"""(?:assign|replace|fetch|open|href =|action =)\(?\s*["'`]/""")


def absolute_in_script(text: str) -> list[str]:
    """Addresses in a script that begin at the root of the host."""
    text = _PATH_TO.sub("", _COMMENTS.sub("", text))
    found = [match[0] for match in _PATH.finditer(text)]
    return [*found, *_GOES.findall(text)]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_ask_for_the_path_of_each_address(path: Path) -> None:
    found = absolute_in_script(path.read_text("utf-8"))
    # The end tag of an element is no address.
    assert [each for each in found if each != "`/${tag}`"] == []


@pytest.mark.parametrize(
    "text",
    [
        'fetch("/api/stream")',
        "const url = `/chat/${id}`;",
        'location.assign("/")',
        "send('POST', '/api/documents')",
        'link.href = "/?deleted=1"',
    ],
)
def test_the_check_of_scripts_finds(text: str) -> None:
    assert absolute_in_script(text)


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_styles_name_files_relative_to_themselves(path: Path) -> None:
    assert re.findall(r"""url\(\s*["']?/""", path.read_text("utf-8")) == []


LEADS = {"address", "path_to", "safe_redirect_target", "sign_in_address", "target"}
"""Functions whose results a browser may be sent to."""

ROUTES = {"Blueprint", "Command", "startswith", "removeprefix"}
"""Calls whose texts are paths of routes."""

COMPLETED = {"url", "address"}
"""Properties that templates put the root path in front of."""


def absolute_in_python(source: str) -> Iterator[str]:
    """Addresses that a browser gets, and redirects, that do not say where the application is."""
    tree = ast.parse(source)
    for parent in ast.walk(tree):
        for child in ast.iter_child_nodes(parent):
            child.parent = parent  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node) == "redirect":
            first = node.args[0].value if isinstance(node.args[0], ast.Await) else node.args[0]
            is_call = isinstance(first, ast.Call) and _name(first) in LEADS
            if not is_call and not (isinstance(first, ast.Attribute) and first.attr == "url"):
                yield ast.unparse(node)
        if (
            isinstance(node, (ast.Constant, ast.JoinedStr))
            and _is_absolute(node)
            and not any(_is_fine(each, node) for each in _above(node))
        ):
            yield ast.unparse(node)


def _is_absolute(node: ast.expr) -> bool:
    text = node.values[0] if isinstance(node, ast.JoinedStr) and node.values else node
    value = text.value if isinstance(text, ast.Constant) else None
    if value == "/":  # otherwise what paths are split at
        return isinstance(node.parent, (ast.Dict, ast.Return))  # type: ignore[attr-defined]
    return isinstance(value, str) and re.match(r"/[a-z?][^\n]*\Z", value) is not None


def _is_fine(above: ast.AST, node: ast.AST) -> bool:
    if isinstance(above, ast.Call):
        return _name(above) in {"path_to", *ROUTES}
    if isinstance(above, ast.Assign):
        # A constant is a route, unless a browser is sent to it, which the check of calls sees.
        return all(isinstance(name, ast.Name) and name.id.isupper() for name in above.targets)
    if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)):
        decorated = any(node in ast.walk(decorator) for decorator in above.decorator_list)
        return decorated or above.name in COMPLETED
    return isinstance(above, ast.Compare)


def _above(node: ast.AST) -> Iterator[ast.AST]:
    while (node := getattr(node, "parent", None)) is not None:  # type: ignore[assignment]
        yield node


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@pytest.mark.parametrize("path", WEB, ids=lambda path: path.stem)
def test_the_server_asks_for_the_path_of_each_address(path: Path) -> None:
    assert list(absolute_in_python(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        'def f(): return redirect("/settings", 303)',
        'def f(): return redirect(f"{SETTINGS}?saved", 303)',
        "def f(): return redirect(SIGN_IN)",
        'def f(): return render("page.html", action=f"/chat/{id}/edit")',
        'def f(): return {"url": "/"}',
        'def f(): return "/"',
        'def f(): return f"/shared/{token}"',
    ],
)
def test_the_check_of_the_server_finds(source: str) -> None:
    assert list(absolute_in_python(source))
