"""Imports go one way: web -> documents -> chat -> events."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "quart_chat"

APPLICATION = ("quart_chat.web", "quart_chat.app", "quart_chat.config")
FRAMEWORK = ("quart", "quart_schema", "werkzeug")
FORBIDDEN = {
    "events": (*APPLICATION, "quart_chat.chat", "quart_chat.documents"),
    "chat": (*APPLICATION, *FRAMEWORK, "quart_chat.documents"),
    "documents": (*APPLICATION, *FRAMEWORK),
}
QUART_IN_EVENTS = {"extension.py", "connection.py"}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names.add(node.module or "")
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("part", FORBIDDEN)
def test_no_part_imports_what_is_built_on_it(part: str) -> None:
    for path in (PACKAGE / part).rglob("*.py"):
        wrong = {
            name for name in imported(path) for other in FORBIDDEN[part] if is_within(name, other)
        }
        assert not wrong, f"{path.name} imports {wrong}"


def test_quart_is_known_to_the_events_extension_alone() -> None:
    knowing = {
        path.name
        for path in (PACKAGE / "events").rglob("*.py")
        if any(is_within(name, "quart") for name in imported(path))
    }
    assert knowing == QUART_IN_EVENTS


def test_importing_events_loads_nothing_of_the_application() -> None:
    code = "import sys, quart_chat.events; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    own = [name for name in loaded if name.startswith("quart_chat.")]
    assert own
    assert [name for name in own if not is_within(name, "quart_chat.events")] == []
    assert {"aiosqlite", "quart_schema", "markdown_it"}.isdisjoint(loaded)
