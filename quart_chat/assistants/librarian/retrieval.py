"""From a question to the passages that answer it, corpus by corpus."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from quart_chat.assistants.librarian.corpora import Corpus
from quart_chat.assistants.librarian.phrases import SENTENCES, Sentences
from quart_chat.assistants.librarian.showing import choose_shown
from quart_chat.assistants.protocol import Question, Step
from quart_chat.search.passages import Passage
from quart_chat.search.questions.reading import ReadQuestion
from quart_chat.search.ranking.analysis import Collection
from quart_chat.search.ranking.fusion import EMBEDDINGS, MOST, Ranking, fuse, rank, rank_by_vectors
from quart_chat.search.ranking.judgement import Hit, Judgement
from quart_chat.search.ranking.relevance import judge
from quart_chat.search.words import Language

SEARCH = "search"
"""The step that tells of the whole search, in one line; its parts have the details."""
MAX_PASSAGES = 3
# A further passage is given while its place in the order is at least this share of the first one's.
ORDER_SHARE = 0.55
# What the chats lose beside other texts: what was said once is less than what is written down.
CHATS = -0.15
# What documents gain where a time, an amount or a name is asked for: they have more of these than
# the handbook, which has the same words about something else.
FACTS = 0.15


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
        chosen: Whether the person has chosen the documents.
        say: The sentences in the language of the question.
        missed: Of several questions in a message those that no passage answers.
    """

    found: tuple[FoundPassage, ...]
    near: tuple[Passage, ...]
    unknown: tuple[str, ...]
    corpora: tuple[str, ...]
    read_again: bool = False
    chosen: bool = False
    say: Sentences = SENTENCES[Language.ENGLISH]
    missed: tuple[str, ...] = ()

    def sum_up(self, count: int) -> Step:
        """The step of the whole search, with the number of passages that were of use."""
        places = _places(self.corpora or ("documents",), chosen=self.chosen)
        return Step(SEARCH, self.say.sum_up(places, count), "completed")


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

    corpora: Sequence[Corpus]
    collections: list[Collection] = field(default_factory=list)


async def find_serving(corpora: Sequence[Corpus], question: Question) -> list[Corpus]:
    """The corpora that are to be searched for a question."""
    return [corpus for corpus in corpora if await corpus.serves(question)]


async def retrieve(
    corpora: Sequence[Corpus],
    question: Question,
    read: ReadQuestion,
    say: Sentences,
    most: int = MAX_PASSAGES,
    comparison: Comparison | None = None,
) -> AsyncGenerator[Step | Retrieved, None]:
    """Search corpora that serve a question, and say what for and what came of it.

    Yields a step for all that is done, and at last what was found: so many passages at most.
    """
    searched = _Searched(corpora)
    chosen = bool(question.document_ids)
    if not searched.corpora and not chosen:
        yield Retrieved((), (), (), (), say=say)
        return
    if searched.corpora:
        names = [corpus.name for corpus in searched.corpora]
        yield Step(SEARCH, say.search(_places(names, chosen=chosen)))
    for corpus in searched.corpora:
        searched.collections.append(await corpus.collect(question, read, say))
    gains = {"chats": CHATS, "documents": FACTS if read.expected else 0.0}
    priors = [gains.get(corpus.name, 0.0) for corpus in searched.corpora]
    judgement, rankings = await asyncio.to_thread(_judge, read, searched.collections, priors)
    if comparison:
        rankings += await _rank_by_comparison(comparison, question, read, judgement, searched)
    judgement = fuse(judgement, rankings)
    retrieved = replace(_gather(judgement, searched, read, most), chosen=chosen, say=say)
    if searched.corpora:
        for key, message in _details(read, judgement, retrieved):
            yield Step(key, message, "completed", parent=SEARCH)
        yield retrieved.sum_up(len(retrieved.found))
    yield retrieved


def _places(names: Sequence[str], *, chosen: bool) -> list[str]:
    """What was searched, as people know it."""
    return ["chosen" if chosen and name == "documents" else name for name in names]


def _details(
    read: ReadQuestion, judgement: Judgement, retrieved: Retrieved
) -> Iterator[tuple[str, str]]:
    """The parts of a search, each with its key: what was looked for, and what was found where."""
    say = retrieved.say
    if terms := ", ".join(word.text for word in read.subjects):
        yield "terms", say.looked_for.format(terms=terms)
    if judgement.respelled:
        yield "spelling", _explain(judgement, say)
    for name, place in zip(
        retrieved.corpora, _places(retrieved.corpora, chosen=retrieved.chosen), strict=True
    ):
        count = sum(found.corpus == name for found in retrieved.found)
        label = say.names[place]
        yield (
            name,
            say.in_place.format(place=label[0].upper() + label[1:], found=say.count(count)),
        )


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


def _gather(judgement: Judgement, searched: _Searched, read: ReadQuestion, most: int) -> Retrieved:
    found = _in_one_language(judgement.found, searched, read)
    best = max((hit.order for hit in found), default=0.0)
    given = [hit for hit in found if hit is found[0] or hit.order >= best * ORDER_SHARE][:most]
    names = [corpus.name for corpus in searched.corpora]
    if given and read.expected and names[given[0].corpus] != "handbook":
        # A fact of a person's own texts: the handbook has the same words about something else.
        given = [hit for hit in given if names[hit.corpus] != "handbook"]
    near = [hit for hit in judgement.near if names[hit.corpus] != "chats"]
    return Retrieved(
        tuple(_show(hit, names, searched, read) for hit in given),
        tuple(searched.collections[hit.corpus].passages[hit.number].passage for hit in near),
        tuple(word.text for word in judgement.unknown),
        tuple(names),
        bool(judgement.respelled),
    )


def _in_one_language(
    found: Sequence[Hit], searched: _Searched, read: ReadQuestion
) -> Sequence[Hit]:
    """Leave out pages of the handbook in another language, where some are in the question's.

    Its pages say the same in each language. What a person's documents say is in one alone.
    """

    def spoken(hit: Hit) -> str:
        is_page = searched.corpora[hit.corpus].name == "handbook"
        return searched.collections[hit.corpus].passages[hit.number].language if is_page else ""

    wanted = str(read.answered_in)
    if all(spoken(hit) != wanted for hit in found):
        return found
    return [hit for hit in found if spoken(hit) in ("", wanted)]


def _show(hit: Hit, names: Sequence[str], searched: _Searched, read: ReadQuestion) -> FoundPassage:
    analysed = searched.collections[hit.corpus].passages[hit.number]
    shown = choose_shown(analysed, hit.unit, asks_for_fact=read.expected is not None)
    return FoundPassage(names[hit.corpus], analysed.passage, shown)


def _explain(judgement: Judgement, say: Sentences) -> str:
    return "; ".join(
        say.read_as.format(term=word.text, words=say.quote(others))
        for word, others in judgement.respelled.items()
    )
