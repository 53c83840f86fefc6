"""Types of settings that take only what can be used."""

from __future__ import annotations

import re
from typing import Self
from urllib.parse import urlsplit

from quart_chat.events.brokers.address import EXAMPLE, check_encoding, is_address, without_password

_ROOT_PATH = re.compile(r"(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*", re.ASCII)
_LONGEST_PATH = 100
"""Characters of a root path: it is a part of names, which have to stay short."""


class Address(str):
    """An address of HTTP, without a slash at its end; or none."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        text = text.strip().rstrip("/")
        if "@" in text:
            check_encoding(text)
        parts = urlsplit(text)
        # A port that is none raises ValueError.
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        if (text and not valid) or not text.isprintable() or " " in text:
            raise ValueError("Expected an address such as http://localhost:11434/v1")
        return super().__new__(cls, text)


class BrokerAddress(str):
    """What names a broker; or none. No repr, log or error shows its password."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        text = text.strip()
        if text and not is_address(text):
            raise ValueError(f"Expected bus or an address such as {EXAMPLE}")
        return super().__new__(cls, text)

    def __repr__(self) -> str:
        return repr(without_password(str(self)))


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


class DatabaseAddress(Secret):
    """The address of a PostgreSQL database, which may hold a password; or none."""

    __slots__ = ()

    def __init__(self, text: str) -> None:
        super().__init__(text)
        check_encoding(self.reveal())
        if self and urlsplit(self.reveal()).scheme not in ("postgresql", "postgres"):
            raise ValueError("Expected an address such as postgresql://user@localhost/chat")


class RootPath(str):
    """The path below which the pages are, without a slash at its end; empty for the root of a host.

    Its characters mean themselves everywhere: in an address, in a page, in the name of a cookie.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        text = text.strip().removesuffix("/")
        if _ROOT_PATH.fullmatch(text) is None or len(text) > _LONGEST_PATH:
            raise ValueError(
                "Expected a path such as /chat, of letters, digits, dots, hyphens and underscores"
            )
        return super().__new__(cls, text)

    def named(self, name: str) -> str:
        """A name that no installation at another path has, in a browser that knows both."""
        return name + self.replace("/", "~")
