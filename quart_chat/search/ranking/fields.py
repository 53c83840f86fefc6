"""Fields of forms and rows of tables: what they are named for, they tell."""

from __future__ import annotations

import re
from collections.abc import Collection

from quart_chat.search.passages import HANDBOOK, Passage
from quart_chat.search.questions.wording import parts, split
from quart_chat.search.ranking.units import Unit
from quart_chat.search.words import fold, is_function_word

MOST_WORDS = 5
"""Words of a name of a field."""

_FIELD = re.compile(r"\s*(?:[-*+]\s+)?\**([^:|\n]{2,60}?)\**:\**\s+\S")
_CELL = re.compile(r"\s*\|\s*([^|\n]{2,60}?)\s*\|\s*\S")


def is_named_for(passage: Passage, unit: Unit, asked: Collection[str]) -> bool:
    """Whether a unit is a field or a row whose name is just what was asked.

    The tables of the handbook are about settings and errors, which its pages explain.

    Args:
        passage: The passage, of a document or a chat.
        unit: The part of it.
        asked: The folded words of the question and those that may stand for them.
    """
    match = (_CELL if unit.kind == "row" else _FIELD).match(passage.text, unit.start, unit.end)
    if unit.kind == "code" or match is None or passage.url.startswith(HANDBOOK):
        return False
    words = [{fold(part) for part in parts(word)} for word in split(match[1])]
    words = [forms for forms in words if not all(map(is_function_word, forms))]
    return 0 < len(words) <= MOST_WORDS and all(not forms.isdisjoint(asked) for forms in words)
