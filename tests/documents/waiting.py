"""Documents that wait to be read."""

from __future__ import annotations

from uuid import uuid4

from quart_chat.documents.models import Document, Kind, Status


def new_document(user_id: str, name: str = "a.txt", *, size: int = 10, at: float = 1.0) -> Document:
    """A document as it is when its file has arrived, at second ``at``."""
    return Document(
        id=uuid4().hex,
        user_id=user_id,
        name=name,
        kind=Kind.TEXT,
        size=size,
        status=Status.WAITING,
        code=None,
        message=None,
        pages=None,
        passages=0,
        attempts=0,
        created_at=at,
        updated_at=at,
    )
