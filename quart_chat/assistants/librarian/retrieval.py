"""From a question to the passages that answer it, corpus by corpus."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from quart_chat.assistants.librarian.corpora import Corpus
from quart_chat.assistants.librarian.phrases import Sentences
from quart_chat.assistants.librarian.showing import choose_shown
from quart_chat.assistants.protocol import Question, Step
from quart_chat.search.passages import Passage
from quart_chat.search.question import ReadQuestion
from quart_chat.search.ranking.analysis import Collection
from quart_chat.search.ranking.fusion import EMBEDDINGS, MOST, Ranking, fuse, rank, rank_by_vectors
from quart_chat.search.ranking.relevance import Hit, Judgement, judge

MAX_PASSAGES = 3
# A further passage is given while its place in the order is at least this share of the first one's.
ORDER_SHARE = 0.55
# What the chats lose beside other texts: what was said once is less than what is written down.
CHATS = -0.15


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage that answers the question, its corpus, and the part of it that is shown."""

    corpus: str
    passage: Passage
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What the texts have on a question.

    Attributes:
        found: Passages that answer it, best first.
        near: Others that touch on it, best first.
        unknown: The words that occur nowhere.
        corpora: The names of the corpora that were searched.
        read_again: Whether words were read as others like them.
    """

    found: tuple[FoundPassage, ...]
    near: tuple[Passage, ...]
    unknown: tuple[str, ...]
    corpora: tuple[str, ...]
    read_again: bool = False


class Embeddings(Protocol):
    """Compares texts by their meaning."""

    async def compare(self, question: str, texts: Sequence[str]) -> list[float] | None:
        """How near each text is to the question; None where that can't be told now."""
        ...


@dataclass(frozen=True, slots=True)
class Comparison:
    """Embeddings, and whether they may be given documents that a question doesn't name."""

    embeddings: Embeddings
    unasked: bool


@dataclass
class _Searched:
    """The corpora that serve a question, and their texts."""

    corpora: list[Corpus] = field(default_factory=list)
    collections: list[Collection] = field(default_factory=list)


async def retrieve(
    corpora: Sequence[Corpus],
    question: Question,
    read: ReadQuestion,
    say: Sentences,
    most: int = MAX_PASSAGES,
    comparison: Comparison | None = None,
) -> AsyncGenerator[Step | Retrieved, None]:
    """Search the corpora, and say what for and what came of it.

    Yields a step for all that is done, and at last what was found: so many passages at most.
    """
    names = ", ".join(word.text for word in read.subjects)
    searched = _Searched()
    for corpus in corpora:
        if await corpus.serves(question):
            place = say.places[corpus.name]
            yield Step(corpus.name, say.searching.format(place=place, terms=names))
            searched.corpora.append(corpus)
            searched.collections.append(await corpus.collect(question, read, say))
    priors = [CHATS if corpus.name == "chats" else 0.0 for corpus in searched.corpora]
    judgement, rankings = await asyncio.to_thread(_judge, read, searched.collections, priors)
    if comparison:
        rankings += await _rank_by_comparison(comparison, question, read, judgement, searched)
    judgement = fuse(judgement, rankings)
    if judgement.respelled:
        yield Step("spelling", _explain(judgement, say), "completed")
    for number, corpus in enumerate(searched.corpora):
        yield Step(corpus.name, _result(judgement, number, corpus.name, names, say), "completed")
    yield _gather(judgement, searched, read, most)


def _judge(
    read: ReadQuestion, collections: Sequence[Collection], priors: Sequence[float]
) -> tuple[Judgement, tuple[Ranking, ...]]:
    return judge(read, collections, priors), rank_by_vectors(read, collections)


async def _rank_by_comparison(
    comparison: Comparison,
    question: Question,
    read: ReadQuestion,
    judgement: Judgement,
    searched: _Searched,
) -> tuple[Ranking, ...]:
    """Rank the first hits by an endpoint's embeddings; chats are never sent to it."""
    allowed = {"handbook"}
    if comparison.unasked or question.document_ids:
        allowed.add("documents")
    hits = [hit for hit in judgement.hits[:MOST] if searched.corpora[hit.corpus].name in allowed]
    texts = [_whole(searched.collections[hit.corpus].passages[hit.number].passage) for hit in hits]
    values = await comparison.embeddings.compare(read.in_context, texts)
    if values is None:
        return ()
    places = {(hit.corpus, hit.number): value for hit, value in zip(hits, values, strict=True)}
    return (Ranking(EMBEDDINGS, rank(places), is_of_all=False),)


def _whole(passage: Passage) -> str:
    return "\n".join((passage.title, *passage.headings, passage.text))


def _result(judgement: Judgement, number: int, corpus: str, names: str, say: Sentences) -> str:
    hits = [hit for hit in judgement.hits if hit.corpus == number]
    found = sum(hit.corpus == number for hit in judgement.found)
    result = say.searched.format(
        place=say.places[corpus],
        terms=names,
        found=found,
        near=len(hits) - found,
        best=max((hit.coverage for hit in hits), default=0.0),
    )
    return result[0].upper() + result[1:]


def _gather(judgement: Judgement, searched: _Searched, read: ReadQuestion, most: int) -> Retrieved:
    found = judgement.found
    best = max((hit.order for hit in found), default=0.0)
    given = [hit for hit in found if hit is found[0] or hit.order >= best * ORDER_SHARE][:most]
    names = [corpus.name for corpus in searched.corpora]
    near = [hit for hit in judgement.near if names[hit.corpus] != "chats"]
    return Retrieved(
        tuple(_show(hit, names, searched, read) for hit in given),
        tuple(searched.collections[hit.corpus].passages[hit.number].passage for hit in near),
        tuple(word.text for word in judgement.unknown),
        tuple(names),
        bool(judgement.respelled),
    )


def _show(hit: Hit, names: Sequence[str], searched: _Searched, read: ReadQuestion) -> FoundPassage:
    analysed = searched.collections[hit.corpus].passages[hit.number]
    shown = choose_shown(analysed, hit.unit, asks_for_fact=read.expected is not None)
    return FoundPassage(names[hit.corpus], analysed.passage, shown)


def _explain(judgement: Judgement, say: Sentences) -> str:
    return "; ".join(
        say.read_as.format(term=word.text, words=", ".join(f"“{other}”" for other in others))
        for word, others in judgement.respelled.items()
    )
