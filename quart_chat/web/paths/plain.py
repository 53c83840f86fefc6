"""The path of a request, as the framework reads it before it chooses a route."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit


def plain_path(path: str) -> str:
    """A path with one slash in front, of one with many, or of a whole address (RFC 9112, 3.2.2).

    What compares the path of a scope compares this: the framework makes the same of it, so another
    comparison would miss requests that have a route.
    """
    if not path.startswith("/"):
        with suppress(ValueError):  # no route has it
            path = urlsplit(path).path
    return "/" + path.lstrip("/")
