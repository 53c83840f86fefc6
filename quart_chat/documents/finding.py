"""Documents by their names."""

from __future__ import annotations

from collections.abc import Iterable

from quart_chat.documents.models import Document
from quart_chat.search.folding import fold_text


def by_name(documents: Iterable[Document], query: str) -> list[Document]:
    """The documents whose names have each word of a query in them, without case and accents."""
    words = fold_text(query).split()
    names = ((document, fold_text(document.name)) for document in documents)
    return [document for document, name in names if all(word in name for word in words)]
