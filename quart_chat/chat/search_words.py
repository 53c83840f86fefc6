"""What a person types into the search of the list, as words to look for."""

from __future__ import annotations

import unicodedata

MAX_WORDS = 10
"""Words that are looked for; what follows them is left out."""


def search_words(text: str) -> tuple[str, ...]:
    """Read what a person typed: different words in lower case that have a letter or a digit."""
    words = unicodedata.normalize("NFC", text).lower().split()
    sought = dict.fromkeys(word for word in words if any(map(str.isalnum, word)))
    return tuple(sought)[:MAX_WORDS]
