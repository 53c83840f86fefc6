"""The browsers that are signed in."""

from __future__ import annotations

import builtins

from quart_chat.accounts.changes import Change, Changes
from quart_chat.accounts.models import (
    Actor,
    Session,
)
from quart_chat.accounts.options import AccountOptions
from quart_chat.accounts.security_log.events import Action
from quart_chat.accounts.storage import AccountStorage
from quart_chat.errors import NotFound
from quart_chat.texts import _


class Sessions:
    """The sessions of all users; users may end their own, and administrators all."""

    def __init__(self, storage: AccountStorage, changes: Changes, options: AccountOptions) -> None:
        self._storage = storage
        self._changes = changes
        self._options = options

    async def list(self, user_id: str) -> builtins.list[Session]:
        """Read a user's sessions that can be used, the latest use first."""
        sessions = await self._storage.read(lambda reader: reader.select_sessions(user_id))
        now = self._options.clock()
        return [session for session in sessions if is_alive(session, now, self._options)]

    async def revoke(self, actor: Actor, user_id: str, session_id: str) -> None:
        """End a session.

        Raises:
            NotFound: The user has no such session.
            Forbidden: It is another user's, and the actor no enabled administrator.
        """

        def revoke(change: Change) -> None:
            change.require_admin_or(user_id)
            if not change.tx.delete_session(user_id, session_id):
                raise NotFound(_("This session has ended already."))
            change.revoke_session(user_id, session_id)
            change.log(Action.SESSION_REVOKED, user_id)

        await self._changes.commit(actor, revoke)

    async def revoke_all(self, actor: Actor, user_id: str, *, keep: str | None = None) -> int:
        """End all sessions of a user but the one that is named; returns how many."""

        def revoke(change: Change) -> int:
            change.require_admin_or(user_id)
            ended = change.tx.delete_sessions(user_id, keep)
            for session_id in ended:
                change.revoke_session(user_id, session_id)
            if ended:
                change.log(Action.SESSIONS_REVOKED, user_id, str(len(ended)))
            return len(ended)

        return await self._changes.commit(actor, revoke)


def is_alive(session: Session, now: float, options: AccountOptions) -> bool:
    """Whether a session can still be used."""
    return now < session.expires_at and now - session.used_at < options.session_idle
