"""Where an endpoint is: the address that is set, taken apart."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from yarl import URL

_COMPLETIONS = re.compile(r"(?:/chat)?/completions/*\Z")
_SECRET = re.compile(r"key|token|secret|sig|pass|auth|code", re.IGNORECASE)
_SAFE = "%/?:@!$&'()*+,;=~"
_MIN_SECRET = 6
"""Characters of a value of the query that is kept secret."""


class EndpointAddress:
    """The address of an API, of which every request keeps the query.

    A fragment is no part of a request and is left out. So is ``/chat/completions`` at the end of
    the path: the whole address of a request is often what people have at hand.

    Attributes:
        host: The host and its port, as people are told.
        secrets: The password and the keys that it holds.
        authorization: What its user and password are sent as, if there are any.
        valid: Whether its host is the one that people read there.
        secure: Whether it is asked over TLS.
    """

    def __init__(self, text: str) -> None:
        parts = urlsplit(text.strip())
        netloc = parts.netloc.rpartition("@")[2]
        origin = _origin(f"{parts.scheme}://{netloc}")
        self._origin = f"{parts.scheme}://{origin.raw_authority}"
        # What is encoded stays as it is: to some servers %2F is no slash.
        self._path = quote(_COMPLETIONS.sub("", parts.path.rstrip("/")), safe=_SAFE)
        self._query = f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""
        self.host = netloc
        self.authorization = _basic(parts)
        query = [value for name, value in parse_qsl(parts.query) if _SECRET.search(name)]
        password = parts.password or ""
        self.secrets = (
            *(value for value in query if len(value) >= _MIN_SECRET),
            *filter(None, {password, unquote(password)}),
        )
        self.valid = _names(parts.hostname or "", origin.host or "")
        self.secure = parts.scheme == "https"

    def to(self, path: str) -> URL:
        """The address of something in the API."""
        return URL(f"{self._origin}{self._path}/{path}{self._query}", encoded=True)


def _origin(text: str) -> URL:
    try:
        return URL(text)
    except ValueError:
        return URL()  # no host can have that name


def _basic(parts: SplitResult) -> str:
    if parts.username is None:
        return ""
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Basic {b64encode(pair.encode()).decode()}"


def _names(written: str, asked: str) -> bool:
    """Whether a host is asked under the name that is written.

    Rules for letters beyond ASCII differ: by those of 2003 ``ß`` is ``ss``, another host, which
    would be sent the key.
    """
    if written.isascii():
        return True
    return unicodedata.normalize("NFKC", written.lower()) == unicodedata.normalize("NFKC", asked)
