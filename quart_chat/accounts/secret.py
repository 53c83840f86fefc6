"""Random secrets, which are stored as hashes alone."""

from __future__ import annotations

import hashlib
import re
import secrets
from uuid import uuid4

BYTES = 32
"""Random bytes of a secret: 256 bits can't be guessed, so a fast hash keeps them."""

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def new_secret() -> str:
    """Make a secret of 43 characters that need no escape in an address or a header."""
    return secrets.token_urlsafe(BYTES)


def is_secret(text: str) -> bool:
    """Whether a text may be a secret; what is none is not looked up."""
    return _SECRET.fullmatch(text) is not None


def digest(secret: str) -> str:
    """What is stored of a secret: its SHA-256."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def new_id() -> str:
    """Make an id, which is no secret."""
    return uuid4().hex
