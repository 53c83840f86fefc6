"""The API by which a browser adds a passkey, and signs in with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart import Blueprint, jsonify, request

from quart_chat.errors import (
    InvalidInput,
    LinkUsed,
    NameTaken,
    SignInThrottled,
    WrongCredentials,
)
from quart_chat.web.auth.client import find_origin
from quart_chat.web.auth.cookies import (
    device_secret,
    passkey_secret,
    session_secret,
    set_passkey,
    set_session,
)
from quart_chat.web.auth.identity import actor, require_session
from quart_chat.web.auth.public import public
from quart_chat.web.auth.relying_party import relying_party
from quart_chat.web.context import services, user_id
from quart_chat.web.openapi.operation import Answer, operation
from quart_chat.web.pages.accounts.devices import describe_device
from quart_chat.web.pages.accounts.sign_in import target
from quart_chat.web.schemas.passkeys import (
    ChallengeItem,
    InviteBody,
    InvitePasskeyBody,
    PasskeyBody,
    PasskeyItem,
    PasskeySignInBody,
    SignedInItem,
)

if TYPE_CHECKING:
    from quart import Response

    from quart_chat.accounts.models import SignedIn
    from quart_chat.accounts.passkeys.models import Challenge
    from quart_chat.wire import Item

blueprint = Blueprint("passkeys_api", __name__, url_prefix="/api/passkeys")


@blueprint.post("/challenge")
@operation(Answer(ChallengeItem), tag="passkeys", errors=[InvalidInput])
async def begin_passkey() -> Response:
    """Begin to add a passkey, in a browser that is signed in.

    The challenge can be answered once, within five minutes, by the same browser.
    """
    require_session()
    browser = passkey_secret()
    passkeys = services().require_accounts().passkeys
    return _challenge(
        await passkeys.begin_registration(user_id(), browser, relying_party()), browser
    )


@blueprint.post("")
@operation(Answer(PasskeyItem, status=201), tag="passkeys", body=PasskeyBody)
async def add_passkey(body: PasskeyBody) -> tuple[Item, int]:
    """Add a passkey that has answered its challenge."""
    require_session()
    passkeys = services().require_accounts().passkeys
    name = body.name.strip() or describe_device(request.headers.get("User-Agent", ""))
    passkey = await passkeys.finish_registration(
        actor(), body.challenge_id, passkey_secret(), name, body.credential, relying_party()
    )
    return {"id": passkey.id, "name": passkey.name, "createdAt": passkey.created_at}, 201


@blueprint.post("/sign-in/challenge")
@public
@operation(Answer(ChallengeItem), tag="passkeys", errors=[InvalidInput])
async def begin_passkey_sign_in() -> Response:
    """Begin to sign in with any passkey of this site.

    The challenge can be answered once, within five minutes, by the same browser.
    """
    browser = passkey_secret()
    passkeys = services().require_accounts().passkeys
    return _challenge(await passkeys.begin_sign_in(browser, relying_party()), browser)


@blueprint.post("/sign-in")
@public
@operation(Answer(SignedInItem), tag="passkeys", body=PasskeySignInBody, errors=[WrongCredentials])
async def sign_in_with_passkey(body: PasskeySignInBody) -> Response:
    """Sign in with a passkey that has answered its challenge."""
    signed_in = (
        await services()
        .require_accounts()
        .passkeys.finish_sign_in(
            body.challenge_id,
            passkey_secret(),
            body.credential,
            relying_party(),
            find_origin(device_secret()),
            replaces=session_secret(),
        )
    )
    return _welcome(signed_in, body.next)


@blueprint.post("/invite/challenge")
@public
@operation(
    Answer(ChallengeItem),
    tag="passkeys",
    body=InviteBody,
    errors=[LinkUsed, NameTaken, SignInThrottled],
)
async def begin_passkey_invite(body: InviteBody) -> Response:
    """Begin to accept an invite with a passkey and without a password.

    The challenge can be answered once, within five minutes, by the same browser.
    """
    browser = passkey_secret()
    invited = services().require_accounts().invited
    return _challenge(
        await invited.begin(body.secret, body.name, browser, relying_party()), browser
    )


@blueprint.post("/invite")
@public
@operation(
    Answer(SignedInItem), tag="passkeys", body=InvitePasskeyBody, errors=[LinkUsed, NameTaken]
)
async def accept_invite_with_passkey(body: InvitePasskeyBody) -> Response:
    """Accept an invite with a passkey that has answered its challenge, and sign in."""
    signed_in = (
        await services()
        .require_accounts()
        .invited.finish(
            body.secret,
            body.name,
            body.challenge_id,
            passkey_secret(),
            describe_device(request.headers.get("User-Agent", "")),
            body.credential,
            relying_party(),
            find_origin(device_secret()),
            replaces=session_secret(),
        )
    )
    return _welcome(signed_in, "/")


def _welcome(signed_in: SignedIn, then: str) -> Response:
    response = jsonify({"next": target(then)})
    set_session(response, signed_in)
    return response


def _challenge(challenge: Challenge, browser: str) -> Response:
    response = jsonify({"challengeId": challenge.id, "options": challenge.options})
    set_passkey(response, browser)
    return response
