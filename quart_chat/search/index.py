"""A full-text index over passages, in memory: SQLite FTS5 on a thread of its own."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from functools import lru_cache

import aiosqlite

from quart_chat.search.folding import TOKENIZER, index_form
from quart_chat.search.fts5 import any_of, any_trigram, match
from quart_chat.search.passages import Passage
from quart_chat.search.ranking import DocumentFrequencies, Match, Verdict, judge
from quart_chat.search.spelling import SIMILAR_WORDS, words_of
from quart_chat.search.words import Term, fold
from quart_chat.search.words import terms as terms_of

# Porter's stemmer finds "resumes" for "resuming".
_SCHEMA = f"""
CREATE VIRTUAL TABLE passages USING fts5(path, heading, body, tokenize = "porter {TOKENIZER}")
"""
# A word in a passage's own heading says most about it, and one in the headings above says more than
# one in its text.
_RANKED = "SELECT rowid, -bm25(passages, 3, 8, 1) FROM passages WHERE passages MATCH ?"
_PLACES = "SELECT rowid FROM passages WHERE passages MATCH ?"


_WORDS = """
CREATE VIRTUAL TABLE words USING fts5(folded, word UNINDEXED, tokenize = "trigram")
"""
_SIMILAR = "SELECT word FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?"


class PassageIndex:
    """Searches a fixed list of passages, in order. Made by :func:`open_index`."""

    def __init__(self, database: aiosqlite.Connection, passages: Sequence[Passage]) -> None:
        self._database = database
        self._heading_sizes = [_size(_heading(passage)) for passage in passages]
        below = Counter[tuple[str, ...]]()
        self._places_below = [_count(below, _path(passage)) for passage in passages]
        self.passages = passages

    async def search(
        self, terms: Sequence[Term], frequencies: DocumentFrequencies | None = None
    ) -> Verdict:
        """What the passages have on the terms, of which there must be one at least."""
        rows = await self._database.execute_fetchall(_RANKED, (any_of(terms),))
        anywhere = {term: await self._places(match(term)) for term in terms}
        in_path = {term: await self._places(f"{{path heading}} : {match(term)}") for term in terms}
        in_heading = {term: await self._places(f"heading : {match(term)}") for term in terms}

        def held(number: int, places: dict[Term, set[int]]) -> frozenset[Term]:
            return frozenset(term for term in terms if number in places[term])

        matches = [
            Match(
                number,
                rank,
                covered=held(number, anywhere),
                in_path=held(number, in_path),
                in_heading=held(number, in_heading),
                heading_size=self._heading_sizes[number],
                place=self._places_below[number],
            )
            for number, rank in rows
        ]
        return judge(terms, matches, len(self.passages), frequencies)

    async def similar_words(self, trigrams: Sequence[str]) -> list[str]:
        """The words of the passages that share some of the trigrams, the best first."""
        parameters = any_trigram(trigrams), SIMILAR_WORDS
        rows = await self._database.execute_fetchall(_SIMILAR, parameters)
        return [row[0] for row in rows]

    async def _places(self, query: str) -> set[int]:
        return {row[0] for row in await self._database.execute_fetchall(_PLACES, (query,))}


@dataclass(frozen=True)
class BuiltIndex:
    """Passages and an image of the database that indexes them, to be opened any number of times."""

    passages: Sequence[Passage]
    image: bytes


def build_index(passages: Sequence[Passage], *, vocabulary: bool = False) -> BuiltIndex:
    """Index the passages, and their words if they are asked for."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(_SCHEMA)
        database.executemany(
            "INSERT INTO passages (rowid, path, heading, body) VALUES (?, ?, ?, ?)",
            [
                (number, *map(index_form, _columns(passage)))
                for number, passage in enumerate(passages)
            ],
        )
        if vocabulary:
            known = {word for passage in passages for word in words_of(_whole(passage))}
            database.execute(_WORDS)
            database.executemany(
                "INSERT INTO words (folded, word) VALUES (?, ?)",
                [(fold(word), word) for word in sorted(known)],
            )
        database.commit()
        return BuiltIndex(passages, database.serialize())


@asynccontextmanager
async def open_index(built: BuiltIndex) -> AsyncGenerator[PassageIndex]:
    """Open an index for as long as the block lasts."""

    def load() -> sqlite3.Connection:
        database = sqlite3.connect(":memory:")
        database.deserialize(built.image)
        return database

    async with aiosqlite.Connection(load, iter_chunk_size=64) as database:
        yield PassageIndex(database, built.passages)


def _count(counter: Counter[tuple[str, ...]], key: tuple[str, ...]) -> int:
    counter[key] += 1
    return counter[key]


@lru_cache(maxsize=1024)
def _size(heading: str) -> int:
    """How many words of a heading are no stop words."""
    return sum(term.size for term in terms_of(heading))


def _whole(passage: Passage) -> str:
    return "\n".join((*_path(passage), passage.text))


def _columns(passage: Passage) -> tuple[str, str, str]:
    return "\n".join(_path(passage)[:-1]), _heading(passage), passage.text


def _path(passage: Passage) -> tuple[str, ...]:
    return (passage.title, *passage.headings)


def _heading(passage: Passage) -> str:
    return _path(passage)[-1]
