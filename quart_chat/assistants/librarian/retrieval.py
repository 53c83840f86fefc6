"""From a question to the passages that cover it, shelf by shelf."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace

from quart_chat.assistants.librarian.corpora import Corpus, Search
from quart_chat.assistants.librarian.phrases import Sentences
from quart_chat.assistants.protocol import Question, Step
from quart_chat.search.passages import Passage
from quart_chat.search.ranking import Hit
from quart_chat.search.spelling import suggest, trigrams_of
from quart_chat.search.words import Term, language

MAX_PASSAGES = 3
# A further passage is given while its rank is at least this share of the first one's.
RANK_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage that covers the question, and the shelf it stands on."""

    corpus: str
    passage: Passage


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What the shelves have on a question.

    Attributes:
        found: Passages that cover it, best first.
        near: Others that touch on it, best first.
        unknown: The terms that occur nowhere.
        corpora: The names of the shelves that were searched.
        read_again: Whether it was found by reading terms as others like them.
    """

    found: tuple[FoundPassage, ...]
    near: tuple[Passage, ...]
    unknown: tuple[Term, ...]
    corpora: tuple[str, ...]
    read_again: bool = False


async def retrieve(
    corpora: Sequence[Corpus],
    question: Question,
    wanted: Sequence[Term],
    say: Sentences,
    most: int = MAX_PASSAGES,
) -> AsyncGenerator[Step | Retrieved, None]:
    """Search the shelves, and once more for what may be meant where nothing is found.

    Yields a step for all that is done, and at last what was found: so many passages at most.
    """
    serving = [corpus for corpus in corpora if await corpus.serves(question)]
    searches: list[Search] = []
    async for done in _search(serving, question, wanted, say, ""):
        if isinstance(done, Step):
            yield done
        else:
            searches = done
    retrieved = _gather(searches, most)
    if not retrieved.found:
        read_as = await _read_again(serving, question, wanted, retrieved.unknown)
        if read_as:
            yield Step("spelling", _explain(read_as, say), "completed")
            meaning = [
                replace(term, spellings=(*term.spellings, *read_as.get(term, ())))
                for term in wanted
            ]
            async for done in _search(serving, question, meaning, say, "-again"):
                if isinstance(done, Step):
                    yield done
                else:
                    searches = done
            again = _gather(searches, most)
            if again.found:
                retrieved = replace(again, unknown=retrieved.unknown, read_again=True)
    yield retrieved


async def _search(
    corpora: Sequence[Corpus],
    question: Question,
    wanted: Sequence[Term],
    say: Sentences,
    suffix: str,
) -> AsyncGenerator[Step | list[Search], None]:
    names = ", ".join(term.text for term in wanted)
    searches = []
    for corpus in corpora:
        key, place = f"{corpus.name}{suffix}", say.places[corpus.name]
        yield Step(key, say.searching.format(place=place, terms=names))
        search = await corpus.search(question, wanted, say)
        verdict = search.verdict
        result = say.searched.format(
            place=place,
            terms=names,
            found=len(verdict.found),
            near=len(verdict.near),
            best=verdict.best,
        )
        yield Step(key, result[0].upper() + result[1:], "completed")
        searches.append(search)
    yield searches


def _gather(searches: Sequence[Search], most: int) -> Retrieved:
    """The passages to give: those that cover most first, and the chats' after all others'."""
    ranked: list[tuple[tuple[float, bool, float], FoundPassage]] = []
    near: list[tuple[tuple[float, float], Passage]] = []
    for search in searches:
        hits = search.verdict.found
        chats = search.corpus == "chats"
        ranked += [
            (
                (-hit.coverage, chats, -hit.rank),
                FoundPassage(search.corpus, search.passages[hit.number]),
            )
            for hit in hits
            if hit.rank >= hits[0].rank * RANK_SHARE
        ]
        if not chats:
            near += [(_order(hit), search.passages[hit.number]) for hit in search.verdict.near]
    ranked.sort(key=lambda entry: entry[0])
    near.sort(key=lambda entry: entry[0])
    unknown = [set(search.verdict.unknown) for search in searches]
    return Retrieved(
        tuple(found for _, found in ranked[:most]),
        tuple(passage for _, passage in near),
        tuple(
            term
            for term in (searches[0].verdict.unknown if searches else ())
            if all(term in others for others in unknown)
        ),
        tuple(search.corpus for search in searches),
    )


def _order(hit: Hit) -> tuple[float, float]:
    return -hit.coverage, -hit.rank


async def _read_again(
    corpora: Sequence[Corpus],
    question: Question,
    wanted: Sequence[Term],
    unknown: Sequence[Term],
) -> dict[Term, list[str]]:
    """What each term may stand for."""
    spoken = language(question.prompt)
    read_as: dict[Term, list[str]] = {}
    for term in wanted:
        trigrams = trigrams_of(term.text)
        if not trigrams:
            continue
        known: dict[str, None] = {}
        for corpus in corpora:
            known.update(dict.fromkeys(await corpus.similar_words(question, trigrams)))
        if words := suggest(term.text, known, spoken, allow_typos=term in unknown):
            read_as[term] = words
    return read_as


def _explain(read_as: dict[Term, list[str]], say: Sentences) -> str:
    return "; ".join(
        say.read_as.format(term=term.text, words=", ".join(f"“{word}”" for word in words))
        for term, words in read_as.items()
    )
