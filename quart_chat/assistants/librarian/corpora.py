"""What the Librarian searches: the handbook, a person's documents, a person's chats."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from quart_chat.assistants.librarian.phrases import Sentences
from quart_chat.assistants.protocol import Question
from quart_chat.search.abbreviations import other_forms
from quart_chat.search.passages import Passage, cut_text
from quart_chat.search.questions.reading import ReadQuestion
from quart_chat.search.questions.wording import Asked
from quart_chat.search.ranking.analysis import Collection, analyse_documents, collect
from quart_chat.search.spelling import SIMILAR_WORDS, suggest, trigrams_of
from quart_chat.search.words import Language, Term, fold, make_term, terms

# Messages of one's own chats, and passages of one's documents, that are looked at closely.
MAX_MESSAGES = 20
MAX_CANDIDATES = 60
# Passages of one's documents that are all looked at closely; of more, only the candidates are.
MAX_WHOLE = 400

# A passage that says where "[1]" leads, as in "[1]: https://...", would turn the numbers of the
# answer that quotes it into links to there.
_DEFINITION = re.compile(r"\[\s*\d+\s*\]:")


@dataclass(frozen=True, slots=True)
class Candidates:
    """The best of the passages that hold some of what is looked for, and how many hold each."""

    passages: Sequence[Passage]
    holding: Sequence[int]


class Corpus(Protocol):
    """Texts that can be searched.

    Attributes:
        name: "handbook", "documents" or "chats".
    """

    name: str

    async def serves(self, question: Question) -> bool:
        """Whether it is to be searched for the question."""
        ...

    async def collect(self, question: Question, read: ReadQuestion, say: Sentences) -> Collection:
        """The passages that may answer, all of them or the best."""
        ...


class Handbook:
    """The handbook, for every question that names no documents."""

    name = "handbook"

    def __init__(self, pages: Collection) -> None:
        self._pages = pages

    async def serves(self, question: Question) -> bool:
        return not question.document_ids

    async def collect(self, question: Question, read: ReadQuestion, say: Sentences) -> Collection:
        return self._pages


class DocumentSearch(Protocol):
    """Finds passages in a person's own documents, or in those of them that are named."""

    async def count_passages(self, user_id: str, document_ids: Sequence[str]) -> int: ...

    async def select_candidates(
        self, user_id: str, terms: Sequence[Term], document_ids: Sequence[str], *, limit: int
    ) -> Candidates:
        """Find passages for terms, in the order of the documents.

        Those that hold all, those that hold any, and the first below a heading that holds any:
        what a heading promises, they tell. Also counted is how many passages hold each term.
        """
        ...

    async def select_passages(
        self, user_id: str, document_ids: Sequence[str], *, limit: int
    ) -> list[Passage]:
        """Read passages in the order of the documents."""
        ...

    async def select_similar_words(
        self, user_id: str, trigrams: Sequence[str], document_ids: Sequence[str], *, limit: int
    ) -> list[str]:
        """Find words that share some of the trigrams, the best first."""
        ...


class Documents:
    """The asking person's documents."""

    name = "documents"

    def __init__(self, documents: DocumentSearch) -> None:
        self._documents = documents

    async def serves(self, question: Question) -> bool:
        if question.document_ids:
            return True
        # Most have none, which is known without asking the database again.
        return question.has_documents and await self._has_passages(question.user_id)

    async def _has_passages(self, user_id: str) -> bool:
        return await self._documents.count_passages(user_id, ()) > 0

    async def collect(self, question: Question, read: ReadQuestion, say: Sentences) -> Collection:
        """All passages where they are few; else the best, and how rare each word is in all."""
        user_id, ids = question.user_id, question.document_ids
        total = await self._documents.count_passages(user_id, ids)
        if total <= MAX_WHOLE:
            passages = await self._documents.select_passages(user_id, ids, limit=MAX_WHOLE)
            return await asyncio.to_thread(collect, tuple(passages))
        telling = read.telling
        terms = [await self._find_term(question, word, read.language) for word in telling]
        candidates = await self._documents.select_candidates(
            user_id, terms, ids, limit=MAX_CANDIDATES
        )
        held = {word.folded: count for word, count in zip(telling, candidates.holding, strict=True)}
        analysed = await asyncio.to_thread(analyse_documents, candidates.passages)
        return Collection(analysed, total, held)

    async def _find_term(self, question: Question, word: Asked, spoken: Language) -> Term:
        """A word with those of the documents that may stand for it."""
        trigrams = trigrams_of(word.text)
        others = other_forms(word.folded)
        if not trigrams or word.weight < 1:
            return make_term(word.text, spoken, others)
        known = await self._documents.select_similar_words(
            question.user_id, trigrams, question.document_ids, limit=SIMILAR_WORDS
        )
        is_known = word.folded in map(fold, known)
        meant = suggest(word.text, known, spoken, allow_typos=not is_known)
        return make_term(word.text, spoken, (*others, *meant))


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """A message that a search found, with the title of its chat; a person has no ``assistant``."""

    workflow_id: str
    round_number: int
    title: str
    assistant: str | None
    content: str


class ChatSearch(Protocol):
    """Finds messages in a person's own chats."""

    async def select_matching_messages(
        self,
        user_id: str,
        terms: Sequence[Term],
        *,
        exclude_workflow_id: str,
        exclude_assistant: str,
        limit: int,
    ) -> list[FoundMessage]:
        """The best final messages that hold a term, but for one chat's and one assistant's."""
        ...


class Chats:
    """The asking person's chats, except the one that is open and except the Librarian's answers."""

    name = "chats"

    def __init__(self, chats: ChatSearch, exclude_assistant: str) -> None:
        self._chats = chats
        self._exclude_assistant = exclude_assistant

    async def serves(self, question: Question) -> bool:
        return not question.document_ids

    async def collect(self, question: Question, read: ReadQuestion, say: Sentences) -> Collection:
        """The passages of the few messages that have most of the words."""
        messages = await self._chats.select_matching_messages(
            question.user_id,
            [make_term(word.text, read.language) for word in read.telling],
            exclude_workflow_id=question.workflow_id,
            exclude_assistant=self._exclude_assistant,
            limit=MAX_MESSAGES,
        )
        passages = await asyncio.to_thread(_passages, messages, read, say)
        return Collection(await asyncio.to_thread(analyse_documents, passages))


def _passages(
    messages: Sequence[FoundMessage], read: ReadQuestion, say: Sentences
) -> list[Passage]:
    return [
        Passage(
            title=found.title,
            headings=(found.assistant or say.you,),
            url=_address(found),
            text=text,
        )
        for found in messages
        for text in cut_text(found.content)
        if _says_more(text, read)
    ]


def _address(message: FoundMessage) -> str:
    """The page that shows a message, however long ago it was and on whichever branch it is."""
    number = message.round_number
    return f"/chat/{message.workflow_id}?round={number}#round-{number}"


def _says_more(text: str, read: ReadQuestion) -> bool:
    """Whether a text can answer: not a question itself, and not just the question's own words."""
    if text.endswith("?") or _DEFINITION.search(text):
        return False
    asked = {word.folded for word in read.words}
    return any(fold(term.text) not in asked for term in terms(text))
