"""Static word vectors, where the extra ``semantic`` is installed: near words mean about the same.

The table and its tokenizer lie in the package wordllama. Only these two files are read: the
package's own loader looks for the tokenizer on the net.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

_OTHER_LETTER = re.compile(r"[^\W\d_\u0000-\u024f\u1e00-\u1eff]")

Matrix: TypeAlias = "NDArray[np.float32]"
Vector: TypeAlias = "NDArray[np.float32]"

_TABLE = "weights/l2_supercat_256.safetensors"
_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
_NEEDED = ("numpy", "safetensors", "tokenizers", "wordllama")


class WordVectors:
    """Turns texts into vectors of length 1, so that their product says how near they are."""

    def __init__(self, tokenizer: Tokenizer, table: NDArray[np.float16]) -> None:
        self._tokenizer = tokenizer
        self._table = table

    def pieces(self, texts: Sequence[str]) -> list[frozenset[int]]:
        """The pieces that each text consists of, as numbers."""
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [frozenset(encoding.ids) for encoding in encodings]

    def embed(self, texts: Sequence[str]) -> Matrix:
        """A row for each text: the mean of the vectors of its pieces."""
        import numpy as np

        rows: Matrix = np.zeros((len(texts), self._table.shape[1]), np.float32)
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        for row, encoding in zip(rows, encodings, strict=True):
            if encoding.ids:
                row[:] = self._table[encoding.ids].mean(axis=0, dtype=np.float32)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        rows /= np.maximum(lengths, np.float32(1e-9))
        return rows


def is_latin(text: str) -> bool:
    """Whether all letters are Latin: of other scripts the table has pieces, but no words."""
    return _OTHER_LETTER.search(text) is None


@cache
def load_vectors() -> WordVectors | None:
    """The word vectors, once in a process; None where the extra is not installed."""
    if any(find_spec(name) is None for name in _NEEDED):
        return None
    package = find_spec("wordllama")
    if package is None or not package.submodule_search_locations:
        return None
    folder = Path(package.submodule_search_locations[0])
    if not ((folder / _TABLE).is_file() and (folder / _TOKENIZER).is_file()):
        return None
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    (table,) = load_file(folder / _TABLE).values()
    return WordVectors(Tokenizer.from_file(str(folder / _TOKENIZER)), table)
