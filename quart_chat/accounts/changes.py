"""Changes of accounts: each checks who makes it, and is committed with its line of the log.

What a change revokes is stored with it, for the other processes to read, and told to the listeners
of this one before the caller of any later change goes on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from quart_chat.accounts.models import (
    Actor,
    Credential,
    CredentialKind,
    RevocationReason,
    Revoked,
    User,
)
from quart_chat.accounts.options import AccountOptions
from quart_chat.accounts.secret import new_id
from quart_chat.accounts.security_log.events import Action, SecurityEvent
from quart_chat.accounts.storage import AccountReader, AccountStorage, AccountTransaction
from quart_chat.errors import ChatError, Forbidden, LastAdministrator, NotFound
from quart_chat.plaintext import clean
from quart_chat.texts import _

_logger = logging.getLogger(__name__)

T = TypeVar("T")

RevocationListener = Callable[[Revoked], None]
"""Is told, on the event loop, what is no longer let in."""


@dataclass(slots=True)
class Change:
    """A change inside its transaction."""

    tx: AccountTransaction
    actor: Actor
    now: float
    source: str
    revoked: list[Revoked] = field(default_factory=list)

    def require_admin(self) -> None:
        """Let only enabled administrators and the command line go on.

        Raises:
            Forbidden: The actor is neither.
        """
        if self.actor.user_id is None:
            return
        user = self.tx.select_user(self.actor.user_id)
        if user is None or not user.is_admin or not user.is_enabled:
            raise Forbidden(_("Only an administrator may do this."))

    def require_admin_or(self, user_id: str) -> None:
        """Let users change what is theirs, and administrators all.

        Raises:
            Forbidden: The actor is neither.
        """
        if self.actor.user_id != user_id:
            self.require_admin()

    def user(self, user_id: str) -> User:
        """Read a user.

        Raises:
            NotFound: No user has this id.
        """
        return get_user(self.tx, user_id)

    def require_other_admin(self, user: User) -> None:
        """Make sure that an enabled administrator is left without this one.

        Raises:
            LastAdministrator: None would be.
        """
        if user.is_admin and user.is_enabled and not self.tx.count_admins(besides=user.id):
            raise LastAdministrator(
                _("{name} is the only administrator. Make another user one first.").format(
                    name=user.name
                )
            )

    def revoke(
        self, user_id: str, reason: RevocationReason, credential: Credential | None = None
    ) -> None:
        """Have what is open with a credential end, or all of a user."""
        revoked = Revoked(user_id, credential, reason)
        self.tx.insert_revocation(revoked, self.now, self.source)
        self.revoked.append(revoked)

    def revoke_session(
        self, user_id: str, session_id: str, reason: RevocationReason = RevocationReason.REVOKED
    ) -> None:
        """Have what is open with a session end."""
        self.revoke(user_id, reason, Credential(CredentialKind.SESSION, session_id))

    def log(self, action: Action, subject_id: str | None = None, detail: str = "") -> None:
        """Add a line to the security log, about the actor if about no other user."""
        self.tx.insert_event(
            SecurityEvent(
                number=0,
                at=self.now,
                action=action,
                actor_id=self.actor.user_id,
                subject_id=subject_id or self.actor.user_id,
                detail=clean(detail),
                address=clean(self.actor.address)[:100],
            )
        )


class Changes:
    """Commits changes; what is begun is brought to its end, whatever becomes of the caller.

    Attributes:
        source: What this process marks its revocations with, as it has told them itself.
    """

    def __init__(self, storage: AccountStorage, options: AccountOptions) -> None:
        self.source = new_id()
        self._storage = storage
        self._options = options
        self._listeners: list[RevocationListener] = []
        self._tasks: set[asyncio.Task[Any]] = set()

    def on_revoked(self, listener: RevocationListener) -> None:
        """Have a listener told all revocations."""
        self._listeners.append(listener)

    def tell(self, revoked: Revoked) -> None:
        """Tell the listeners; one that fails keeps none of the others."""
        for listener in self._listeners:
            try:
                listener(revoked)
            except Exception:
                _logger.exception("A listener of revocations has failed")

    async def commit(self, actor: Actor, work: Callable[[Change], T]) -> T:
        """Make a change in a transaction, then tell what it has revoked.

        Raises:
            DatabaseUnavailable: Nothing was changed.
        """
        return await asyncio.shield(self.begin(actor, work))

    def begin(self, actor: Actor, work: Callable[[Change], T]) -> asyncio.Task[T]:
        """Begin a change that the caller does not wait for."""
        task = asyncio.create_task(self._commit(actor, work))
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    async def settle(self) -> None:
        """Wait until nothing that has begun by now is left half done."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _commit(self, actor: Actor, work: Callable[[Change], T]) -> T:
        def write(tx: AccountTransaction) -> tuple[T, list[Revoked]]:
            change = Change(tx, actor, self._options.clock(), self.source)
            return work(change), change.revoked

        async def tell(written: tuple[T, list[Revoked]]) -> None:
            for revoked in written[1]:
                self.tell(revoked)

        result, _revoked = await self._storage.write(write, tell)
        return result

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        # The caller may be gone; expected errors need no log.
        if not task.cancelled() and not isinstance(task.exception(), ChatError | None):
            _logger.error("A change of accounts has failed", exc_info=task.exception())


def get_user(reader: AccountReader, user_id: str) -> User:
    """Read a user.

    Raises:
        NotFound: No user has this id.
    """
    user = reader.select_user(user_id)
    if user is None:
        raise NotFound(_("This user does not exist."))
    return user


async def read_user(storage: AccountStorage, user_id: str) -> User:
    """Read a user in a transaction of its own; see :func:`get_user`."""
    return await storage.read(partial(get_user, user_id=user_id))
