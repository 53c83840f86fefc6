"""The accounts: who sends a request, and all that can be done with users."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from quart_chat.accounts.invites import Invites
from quart_chat.accounts.models import Identity, Revoked
from quart_chat.accounts.options import AccountOptions
from quart_chat.accounts.passkeys import Passkeys
from quart_chat.accounts.passwords import Passwords
from quart_chat.accounts.security_log import SecurityLog
from quart_chat.accounts.sessions import Sessions
from quart_chat.accounts.sign_in import SignIn
from quart_chat.accounts.storage import AccountStorage
from quart_chat.accounts.tokens import Tokens
from quart_chat.accounts.users import Users

RevocationListener = Callable[[Revoked], None]
"""Is told, on the event loop, what is no longer let in; the same may be told twice."""

Eraser = Callable[[str], Awaitable[None]]
"""Ends what runs for a deleted user, such as rounds and readings, and removes files of theirs."""


class AccountService:
    """The accounts of a store.

    Args:
        storage: Where they are.
        options: How long what lasts.

    Attributes:
        users: Adds, changes and deletes users.
        passwords: Changes passwords.
        sign_in: Begins and ends sessions.
        sessions: The browsers that are signed in.
        tokens: The secrets of programs.
        invites: Links that are used once.
        passkeys: Keys of WebAuthn.
        log: Who did what.
    """

    users: Users
    passwords: Passwords
    sign_in: SignIn
    sessions: Sessions
    tokens: Tokens
    invites: Invites
    passkeys: Passkeys
    log: SecurityLog

    def __init__(self, storage: AccountStorage, options: AccountOptions | None = None) -> None:
        raise NotImplementedError

    async def identify_session(self, secret: str) -> Identity | None:
        """Say who has a session; None where it has ended, or there never was one.

        One indexed read, or none where the secret was seen some seconds ago.
        """
        raise NotImplementedError

    async def identify_token(self, secret: str) -> Identity | None:
        """Say whose token this is; None where it has ended, or there never was one.

        One indexed read, or none where the secret was seen some seconds ago.
        """
        raise NotImplementedError

    def on_revoked(self, listener: RevocationListener) -> None:
        """Have a listener told what this process or another one on the store has revoked.

        What this process revokes is told at once, before the call that revokes it returns; the rest
        within half a second, once the service has been started.
        """
        raise NotImplementedError

    def erase_with(self, eraser: Eraser) -> None:
        """Have an eraser awaited before the rows of a deleted user are erased.

        It should end the user's running rounds and readings, and delete the documents with their
        files. The service then erases all rows, in small transactions. One that fails is tried
        again, also by the next start, so it has to be idempotent.
        """
        raise NotImplementedError

    async def start(self) -> None:
        """Begin to watch for revocations of other processes, and to finish deletions."""
        raise NotImplementedError

    async def close(self) -> None:
        """Store the last uses, and end what runs in the background; idempotent."""
        raise NotImplementedError
