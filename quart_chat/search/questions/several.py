"""Several questions in one message, such as "How long is the warranty, and who pays the post?"."""

from __future__ import annotations

import re

MOST = 3
"""Questions of a message that are answered by themselves."""
MAX_LENGTH = 500
"""Characters of a message that is looked at: a longer one tells more than it asks."""
FEWEST_WORDS = 3
"""Words of a question: "and why?" belongs to the one before."""

_ASKS = (
    r"(?:(?:ab|auf|bei|bis|für|in|mit|seit|von|zu|at|by|for|from|in|on|since|to|until|with)\s+)?"
    r"(?:who|whom|whose|what|when|where|which|why|how|wer|wen|wem|wessen|was|wann|wo|wohin|woher"
    r"|wie|wieviel|warum|wieso|welche[nmrs]?)\b"
)
_ASKS_WHETHER = (
    r"(?:is|are|was|were|do|does|did|can|could|may|must|should|will|has|have|ist|sind|war|kann"
    r"|können|darf|dürfen|muss|müssen|soll|gibt|hat|haben|wird|werden)\s+(?:the|a|an|any|there|it"
    r"|they|i|we|you|he|she|my|our|your|\w+s\b|der|die|das|den|ein\w*|es|man|ich|wir|sie|er|mein\w*"
    r"|unser\w*|[A-ZÄÖÜ]\w+)\b"
)
_JOINED = re.compile(
    rf"[,;]?\s+(?:and|und|sowie|&|plus)\s+(?=(?:also\s+|auch\s+)?(?:{_ASKS}|{_ASKS_WHETHER}))",
    re.IGNORECASE,
)
_ENDED = re.compile(
    rf"(?<=[?])\s+(?:(?:and|und)\s+)?(?=(?:{_ASKS}|{_ASKS_WHETHER}))", re.IGNORECASE
)
_WORD = re.compile(r"\w+")
_BEGINS = re.compile(rf"\W*(?:{_ASKS}|{_ASKS_WHETHER})", re.IGNORECASE)


def split_questions(prompt: str) -> tuple[str, ...]:
    """The questions of a message; the message itself where it is one, or none."""
    if len(prompt) > MAX_LENGTH:
        return (prompt,)
    joined = [part for ended in _ENDED.split(prompt) for part in _JOINED.split(ended)]
    parts = tuple(part.strip(" ,;") for part in joined if part.strip(" ,;"))
    is_several = 1 < len(parts) <= MOST and all(
        len(_WORD.findall(part)) >= FEWEST_WORDS and _BEGINS.match(part) for part in parts
    )
    return parts if is_several else (prompt,)
