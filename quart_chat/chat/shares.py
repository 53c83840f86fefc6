"""Read-only links to chats: who has one sees the chat and how it goes on, until it is revoked."""

from __future__ import annotations

import re
import secrets
import time

from quart_chat.chat.access import check_id, found_workflow, get_workflow
from quart_chat.chat.models import Share, Workflow
from quart_chat.chat.storage import ChatReader, ChatStorage
from quart_chat.chat.unit_of_work import Committer, UnitOfWork
from quart_chat.errors import NotFound
from quart_chat.texts import _

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")

REVOKED = "revoked"


def share_context(token: str) -> str:
    """The context in which the readers of a link are told that it is revoked."""
    return f"share:{token}"


class Sharing:
    """Makes, finds and revokes links; a chat has one at a time."""

    def __init__(self, storage: ChatStorage, committer: Committer) -> None:
        self._storage = storage
        self._committer = committer

    async def share(self, user_id: str, workflow_id: str) -> Share:
        """Make a link to a chat, or find the one there is."""
        check_id(workflow_id)

        def change(unit: UnitOfWork) -> Share:
            get_workflow(unit, user_id, workflow_id)
            known = unit.transaction.select_share(workflow_id)
            if known is not None:
                return known
            share = Share(secrets.token_urlsafe(32), workflow_id, time.time())
            unit.transaction.insert_share(share)
            return share

        return await self._committer.commit(change)

    async def find(self, user_id: str, workflow_id: str) -> Share | None:
        """The link of a chat, if it has one."""
        check_id(workflow_id)

        def read(reader: ChatReader) -> Share | None:
            found_workflow(reader.select_workflow(workflow_id, user_id))
            return reader.select_share(workflow_id)

        return await self._storage.read(read)

    async def revoke(self, user_id: str, workflow_id: str) -> None:
        """End a link and all who read it; idempotent."""
        check_id(workflow_id)

        def change(unit: UnitOfWork) -> None:
            get_workflow(unit, user_id, workflow_id)
            share = unit.transaction.delete_share(workflow_id)
            if share is not None:
                unit.announce(share_context(share.token), REVOKED, "share")

        await self._committer.commit(change)

    async def open(self, token: str) -> Workflow:
        """The chat that a link leads to.

        Raises:
            NotFound: To none, or no longer.
        """
        workflow = None
        if _TOKEN.fullmatch(token):
            workflow = await self._storage.read(lambda reader: reader.select_shared(token))
        if workflow is None:
            raise NotFound(_("There is no such link, or it has been removed."))
        return workflow
