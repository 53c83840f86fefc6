"""Verifies ID tokens (OpenID Connect Core 1.0, 3.1.3.7)."""

from __future__ import annotations

from hmac import compare_digest
from typing import Any

from joserfc import jwt
from joserfc.errors import (
    BadSignatureError,
    ExpiredTokenError,
    InvalidClaimError,
    InvalidKeyIdError,
    JoseError,
    MissingClaimError,
)
from joserfc.jwk import JWKRegistry, Key, KeySet

from quart_chat.errors import SignInRefused
from quart_chat.plaintext import clean
from quart_chat.texts import _

ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)
"""All that sign with a key of which the provider publishes one half: neither ``none`` nor those
whose key this server would have to know, too."""

LEEWAY = 60
"""Seconds by which two clocks may differ."""

_MAX_SUBJECT = 255
"""Characters of a subject (OpenID Connect Core 1.0, 2)."""


class UnknownKey(Exception):
    """No key that is known has signed the token: the provider may have others by now."""


class UntrustedToken(SignInRefused):
    """A token that can't be believed.

    Attributes:
        reason: What is wrong, for the log; nothing of the token.
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


def read_keys(data: dict[str, Any]) -> KeySet:
    """Read the keys that signatures can be verified with; what can't be read is left out."""
    listed = data.get("keys")
    keys = [_read_key(each) for each in (listed if isinstance(listed, list) else ())]
    return KeySet([key for key in keys if key is not None])


def _read_key(data: Any) -> Key | None:
    if not isinstance(data, dict) or data.get("kty") == "oct" or data.get("use", "sig") != "sig":
        return None
    try:
        return JWKRegistry.import_key(data)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def verify(
    token: str, keys: KeySet, *, issuer: str, client_id: str, nonce: str, now: float
) -> dict[str, Any]:
    """Return what a token says of a user.

    Raises:
        UnknownKey: None of the keys has signed it.
        UntrustedToken: It can't be believed.
    """
    try:
        claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
    except (InvalidKeyIdError, BadSignatureError) as error:
        raise UnknownKey from error
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise untrusted(type(error).__name__) from error
    _check_claims(claims, issuer, client_id, now)
    said = claims.get("nonce")
    if not isinstance(said, str) or not compare_digest(
        said.encode("utf-8", "replace"), nonce.encode()
    ):
        raise untrusted("nonce")
    return claims


def _check_claims(claims: dict[str, Any], issuer: str, client_id: str, now: float) -> None:
    registry = jwt.JWTClaimsRegistry(
        now=int(now),
        leeway=LEEWAY,
        iss={"essential": True, "value": issuer},
        sub={"essential": True},
        aud={"essential": True, "value": client_id},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        registry.validate(claims)
    except ExpiredTokenError as error:
        raise _mistimed("exp") from error
    except InvalidClaimError as error:
        is_early = error.claim in {"iat", "nbf"} and isinstance(claims[error.claim], int | float)
        raise _mistimed(error.claim) if is_early else untrusted(error.claim) from error
    except (MissingClaimError, ValueError, TypeError, OverflowError) as error:
        raise untrusted(type(error).__name__) from error
    audience, party = claims["aud"], claims.get("azp", client_id)
    if (isinstance(audience, list) and len(audience) > 1 and "azp" not in claims) or (
        party != client_id
    ):
        raise untrusted("azp")
    # What could be stored only changed could be another user's subject.
    if not 0 < len(claims["sub"]) <= _MAX_SUBJECT or clean(claims["sub"]) != claims["sub"]:
        raise untrusted("sub")


def untrusted(reason: str) -> UntrustedToken:
    """The error of what can't be believed; the person is told no more than that."""
    return UntrustedToken(
        _("What the sign-in server has sent can't be trusted. Tell an administrator."), reason
    )


def _mistimed(claim: str) -> UntrustedToken:
    return UntrustedToken(
        _(
            "The sign-in has expired, or the clocks of the two servers differ. Try again; if that"
            " doesn't help, tell an administrator."
        ),
        claim,
    )
