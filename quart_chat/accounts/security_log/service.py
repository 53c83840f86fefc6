"""Who did what, from where: kept for a set time."""

from __future__ import annotations

from dataclasses import dataclass, replace

from quart_chat.accounts.changes import Change, Changes
from quart_chat.accounts.models import Actor
from quart_chat.accounts.security_log.events import ACTIONS, Action, Kind, SecurityEvent
from quart_chat.accounts.storage import AccountStorage


@dataclass(frozen=True, slots=True)
class LogPage:
    """A page of the log, the latest entry first.

    Attributes:
        next: What the page after is asked for with; None on the last one.
    """

    entries: list[SecurityEvent]
    next: int | None


class SecurityLog:
    """The log of what concerns accounts. Each change writes its line in its own transaction.

    Attributes:
        lifetime: Seconds for which an entry is kept.
    """

    def __init__(self, storage: AccountStorage, changes: Changes, lifetime: float) -> None:
        self.lifetime = lifetime
        self._storage = storage
        self._changes = changes

    async def page(
        self,
        *,
        before: int | None = None,
        limit: int = 50,
        user_id: str | None = None,
        kind: Kind | None = None,
    ) -> LogPage:
        """Read the latest entries.

        Args:
            before: Only those with a smaller number: ``next`` of the page before.
            limit: How many at most.
            user_id: Only those that this user did, or that are about this user.
            kind: Only those of this kind.
        """
        actions = None if kind is None else ACTIONS[kind]
        entries = await self._storage.read(
            lambda reader: reader.select_events(before, limit + 1, user_id, actions)
        )
        more = len(entries) > limit
        return LogPage(entries[:limit], entries[limit - 1].number if more else None)

    async def own_page(
        self,
        user_id: str,
        *,
        before: int | None = None,
        limit: int = 50,
        kind: Kind | None = None,
    ) -> LogPage:
        """Read what a user may know: what the user did, and what others did about the user.

        Where another user is, is not told. Where a stranger has typed a wrong password is.
        """
        page = await self.page(before=before, limit=limit, user_id=user_id, kind=kind)
        entries = [
            entry if entry.actor_id in (None, user_id) else replace(entry, address="")
            for entry in page.entries
        ]
        return replace(page, entries=entries)

    async def add_stop(self, actor: Actor, user_id: str, workflow_id: str) -> None:
        """Note that an administrator stops a round of a user.

        Raises:
            Forbidden: The actor is no enabled administrator.
        """

        def add(change: Change) -> None:
            change.require_admin()
            change.log(Action.ROUND_STOPPED, user_id, workflow_id)

        await self._changes.commit(actor, add)
