"""Where assistants are found, and what is said where one can't be offered."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from quart_chat.assistants import InvalidAssistant, Output, Question, assistant
from quart_chat.assistants.registry import collect_assistants

SOURCE = """
from quart_chat.assistants import assistant

@assistant({name!r})
async def answer(question):
    yield "Yes"
"""


@assistant("given")
async def given(question: Question) -> AsyncIterator[Output]:
    yield question.prompt


class Whole:
    name = "whole"
    title = "Whole"

    async def answer(self, question: Question) -> AsyncGenerator[Output, None]:
        yield question.prompt


class Nameless(Whole):
    name = ""


class Silent(Whole):
    async def answer(self, question: Question) -> str:  # type: ignore[override]  # what is refused
        return question.prompt


class Module:
    """A file that can be imported."""

    def __init__(self, folder: Path, source: str) -> None:
        self.name = f"assistant_{uuid4().hex}"
        self.path = folder / f"{self.name}.py"
        self.path.write_text(source)

    def install(self, folder: Path, point: str, attribute: str) -> None:
        """Lay a distribution beside the file that names it in an entry point."""
        info = folder / f"{self.name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {self.name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(
            f"[quart_chat.assistants]\n{point} = {self.name}:{attribute}\n"
        )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that modules are imported from."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def names(given: Any = (), named: Any = ()) -> list[str]:
    return [found.name for found in collect_assistants(given, named)]


def refusal(given: Any = (), named: Any = ()) -> str:
    with pytest.raises(InvalidAssistant) as error:
        collect_assistants(given, named)
    return str(error.value)


def test_given_ones_come_before_those_that_are_named_and_those_that_are_installed(
    folder: Path,
) -> None:
    Module(folder, SOURCE.format(name="installed")).install(folder, "x", "answer")
    named = Module(folder, SOURCE.format(name="named"))
    found = names([given, Whole()], [f"{named.name}:answer"])
    assert found == ["given", "whole", "named", "installed"]


def test_one_that_is_found_twice_is_offered_once(folder: Path) -> None:
    module = Module(folder, SOURCE.format(name="twice"))
    module.install(folder, "twice", "answer")
    assert names([], [f"{module.name}:answer"]) == ["twice"]


def test_a_name_that_is_taken_is_refused_with_both_places(folder: Path) -> None:
    module = Module(folder, SOURCE.format(name="given"))
    assert refusal([given], [f"{module.name}:answer"]) == (
        f"QUART_CHAT_ASSISTANTS={module.name}:answer: the name 'given' is taken by the one from"
        " create_app(assistants=...)."
    )


@pytest.mark.parametrize("name", ["librarian", "model"])
def test_the_name_of_a_built_in_one_is_refused(name: str) -> None:
    assert "is a built-in one's" in refusal([assistant(name)(given.function)])


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        (given.function, "put @assistant(name) above the function."),
        (Whole, "it is the class Whole; make an instance of it."),
        (7, "it is 7, and no assistant."),
        (None, "it is None, and no assistant."),
        (Nameless(), "its name is ''; expected"),
        (Silent(), "its answer never yields"),
    ],
)
def test_what_is_no_assistant_is_refused(candidate: Any, reason: str) -> None:
    assert refusal([candidate]).startswith(f"create_app(assistants=...): {reason}")


@pytest.mark.parametrize("place", ["clock", "clock:", ":clock"])
def test_a_setting_names_a_module_and_an_attribute(place: str) -> None:
    assert "expected module:attribute" in refusal([], [place])


def test_a_module_that_is_not_there_is_named() -> None:
    assert refusal([], ["no_such_module:answer"]) == (
        "QUART_CHAT_ASSISTANTS=no_such_module:answer: it can't be imported."
        " ModuleNotFoundError: No module named 'no_such_module'"
    )


def test_an_attribute_that_is_not_there_is_named_with_the_file(folder: Path) -> None:
    module = Module(folder, "")
    assert refusal([], [f"{module.name}:answer"]).endswith(f"{module.path} has no 'answer'.")


def test_a_module_that_fails_is_named_with_the_line(folder: Path) -> None:
    module = Module(folder, "x = 1\nx / 0\n")
    assert refusal([], [f"{module.name}:answer"]).endswith(
        f"ZeroDivisionError: division by zero ({module.path}:2)"
    )


def test_a_wrong_definition_in_a_module_is_said_in_its_own_words(folder: Path) -> None:
    module = Module(folder, SOURCE.format(name="Wrong"))
    assert f"@assistant('Wrong') in {module.path}:4: its name is" in refusal(
        [], [f"{module.name}:answer"]
    )


def test_an_installed_one_that_fails_is_named_with_its_package(folder: Path) -> None:
    module = Module(folder, "")
    module.install(folder, "mine", "answer")
    assert refusal().startswith(
        f"entry point 'mine' of {module.name} 1.0 ({module.name}:answer): {module.path} has no"
    )
