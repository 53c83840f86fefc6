"""A question as it is understood: its words, what kind of answer it expects, what it follows up."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from quart_chat.search.questions.expected import Expected, read_expected
from quart_chat.search.questions.wording import GRAMMAR, Asked, read_words
from quart_chat.search.words import Language, language

CONTEXT = 0.5
"""Weight of a word that only the question before has, beside one of the question itself."""

# A question with so few words of its own is about what was asked before.
FEW_WORDS = 1
FEW_WITH_PRONOUN = 2

_POINTS_BACK = re.compile(
    r"\b(?:it|that|this|they|them|those|these|one|ones|there|its|their|es|das|sie|ihn|ihm|er|dort"
    r"|davon|dafür|darin|damit|wieder|dazu|hinein)\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"\s*(?:and|but|or|what about|und|aber|oder|was ist mit)\b", re.IGNORECASE)
_ASKS_HOW = re.compile(
    r"\bhow (?:do|can|could|should|would|to)\b"
    r"|\bwie (?:kann|soll|muss|\w+[et]) (?:ich|man|wir)\b|\bwie geht\b",
    re.IGNORECASE,
)
_IN_GERMAN = re.compile(r"\b(?:in german|auf deutsch)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReadQuestion:
    """What is looked for.

    Attributes:
        prompt: The question as it was typed.
        words: Its words, with those of the question before.
        expected: What an answer to it names, where that can be told.
        language: That of the question.
        answered_in: The language of the pages that answer it first.
        before: The question before, where it is understood with that; empty where it is not.
        last_place: The page or document that answered before; empty where there is none.
    """

    prompt: str
    words: tuple[Asked, ...]
    expected: Expected | None
    language: Language
    answered_in: Language
    before: str = ""
    last_place: str = ""

    @property
    def in_context(self) -> str:
        """The question, after the one that it is understood with."""
        return f"{self.before} {self.prompt}".strip()

    @property
    def subjects(self) -> tuple[Asked, ...]:
        """The words that mean something; all words where none does."""
        return tuple(word for word in self.words if word.weight > GRAMMAR) or self.words

    @property
    def asks_how(self) -> bool:
        """Whether it asks how something is done."""
        return self.expected is None and _ASKS_HOW.search(self.prompt) is not None

    @property
    def says_nothing(self) -> bool:
        """Whether it has only words that hold a sentence together, as "What can you do?"."""
        return all(word.weight <= GRAMMAR for word in self.words)

    @property
    def telling(self) -> tuple[Asked, ...]:
        """The words that say what it is about; all that mean something where none does."""
        return tuple(word for word in self.words if word.weight >= CONTEXT) or self.subjects


def read_question(
    prompt: str,
    limit: int,
    before: Sequence[str] = (),
    last_place: str = "",
    ignored: Collection[str] = (),
) -> ReadQuestion:
    """Read a question after those before it in the same chat, the latest last.

    Args:
        prompt: The question.
        limit: Words at most.
        before: Earlier questions.
        last_place: The page or document that answered the latest of them.
        ignored: Folded words that say nothing here, such as the name of the program.
    """
    spoken = language(prompt)
    words = tuple(
        replace(word, weight=GRAMMAR) if word.folded in ignored else word
        for word in read_words(prompt, limit)
    )
    answered_in = Language.GERMAN if _IN_GERMAN.search(prompt) else spoken
    question = ReadQuestion(prompt, words, read_expected(prompt), spoken, answered_in)
    if not before or not _follows_up(prompt, words):
        return question
    own = {word.folded for word in words}
    context = tuple(
        replace(word, weight=CONTEXT)
        for word in read_words(before[-1], limit)
        if word.weight == 1 and word.folded not in own | set(ignored)
    )
    return replace(
        question,
        words=words + context,
        before=before[-1],
        last_place=last_place,
    )


def _follows_up(prompt: str, words: Sequence[Asked]) -> bool:
    own = sum(word.weight == 1 for word in words)
    points_back = bool(_POINTS_BACK.search(prompt))
    return bool(_GOES_ON.match(prompt)) or own <= (FEW_WITH_PRONOUN if points_back else FEW_WORDS)
