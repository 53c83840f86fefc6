"""Types of settings that take only what can be used."""

from __future__ import annotations

from typing import Self
from urllib.parse import urlsplit


class Address(str):
    """An address of HTTP, without a slash at its end; or none."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        text = text.strip().rstrip("/")
        parts = urlsplit(text)
        # A port that is none raises ValueError.
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        if (text and not valid) or not text.isprintable() or " " in text:
            raise ValueError("Expected an address such as http://localhost:11434/v1")
        return super().__new__(cls, text)


class Secret:
    """A text that no repr, log or error shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text.strip()
        if not (self._text.isascii() and self._text.isprintable()) and self._text:
            raise ValueError("Expected printable ASCII characters")

    def reveal(self) -> str:
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "'***'" if self else "''"

    __str__ = __repr__
