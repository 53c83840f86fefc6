"""Checks the answer of a new passkey, and stores it."""

from __future__ import annotations

from typing import Any

from quart_chat.accounts.changes import Change
from quart_chat.accounts.passkeys.answers import InvalidAnswer, Registered, check_registration
from quart_chat.accounts.passkeys.models import Passkey, RelyingParty
from quart_chat.accounts.security_log.events import Action
from quart_chat.accounts.storage import StoredPasskey
from quart_chat.errors import InvalidInput
from quart_chat.texts import _, number

MAX_NAME = 60
"""Characters in the name of a passkey."""

MAX_PASSKEYS = 20
"""Passkeys that one user may have."""

_TRANSPORTS = {"ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"}


async def read_registration(
    response: dict[str, Any], challenge: str, party: RelyingParty
) -> Registered:
    """Check the answer of a new key.

    Raises:
        InvalidInput: It is not valid.
    """
    try:
        return await check_registration(response, challenge, party)
    except InvalidAnswer as error:
        raise InvalidInput(_("This passkey can't be used.")) from error


def store_passkey(
    change: Change, user_id: str, name: str, found: Registered, response: dict[str, Any]
) -> Passkey:
    """Store a passkey that has answered its challenge.

    Raises:
        InvalidInput: It is known, or its user has as many as there may be.
    """
    require_room(len(change.tx.select_passkeys(user_id)))
    if change.tx.find_passkey(found.id) is not None:
        raise InvalidInput(_("This passkey is known already."))
    passkey = Passkey(found.id, user_id, name, change.now, transports=_transports(response))
    change.tx.insert_passkey(StoredPasskey(passkey, found.public_key, found.sign_count))
    change.log(Action.PASSKEY_ADDED, user_id, name)
    return passkey


def require_room(count: int) -> None:
    """Refuse more passkeys than a user may have.

    Raises:
        InvalidInput: There are as many.
    """
    if count >= MAX_PASSKEYS:
        raise InvalidInput(
            _("You have {limit} passkeys already. Remove one first.").format(
                limit=number(MAX_PASSKEYS)
            )
        )


def too_late() -> InvalidInput:
    """The error for an answer whose challenge has ended, or is another one's."""
    return InvalidInput(_("This took too long. Add the passkey once more."))


def _transports(response: dict[str, Any]) -> tuple[str, ...]:
    """How a key says that it can be reached; what no standard names is left out."""
    inner = response.get("response")
    named = inner.get("transports") if isinstance(inner, dict) else None
    if not isinstance(named, list):
        return ()
    return tuple(sorted(_TRANSPORTS & {each for each in named if isinstance(each, str)}))
