"""The questions in ``asked.toml``, put to a Librarian with the documents in ``papers``.

Run as a program, ``python -m tests.assistants.librarian.asked``, it prints the table of figures and
every question that failed, except those that are held out.
"""

from __future__ import annotations

import asyncio
import tempfile
import tomllib
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from quart_chat.assistants.librarian.assistant import Librarian, build_handbook
from quart_chat.assistants.protocol import Source, Turn
from quart_chat.search.ranking import analysis, fusion
from quart_chat.search.ranking.analysis import collect
from quart_chat.storage.sqlite.chats.search import SearchableChats
from tests.assistants.conftest import HANDBOOK, ask
from tests.documents.conftest import Library, open_library

HERE = Path(__file__).parent
ASKED = tomllib.loads((HERE / "asked.toml").read_text("utf-8"))
PAPERS = sorted((HERE / "papers").iterdir())
GERMAN_PAPERS = frozenset(
    {
        "Kartoffelgratin.md",
        "Protokoll Elternabend.md",
        "Rechnung 2025-118.txt",
        "Waschmaschine Anleitung.md",
        "Wohnungsmietvertrag.md",
    }
)
HELD_OUT_NOWHERE = 12
"""So many of the questions about nothing, the first, are held out."""


@dataclass(frozen=True)
class Asked:
    """A question and what has to be quoted first; one without a page or paper has no answer.

    Attributes:
        held_out: Whether nothing is tuned with it.
        second: Whether it is of the second set, which is held out and counted apart.
    """

    ask: str
    says: str = ""
    page: str = ""
    paper: str = ""
    after: tuple[str, ...] = ()
    held_out: bool = False
    second: bool = False

    @property
    def is_german(self) -> bool:
        return self.page.startswith("de/") or self.paper in GERMAN_PAPERS

    def is_answered_by(self, sources: tuple[Source, ...]) -> bool:
        return bool(sources) and self._is_place_of(sources[0]) and self._is_in(sources[0].quote)

    def _is_place_of(self, source: Source) -> bool:
        if self.paper:
            return source.title == self.paper
        place = source.url.removeprefix("/handbook/").partition("#")[0] or "index"
        return source.url.startswith("/handbook/") and place in self.page.split()

    def _is_in(self, text: str) -> bool:
        return any(part.lower() in text.lower() for part in self.says.split("|"))


def questions() -> Iterator[Asked]:
    """Those that have an answer, without those of the second set."""
    for name in ("held_out", "product", "documents"):
        for given in ASKED[name]:
            yield _read(given, held_out=name == "held_out")


def second_set() -> Iterator[Asked]:
    """Those of the second set: first the ones that have an answer."""
    for given in (*ASKED["second"], *ASKED["second_nowhere"]):
        yield replace(_read(given, held_out=True), second=True)


def nowhere() -> Iterator[Asked]:
    """Those that have none."""
    for number, given in enumerate(ASKED["nowhere"]):
        yield _read(given, held_out=number < HELD_OUT_NOWHERE)


def _read(given: dict[str, Any], *, held_out: bool) -> Asked:
    return Asked(**{**given, "after": tuple(given.get("after", ()))}, held_out=held_out)


@dataclass
class Figures:
    """How many were asked and how many came out right, by group."""

    asked: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def count(self, groups: list[str], fault: str = "") -> None:
        self.asked.update(groups)
        if fault:
            self.faults.append(fault)
        else:
            self.right.update(groups)


GROUPS = (
    "all",
    "product",
    "documents",
    "English",
    "German",
    "follow-ups",
    "held out",
    "nothing",
    "nothing, held out",
    "second set",
    "nothing, second set",
)


async def measure(librarian: Librarian) -> Figures:
    """Ask everything; a fault of a question that is held out isn't named."""
    figures = Figures()
    for question in (*questions(), *nowhere(), *second_set()):
        sources = await _sources(librarian, question)
        right = question.is_answered_by(sources) if question.says else not sources
        got = f"{sources[0].url} {sources[0].quote[:70]!r}" if sources else "nothing"
        fault = "(held out)" if question.held_out else f"{question.ask} <- {got}"
        figures.count(_groups(question), "" if right else fault)
    return figures


def _groups(question: Asked) -> list[str]:
    if question.second:
        return ["second set" if question.says else "nothing, second set"]
    held_out = ["held out"] if question.held_out else []
    if not question.says:
        return ["nothing", *(f"nothing, {name}" for name in held_out)]
    return [
        "all",
        "documents" if question.paper else "product",
        "German" if question.is_german else "English",
        *(["follow-ups"] if question.after else []),
        *held_out,
    ]


async def _sources(librarian: Librarian, question: Asked) -> tuple[Source, ...]:
    history: tuple[Turn, ...] = ()
    for prompt in question.after:
        answer = await ask(librarian, prompt, history=history)
        history += (Turn("user", prompt), Turn("assistant", answer.text))
    return (await ask(librarian, question.ask, history=history)).sources


@contextmanager
def without_vectors() -> Iterator[None]:
    """What is searched within finds no word vectors, as where the extra is not installed."""
    build_handbook.cache_clear()
    collect.cache_clear()
    with patch.object(analysis, "load_vectors", _none), patch.object(fusion, "load_vectors", _none):
        yield
    build_handbook.cache_clear()
    collect.cache_clear()


def _none() -> None:
    return None


@asynccontextmanager
async def open_librarian(library: Library) -> AsyncGenerator[Librarian]:
    """A Librarian over the documents of a library."""
    chats = SearchableChats(library.database)
    async with Librarian(HANDBOOK, chats, library.search) as librarian:
        yield librarian


async def measure_both() -> tuple[Figures, Figures]:
    """The figures with word vectors, where they are installed, and those without."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_library(Path(folder)) as library:
            for path in PAPERS:
                await library.read(path.name, path.read_bytes())
            async with open_librarian(library) as librarian:
                with_vectors = await measure(librarian)
            with without_vectors():
                async with open_librarian(library) as librarian:
                    return with_vectors, await measure(librarian)


async def main() -> None:
    with_vectors, without = await measure_both()
    print(*with_vectors.faults, *rows(with_vectors, without), sep="\n")  # noqa: T201 - a program


def rows(with_vectors: Figures, without: Figures) -> list[str]:
    """The rows of the table: what was asked, and what came out right with vectors and without."""
    return [
        f"| {group} | {without.asked[group]} | {with_vectors.right[group]}"
        f" | {without.right[group]} |"
        for group in GROUPS
    ]


if __name__ == "__main__":
    asyncio.run(main())
