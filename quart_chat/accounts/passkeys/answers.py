"""What the package webauthn makes and checks, on a thread: it is loaded with the first passkey.

The import takes half a second, so the loop must not wait for it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from quart_chat.accounts.models import User
from quart_chat.accounts.passkeys.models import Passkey, RelyingParty
from quart_chat.accounts.storage import StoredPasskey

T = TypeVar("T")

_logger = logging.getLogger(__name__)

TIMEOUT = 300_000
"""Milliseconds in which a browser has to answer."""


MAX_ID = 1023
"""Bytes in the id of a key (WebAuthn § 7.1)."""
MAX_KEY = 4096
"""Bytes of a public key: far more than the longest in use has."""


class InvalidAnswer(Exception):
    """An answer that is not valid, whatever is wrong with it."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A key that has answered its first challenge; both texts are in base64url."""

    id: str
    public_key: str
    sign_count: int


async def registration_options(
    party: RelyingParty, user: User, challenge: str, known: Iterable[Passkey]
) -> dict[str, Any]:
    """Make the options for ``navigator.credentials.create``; known keys are left out."""

    def make() -> dict[str, Any]:
        import webauthn
        from webauthn.helpers import base64url_to_bytes, options_to_json
        from webauthn.helpers.structs import (
            AuthenticatorSelectionCriteria,
            PublicKeyCredentialDescriptor,
            ResidentKeyRequirement,
            UserVerificationRequirement,
        )

        options = webauthn.generate_registration_options(
            rp_id=party.id,
            rp_name=party.name,
            user_id=user.id.encode(),
            user_name=user.name,
            challenge=base64url_to_bytes(challenge),
            timeout=TIMEOUT,
            # It is found without a name, and does without a password.
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=base64url_to_bytes(passkey.id))
                for passkey in known
            ],
        )
        return dict(json.loads(options_to_json(options)))

    return await asyncio.to_thread(make)


async def sign_in_options(party: RelyingParty, challenge: str) -> dict[str, Any]:
    """Make the options for ``navigator.credentials.get``, for any key of this site."""

    def make() -> dict[str, Any]:
        import webauthn
        from webauthn.helpers import base64url_to_bytes, options_to_json
        from webauthn.helpers.structs import UserVerificationRequirement

        options = webauthn.generate_authentication_options(
            rp_id=party.id,
            challenge=base64url_to_bytes(challenge),
            timeout=TIMEOUT,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return dict(json.loads(options_to_json(options)))

    return await asyncio.to_thread(make)


async def check_registration(
    response: dict[str, Any], challenge: str, party: RelyingParty
) -> Registered:
    """Check the answer of a new key.

    Raises:
        InvalidAnswer: It is not valid.
    """

    def check() -> Registered:
        import webauthn
        from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

        found = webauthn.verify_registration_response(
            credential=response,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
        if len(found.credential_id) > MAX_ID or len(found.credential_public_key) > MAX_KEY:
            raise InvalidAnswer("It is too long.")
        return Registered(
            bytes_to_base64url(found.credential_id),
            bytes_to_base64url(found.credential_public_key),
            found.sign_count,
        )

    return await _checked(check)


async def check_sign_in(
    response: dict[str, Any], challenge: str, party: RelyingParty, known: StoredPasskey
) -> int:
    """Check the answer of a known key, and return what it has counted.

    Raises:
        InvalidAnswer: It is not valid, names another user (WebAuthn § 7.2, step 6), or the key has
            counted no further than before, as a copy does.
    """
    owner = known.passkey.user_id.encode()

    def check() -> int:
        import webauthn
        from webauthn.helpers import base64url_to_bytes

        if base64url_to_bytes(response["response"]["userHandle"]) != owner:
            raise InvalidAnswer("It is another user's.")
        found = webauthn.verify_authentication_response(
            credential=response,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=base64url_to_bytes(known.public_key),
            credential_current_sign_count=known.sign_count,
            require_user_verification=True,
        )
        return int(found.new_sign_count)

    return await _checked(check)


async def _checked(check: Callable[[], T]) -> T:
    """Run a check; whatever an answer makes it raise says that the answer is not valid."""

    def run() -> T:
        from webauthn.helpers.exceptions import WebAuthnException

        try:
            return check()
        except InvalidAnswer:
            raise
        except WebAuthnException as error:
            raise InvalidAnswer(str(error)) from error
        except Exception as error:
            # The libraries that read certificates and nested data have errors of many kinds.
            _logger.info("The answer of a passkey can't be read: %s", type(error).__name__)
            raise InvalidAnswer("It can't be read.") from error

    return await asyncio.to_thread(run)
