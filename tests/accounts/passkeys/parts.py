"""A site, a browser, and what a person does there with a key."""

from __future__ import annotations

from quart_chat.accounts.models import Actor, SignedIn
from quart_chat.accounts.passkeys.models import Passkey, RelyingParty
from quart_chat.accounts.service import AccountService
from tests.accounts.authenticator import Authenticator
from tests.accounts.parts import HOME

SITE = RelyingParty("chat.example.org", "Chat", "https://chat.example.org")
OTHER_SITE = RelyingParty("evil.example.org", "Chat", "https://evil.example.org")
LOCAL = Actor("local")
BROWSER = "the secret of one browser"


async def register(
    accounts: AccountService, key: Authenticator, name: str = "Key", user_id: str = "local"
) -> Passkey:
    challenge = await accounts.passkeys.begin_registration(user_id, BROWSER, SITE)
    return await accounts.passkeys.finish_registration(
        Actor(user_id), challenge.id, BROWSER, name, key.create(challenge.options), SITE
    )


async def come(accounts: AccountService, key: Authenticator) -> SignedIn:
    challenge = await accounts.passkeys.begin_sign_in(BROWSER, SITE)
    return await accounts.passkeys.finish_sign_in(
        challenge.id, BROWSER, key.get(challenge.options), SITE, HOME
    )
