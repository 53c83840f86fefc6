"""A message with several questions: each is searched for by itself, and what is found is joined."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from itertools import chain, zip_longest

from quart_chat.assistants.librarian.corpora import Corpus
from quart_chat.assistants.librarian.phrases import Sentences
from quart_chat.assistants.librarian.retrieval import (
    SEARCH,
    Comparison,
    FoundPassage,
    Retrieved,
    retrieve,
)
from quart_chat.assistants.protocol import Question, Step, Turn
from quart_chat.search.passages import place_of
from quart_chat.search.questions.reading import ReadQuestion
from quart_chat.search.questions.several import split_questions

Read = Callable[[Question], ReadQuestion]


async def retrieve_each(
    corpora: Sequence[Corpus],
    question: Question,
    read: Read,
    say: Sentences,
    most: int,
    comparison: Comparison | None = None,
) -> AsyncGenerator[Step | Retrieved, None]:
    """Search for each question of a message; for the message as a whole where none is answered.

    Yields a step for all that is done, and at last what was found: so many passages at most.
    """
    parts = split_questions(question.prompt)
    retrieved: list[Retrieved] = []
    for number, part in enumerate(parts) if len(parts) > 1 else ():
        asked = replace(question, prompt=part)
        found = Retrieved((), (), (), ())
        for reading in (read(asked), _in_context(part, question, parts[:number], retrieved, read)):
            if found.found:
                break
            async for done in retrieve(corpora, asked, reading, say, most, comparison):
                if isinstance(done, Retrieved):
                    found = done
                elif done.key != SEARCH:
                    yield replace(done, key=f"{done.key} {number}")
                elif not number and done.status == "running":
                    yield done
        retrieved.append(found)
    if any(each.found for each in retrieved):
        joined = _join(parts, retrieved, most)
        yield joined.sum_up(len(joined.found))
        yield joined
        return
    async for done in retrieve(corpora, question, read(question), say, most, comparison):
        yield done


def _in_context(
    part: str,
    question: Question,
    before: Sequence[str],
    retrieved: Sequence[Retrieved],
    read: Read,
) -> ReadQuestion:
    """A question after those before it in the message: "when is it due?"."""
    turns = tuple(Turn("user", part) for part in before)
    # As a question that goes on is read: "and when is it due?".
    going_on = f"{retrieved[0].say.last_and.strip()} {part}" if retrieved else part
    reading = read(replace(question, prompt=going_on, history=(*question.history, *turns)))
    found = retrieved[-1].found if retrieved else ()
    place = place_of(found[0].passage.url) if found else ""
    return replace(reading, last_place=place) if reading.before else reading


def _join(parts: Sequence[str], retrieved: Sequence[Retrieved], most: int) -> Retrieved:
    """The first passage for each question, then the second ones, in the order of the questions."""
    each = [one.found for one in retrieved]
    in_turn = chain.from_iterable(zip_longest(*each))
    kept: list[FoundPassage] = []
    for found in filter(None, in_turn):
        # One sentence may answer two questions.
        if not any(found.passage == one.passage and found.shown in one.shown for one in kept):
            kept.append(found)
    kept = kept[:most]
    kept.sort(key=lambda found: next(n for n, founds in enumerate(each) if found in founds))
    first = next(one for one in retrieved if one.found)
    return replace(
        first,
        found=tuple(kept),
        near=tuple(dict.fromkeys(passage for one in retrieved for passage in one.near)),
        unknown=tuple(dict.fromkeys(word for one in retrieved for word in one.unknown)),
        read_again=any(one.read_again for one in retrieved),
        missed=tuple(part for part, one in zip(parts, retrieved, strict=True) if not one.found),
    )
