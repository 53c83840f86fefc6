"""Read-only links to chats: who has one sees the chat and how it goes on, until it is revoked."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson
from msgspec.structs import replace

from quart_chat.chat.access import check_id, get_workflow, no_workflow
from quart_chat.chat.following import FollowingWorkflow, Frame, Verdict
from quart_chat.chat.journal import Entry, Journal
from quart_chat.chat.models import Item, Workflow, chat_data
from quart_chat.chat.repository import ChatRepository
from quart_chat.chat.stream import stream_all
from quart_chat.errors import NotFound
from quart_chat.events import Event
from quart_chat.texts import _

if TYPE_CHECKING:
    from quart_chat.chat.service import ChatService

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")

REVOKED = "revoked"

PUBLIC = frozenset({"id", "title", "status", "headRound", "seq", "createdAt", "updatedAt"})
"""What a reader of the link is told of the chat's entry in its owner's list."""


@dataclass(frozen=True, slots=True)
class Share:
    """The link of a chat."""

    token: str
    workflow_id: str
    created_at: float


def share_context(token: str) -> str:
    """The context in which the readers of a link are told that it is revoked."""
    return f"share:{token}"


class Sharing:
    """Makes, finds and revokes links; a chat has one at a time."""

    def __init__(self, repository: ChatRepository, journal: Journal) -> None:
        self._repository = repository
        self._journal = journal

    async def share(self, user_id: str, workflow_id: str) -> Share:
        """Make a link to a chat, or find the one there is."""
        check_id(workflow_id)

        def change(entry: Entry) -> Share:
            get_workflow(entry, user_id, workflow_id)
            known = entry.transaction.select_share(workflow_id)
            if known is not None:
                return Share(*known)
            share = Share(secrets.token_urlsafe(32), workflow_id, time.time())
            entry.transaction.insert_share(share.token, workflow_id, share.created_at)
            return share

        return await self._journal.commit(change)

    async def find(self, user_id: str, workflow_id: str) -> Share | None:
        """The link of a chat, if it has one."""
        check_id(workflow_id)
        if await self._repository.select_workflow(user_id, workflow_id) is None:
            raise no_workflow()
        row = await self._repository.select_share(workflow_id)
        return None if row is None else Share(*row)

    async def revoke(self, user_id: str, workflow_id: str) -> None:
        """End a link and all who read it; idempotent."""
        check_id(workflow_id)

        def change(entry: Entry) -> None:
            get_workflow(entry, user_id, workflow_id)
            row = entry.transaction.delete_share(workflow_id)
            if row is not None:
                entry.announce(share_context(row[0]), REVOKED, "share")

        await self._journal.commit(change)

    async def open(self, token: str) -> Workflow:
        """The chat that a link leads to.

        Raises:
            NotFound: To none, or no longer.
        """
        workflow = None
        if _TOKEN.fullmatch(token):
            workflow = await self._repository.select_shared(token)
        if workflow is None:
            raise NotFound(_("There is no such link, or no longer."))
        return workflow


def stream_shared(
    service: ChatService, workflow: Workflow, token: str, since: int
) -> AsyncGenerator[bytes, None]:
    """Stream a chat to a reader of its link, until the link is revoked or the chat deleted."""
    chat = FollowingShared(service, workflow.user_id, workflow.id, since, follow=True)
    link = FollowingLink(service.sharing, token, chat)
    return stream_all(service.events, {chat: str, link: lambda _seq: None}, pulse=True)


class FollowingShared(FollowingWorkflow):
    """A chat as a reader of its link sees it."""

    selective = True

    def shown_item(self, data: Item) -> Item:
        if data["type"] != "workflow" or data["item"].get("deleted"):
            return data
        item = {key: value for key, value in data["item"].items() if key in PUBLIC}
        return {**data, "item": item}

    def shown(self, event: Event) -> Event:
        if event.type != "chatdata" or event.data["type"] != "workflow":
            return event
        return replace(event, body=orjson.dumps(self.shown_item(event.data)))


class FollowingLink:
    """The link itself: with it ends the stream."""

    selective = False

    def __init__(self, sharing: Sharing, token: str, chat: FollowingShared) -> None:
        self.context_id = share_context(token)
        self.seq = 0
        self._sharing = sharing
        self._token = token
        self._chat = chat

    @property
    def ended(self) -> bool:
        return self._chat.ended

    async def catch_up(self) -> list[Frame]:
        """See that the link was not revoked before anybody listened."""
        try:
            await self._sharing.open(self._token)
        except NotFound:
            return self._end()
        return []

    def judge(self, event: Event) -> Verdict:
        self._end()
        return Verdict.COVERED

    def give_up(self, event: Event) -> None:
        """Nothing is missing of a link."""

    def shown(self, event: Event) -> Event:
        return event

    def _end(self) -> list[Frame]:
        self._chat.ended = True
        item = {"id": self._chat.context_id, "deleted": True}
        return [(None, orjson.dumps(chat_data("workflow", time.time(), item)))]
