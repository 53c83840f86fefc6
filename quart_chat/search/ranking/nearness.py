"""Words of some texts that mean about the same as a word, by their vectors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from quart_chat.search.ranking.vectors import WordVectors, is_latin

LEAST = 0.42
"""Product of two vectors from which their words are taken to be near."""
SHORTEST = 3
MOST_PIECES = 2
"""The vector of a word of more pieces says little: the pieces are no words."""
MOST = 0.8
"""How far a near word may stand for another at most: less than another form of it."""


class NearWords:
    """Looks up words that are near."""

    def __init__(self, vectors: WordVectors, words: Iterable[str]) -> None:
        self._vectors = vectors
        known = sorted(
            word for word in words if word.isalpha() and len(word) >= SHORTEST and is_latin(word)
        )
        pieces = vectors.pieces(known)
        self._words = [
            (word, ids) for word, ids in zip(known, pieces, strict=True) if len(ids) <= MOST_PIECES
        ]
        self._matrix = vectors.embed([word for word, _ in self._words])

    def of(self, word: str) -> Mapping[str, float]:
        """The words near to a word, each with how far it may stand for it."""
        (ids,) = self._vectors.pieces([word])
        if not self._words or len(ids) > MOST_PIECES or not is_latin(word):
            return {}
        likeness = self._matrix @ self._vectors.embed([word])[0]
        found = {}
        for position in (likeness >= LEAST).nonzero()[0]:
            other, others = self._words[position]
            # Words that share a piece are near by their letters, whatever they mean.
            if not ids & others:
                found[other] = min(MOST, (float(likeness[position]) - 0.2) * 1.1)
        return found
