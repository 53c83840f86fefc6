"""Imports run downwards only, without circles, what type checkers alone import included."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "quart_chat"

COMMON = {"errors", "texts"}
"""What every room but the events may use."""

TOOLS = {"search", "markdown", "wire", "plaintext", *COMMON}
"""What assistants and features build on."""

SERVICES = {"availability", "cluster", "durations", "committer", "events", "policies"}
"""What features run on."""

BELOW = {
    "errors": set[str](),
    "texts": set[str](),
    "durations": set[str](),
    "events": {"durations", "outbound"},
    "availability": COMMON,
    "committer": {"events", *COMMON},
    "serving": COMMON,
    "policies": COMMON,
    "resources": set[str](),
    "outbound": set[str](),
    "tracing": set[str](),
    "telemetry": {"tracing"},
    "limits": {"texts"},
    "wire": COMMON,
    "plaintext": COMMON,
    "search": {"wire", "plaintext", *COMMON},
    "markdown": {"search", "wire", "plaintext", *COMMON},
    "assistants": {"events", "outbound", "tracing", *TOOLS},
    "cluster": {"events", *COMMON},
    "accounts": {"availability", "limits", "outbound", "plaintext", *COMMON},
    "documents": {"assistants", *SERVICES, *TOOLS},
    "chat": {"assistants", "limits", "tracing", *SERVICES, *TOOLS},
    "storage": {
        "accounts",
        "assistants",
        "availability",
        "chat",
        "cluster",
        "documents",
        "durations",
        "outbound",
        *TOOLS,
    },
    "administration": {"accounts", "config", "serving", "storage", *COMMON},
    "config": {"events", "errors", "limits"},
    "backup": {"config", "copying", "errors", "resources", "storage"},
    "copying": {"config", "documents", "events", "serving", "storage", *COMMON},
    "check": {
        "accounts",
        "assistants",
        "cluster",
        "config",
        "events",
        "serving",
        "storage",
        "telemetry",
        *COMMON,
    },
}
"""The rooms that each room may import; what is not named here (web, app, cli) may import all."""

FRAMEWORKS = ("quart", "quart_schema", "werkzeug", "hypercorn", "flask")
WITH_FRAMEWORK = (
    *("quart_chat.app", "quart_chat.cli", "quart_chat.web"),
    *("quart_chat.events.hypercorn", "quart_chat.events.quart"),
)


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported(path: Path) -> set[str]:
    """All that a module imports, wherever the import stands, by the modules' full names."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            assert node.module is not None
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                names.add(name if name in MODULES else node.module)
    return names


@cache
def graph() -> dict[str, set[str]]:
    return {name: imported(path) - {name} for name, path in MODULES.items()}


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def room(name: str) -> str:
    return name.split(".")[1] if "." in name else ""


def test_there_is_no_circle() -> None:
    own = {name: {other for other in used if other in MODULES} for name, used in graph().items()}
    try:
        TopologicalSorter(own).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


@pytest.mark.parametrize("name", BELOW)
def test_a_room_imports_only_what_is_below_it(name: str) -> None:
    wrong = {
        f"{module} imports {other}"
        for module, used in graph().items()
        if room(module) == name
        for other in used
        if is_within(other, "quart_chat") and room(other) not in BELOW[name] | {name}
    }
    assert not wrong, "\n".join(sorted(wrong))


def test_every_room_has_its_place() -> None:
    rooms = {room(name) for name in MODULES} - {""}
    assert rooms == {*BELOW, "web", "app", "cli"}


def test_a_folder_holds_no_more_than_one_can_look_over() -> None:
    modules = Counter(path.parent.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))
    assert {str(folder): count for folder, count in modules.items() if count > 16} == {}


def test_only_the_outermost_rooms_know_a_web_framework() -> None:
    wrong = {
        f"{module} imports {other}"
        for module, used in graph().items()
        if module != "quart_chat" and not any(is_within(module, p) for p in WITH_FRAMEWORK)
        for other in used
        if any(is_within(other, framework) for framework in FRAMEWORKS)
    }
    assert not wrong, "\n".join(sorted(wrong))


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
    """.format(blocked={*FRAMEWORKS, "h11", "starlette"})
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
