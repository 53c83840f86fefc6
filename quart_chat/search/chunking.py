"""How long a passage is, and where a block that is longer is cut."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Characters. Neighbouring blocks of a section are joined up to the first; a single block is cut
# only past the second, since half a table or half a listing is hard to read.
PASSAGE_SIZE = 600
BLOCK_SIZE = 1200

# Where a sentence or a line ends, if there is such a place.
_PIECE = f".{{1,{PASSAGE_SIZE}}}"
_CUT = re.compile(rf"(?s){_PIECE}(?:(?<=[.!?])\s+|\n|\Z)|{_PIECE}")


def cut_block(text: str) -> Iterator[str]:
    """A block as it is, or cut where a sentence or a line ends if it is too long."""
    if len(text) <= BLOCK_SIZE:
        yield text
    else:
        yield from (match[0] for match in _CUT.finditer(text))
