"""The accounts: who sends a request, and all that can be done with users."""

from __future__ import annotations

from quart_chat.accounts.changes import Changes, RevocationListener
from quart_chat.accounts.credentials.identification import Identification
from quart_chat.accounts.credentials.sessions import Sessions
from quart_chat.accounts.credentials.tokens import Tokens
from quart_chat.accounts.external.linking import Linking
from quart_chat.accounts.external.users import External
from quart_chat.accounts.invites import Invites
from quart_chat.accounts.models import Identity, Role
from quart_chat.accounts.oidc.requests import AuthorizationRequests
from quart_chat.accounts.options import AccountOptions
from quart_chat.accounts.passkeys.invited import InvitedByPasskey
from quart_chat.accounts.passkeys.service import Passkeys
from quart_chat.accounts.passwords.hashing import Hasher
from quart_chat.accounts.passwords.service import Passwords
from quart_chat.accounts.security_log.service import SecurityLog
from quart_chat.accounts.sign_in import SignIn
from quart_chat.accounts.storage import AccountStorage
from quart_chat.accounts.throttle.attempts import Attempts
from quart_chat.accounts.upkeep import Eraser, Erasure, Upkeep
from quart_chat.accounts.users import Users


class AccountService:
    """The accounts of a store.

    Args:
        storage: Where they are.
        options: How long what lasts.
        hasher: Hashes passwords; by default with the parameters of production.

    Attributes:
        users: Adds, changes and deletes users.
        passwords: Changes passwords.
        sign_in: Begins and ends sessions.
        sessions: The browsers that are signed in.
        tokens: The secrets of programs.
        invites: Links that are used once.
        passkeys: Keys of WebAuthn.
        invited: Accepts invites with a passkey.
        linking: Connects accounts with users of a provider.
        authorization_requests: Sign-ins that have begun at a provider of OpenID Connect.
        log: Who did what.
    """

    def __init__(
        self,
        storage: AccountStorage,
        options: AccountOptions | None = None,
        hasher: Hasher | None = None,
    ) -> None:
        options = options or AccountOptions()
        self._hasher = hasher or Hasher()
        self._changes = Changes(storage, options)
        self._identification = Identification(storage, options)
        self._changes.on_revoked(self._identification.forget)
        self._erasure = Erasure(storage)
        self._upkeep = Upkeep(storage, self._changes, self._identification, self._erasure, options)
        self._external = External(self._changes, self._identification)
        attempts = Attempts(storage, options)
        self.passwords = Passwords(storage, self._changes, self._hasher, attempts)
        self.users = Users(storage, self._changes, self.passwords, self._erasure.begin)
        self.sign_in = SignIn(self._changes, self._hasher, attempts, options)
        self.sessions = Sessions(storage, self._changes, options)
        self.tokens = Tokens(storage, self._changes)
        self.invites = Invites(storage, self._changes, self.passwords, self.sign_in, options)
        self.passkeys = Passkeys(storage, self._changes, self.sign_in, options)
        self.invited = InvitedByPasskey(storage, self._changes, self.invites, self.sign_in, options)
        self.linking = Linking(storage, self._changes, options)
        self.authorization_requests = AuthorizationRequests(storage, options)
        self.log = SecurityLog(storage, self._changes, options.log_lifetime)

    async def identify_session(self, secret: str) -> Identity | None:
        """Say who has a session; None where it has ended, or there never was one.

        One indexed read, or none where the secret was seen some seconds ago.
        """
        return await self._identification.identify_session(secret)

    async def identify_token(self, secret: str) -> Identity | None:
        """Say whose token this is; None where it has ended, or there never was one.

        One indexed read, or none where the secret was seen some seconds ago.
        """
        return await self._identification.identify_token(secret)

    async def identify_external(
        self, provider: str, subject: str, name: str, *, role: Role
    ) -> Identity | None:
        """Say which user another server vouches for with each request; None for a disabled user.

        Cached as sessions are. A user who is not known yet is added, with a number after the name
        where it is taken, and one who has another role gets this one.

        Args:
            provider: That server, such as ``proxy``.
            subject: What it calls the user, for good.
            name: The name of a user who is added.
            role: What the user may do, whatever the store says.

        Raises:
            InvalidInput: The name of a new user can't be used.
        """
        return await self._external.identify(provider, subject, name, role=role)

    def on_revoked(self, listener: RevocationListener) -> None:
        """Have a listener told what this process or another one on the store has revoked.

        What this process revokes is told at once, before the call that revokes it returns; the rest
        within half a second, once the service has been started.
        """
        self._changes.on_revoked(listener)

    def erase_with(self, eraser: Eraser) -> None:
        """Have an eraser awaited before the rows of a deleted user are erased.

        It should end the user's running rounds and readings, and delete the documents with their
        files. The service then erases all rows, in small transactions. One that fails is tried
        again, also by the next start, so it has to be idempotent. Without any eraser this process
        erases nothing, and leaves it to another one.
        """
        self._erasure.add(eraser)

    async def start(self) -> None:
        """Begin to watch for revocations of other processes, and to finish deletions.

        Erasers and listeners have to be there by then.
        """
        await self._upkeep.start()

    async def erase_deleted(self) -> None:
        """Begin to erase the users who were deleted and are not erased yet, as a start does."""
        await self._erasure.begin_all()

    async def settle(self) -> None:
        """Wait until what was begun is done, such as the erasure of users who were deleted."""
        await self._changes.settle()
        await self._erasure.settle()

    async def close(self) -> None:
        """Store the last uses, and end what runs in the background; idempotent."""
        await self._upkeep.close()
        await self._erasure.close()
        await self._changes.settle()
        self._hasher.close()
