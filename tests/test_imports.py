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


def test_of_the_events_only_the_package_for_quart_knows_quart() -> None:
    knowing = {
        path.relative_to(PACKAGE / "events").parts[0]
        for path in (PACKAGE / "events").rglob("*.py")
        if any(is_within(name, web) for name in imported(path) for web in FRAMEWORK)
    }
    assert knowing == {"quart"}


def test_events_work_where_no_web_framework_can_be_imported() -> None:
    code = """if True:
        import asyncio, importlib, pkgutil, sys

        class Blocker:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] in {blocked}:
                    raise ImportError(name + " is blocked")

        sys.meta_path.insert(0, Blocker())
        import quart_chat.events as events

        for module in pkgutil.walk_packages(events.__path__, "quart_chat.events."):
            if module.name.split(".")[2] not in ("quart", "hypercorn"):
                importlib.import_module(module.name)

        async def run():
            manager = events.StreamingEventManager()
            await manager.emit_event("c", "complete", {{"done": True}})
            return [event["data"] async for event in manager.stream_events("c")]

        print(asyncio.run(run()))
    """.format(blocked={*FRAMEWORK, "hypercorn", "h11", "starlette"})
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[{'done': True}]\n", "")


def test_importing_events_loads_nothing_of_the_application() -> None:
    code = "import sys, quart_chat.events; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    own = [name for name in loaded if name.startswith("quart_chat.")]
    assert own
    assert [name for name in own if not is_within(name, "quart_chat.events")] == []
    assert {"aiosqlite", "quart_schema", "markdown_it"}.isdisjoint(loaded)
