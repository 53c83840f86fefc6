"""Passkeys, the site that they are for, and what a browser has to answer with one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Passkey:
    """A key of WebAuthn. Its ``id`` is that of the credential, in base64url."""

    id: str
    user_id: str
    name: str
    created_at: float
    used_at: float | None = None
    transports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """This site as WebAuthn knows it.

    Attributes:
        id: Its domain, such as ``chat.example.org``.
        origin: Such as ``https://chat.example.org``.
    """

    id: str
    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a browser has to answer within five minutes, once; no other browser can.

    Attributes:
        options: For ``navigator.credentials``, as JSON has them.
    """

    id: str
    options: dict[str, Any]
