"""How far a text counts that is in another language than the question."""

from __future__ import annotations

from quart_chat.search.passages import HANDBOOK
from quart_chat.search.ranking.analysis import Analysed
from quart_chat.search.words import Language

PAGE = 0.75
"""What counts of a page of the handbook, which has such pages in each language."""
DOCUMENT = 0.9
"""What counts of another text, which is in one language alone."""


def language_factor(analysed: Analysed, answered_in: Language) -> float:
    """What counts of a passage for a question that is answered in a language."""
    if analysed.language in {"", answered_in}:
        return 1.0
    return PAGE if analysed.passage.url.startswith(HANDBOOK) else DOCUMENT
