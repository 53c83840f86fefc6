"""What browsers and the server tell each other about passkeys."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from quart_chat.web.schemas.items import Seconds

ChallengeId = Annotated[
    str,
    Meta(pattern="^[0-9a-f]{32}$", description="the id of a challenge: 32 hexadecimal digits"),
]

Credential = Annotated[
    dict[str, Any],
    Meta(description="the answer of `navigator.credentials`, as `PublicKeyCredential.toJSON()`"),
]


class ChallengeItem(Struct, rename="camel", frozen=True):
    """What `navigator.credentials` is asked for: `options` are its `publicKey`, as JSON."""

    challenge_id: str
    options: dict[str, Any]


class PasskeyBody(Struct, rename="camel", frozen=True):
    """A new passkey; without a name it is called as the browser is."""

    challenge_id: ChallengeId
    credential: Credential
    name: Annotated[str, Meta(max_length=200)] = ""


class PasskeyItem(Struct, rename="camel", frozen=True):
    """A passkey of the user."""

    id: str
    name: str
    created_at: Seconds


class InviteBody(Struct, rename="camel", frozen=True):
    """The secret at the end of an invite's address, and the name of the new user."""

    secret: Annotated[str, Meta(max_length=200)]
    name: Annotated[str, Meta(max_length=200)]


class InvitePasskeyBody(InviteBody, rename="camel", frozen=True):
    """The same, with a new passkey."""

    challenge_id: ChallengeId
    credential: Credential


class PasskeySignInBody(Struct, rename="camel", frozen=True):
    """An answer to sign in with; `next` is the path of the page to go on to."""

    challenge_id: ChallengeId
    credential: Credential
    next: str = ""


class SignedInItem(Struct, frozen=True):
    """The path of the page to go on to; the session is in a cookie."""

    next: str
