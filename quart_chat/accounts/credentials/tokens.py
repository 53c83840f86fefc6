"""Secrets that programs send."""

from __future__ import annotations

import builtins

from quart_chat.accounts.changes import Change, Changes
from quart_chat.accounts.models import (
    Actor,
    Credential,
    CredentialKind,
    NewToken,
    RevocationReason,
    Scope,
    Token,
)
from quart_chat.accounts.secret import digest, is_secret, new_id, new_secret
from quart_chat.accounts.security_log.events import Action
from quart_chat.accounts.storage import AccountStorage
from quart_chat.errors import Forbidden, InvalidInput, NotFound
from quart_chat.plaintext import clean_name
from quart_chat.texts import _, number

PREFIX = "qc_"
"""What each token begins with, so that scanners of published code find those that leaked."""

MAX_TOKENS = 50
"""Tokens of one user."""

MAX_NAME = 60
"""Characters in the name of a token."""


class Tokens:
    """The tokens of all users; users have their own, and administrators may revoke all."""

    def __init__(self, storage: AccountStorage, changes: Changes) -> None:
        self._storage = storage
        self._changes = changes

    async def create(
        self, actor: Actor, user_id: str, name: str, scope: Scope, expires_at: float | None = None
    ) -> NewToken:
        """Make a token, for oneself alone.

        Raises:
            InvalidInput: The name is blank or too long, the end is past, or there are too many.
            Forbidden: The actor is another user, or disabled.
        """
        name = clean_name(name, MAX_NAME)
        secret = PREFIX + new_secret()

        def create(change: Change) -> Token:
            user = change.user(user_id)
            if actor.user_id not in (None, user_id) or not user.is_enabled:
                raise Forbidden(_("Users can create tokens only for themselves."))
            if expires_at is not None and not change.now < expires_at:
                raise InvalidInput(_("expiresAt: this moment is past."))
            if len(change.tx.select_tokens(user_id)) >= MAX_TOKENS:
                raise InvalidInput(
                    _("You have {limit} tokens already. Revoke one first.").format(
                        limit=number(MAX_TOKENS)
                    )
                )
            token = Token(new_id(), user_id, name, scope, change.now, expires_at)
            change.tx.insert_token(token, digest(secret))
            change.log(Action.TOKEN_CREATED, user_id, f"{name} ({scope})")
            return token

        return NewToken(await self._changes.commit(actor, create), secret)

    async def list(self, user_id: str) -> builtins.list[Token]:
        """Read a user's tokens, the newest first, those included that have expired."""
        return await self._storage.read(lambda reader: reader.select_tokens(user_id))

    async def revoke(self, actor: Actor, user_id: str, token_id: str) -> None:
        """End a token.

        Raises:
            NotFound: The user has no such token.
            Forbidden: It is another user's, and the actor no enabled administrator.
        """

        def revoke(change: Change) -> None:
            change.require_admin_or(user_id)
            names = {token.id: token.name for token in change.tx.select_tokens(user_id)}
            if not change.tx.delete_token(user_id, token_id):
                raise NotFound(_("This token does not exist."))
            credential = Credential(CredentialKind.TOKEN, token_id)
            change.revoke(user_id, RevocationReason.REVOKED, credential)
            change.log(Action.TOKEN_REVOKED, user_id, names[token_id])

        await self._changes.commit(actor, revoke)


def is_token(text: str) -> bool:
    """Whether a text may be a token; what is none is not looked up."""
    return text.startswith(PREFIX) and is_secret(text.removeprefix(PREFIX))
