"""The list of chats as the pages show it: by day, or what a search found, and a way back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from babel.dates import format_skeleton
from quart import request

from quart_chat.chat.views import FoundPage
from quart_chat.errors import SearchTooBroad
from quart_chat.texts import _, language
from quart_chat.web.context import services, user_id
from quart_chat.web.paths import path_to

if TYPE_CHECKING:
    from collections.abc import Iterable

    from quart_chat.chat.models import Workflow

MAX_QUERY = 200
"""Characters of a search that are read; the field takes no more."""


@dataclass(frozen=True, slots=True)
class Day:
    """Chats that were last changed on one day, or in a longer time that has a name."""

    name: str
    workflows: list[Workflow]

    @property
    def label(self) -> str:
        names = {
            "pinned": _("Pinned"),
            "today": _("Today"),
            "yesterday": _("Yesterday"),
            "week": _("Previous 7 days"),
        }
        if self.name in names:
            return names[self.name]
        month = date.fromisoformat(f"{self.name}-01")
        return format_skeleton("yMMMM", month, locale=language())


@dataclass(frozen=True, slots=True)
class ChatListView:
    """What is shown beside a page.

    Attributes:
        path: The address of the page: what is asked of the list is asked there.
        days: The chats of a page of the list.
        next: Asks for the page after.
        list_seq: The version of the list.
        query: What is searched for.
        found: What the search found.
        refusal: Why it found nothing, where that is not for lack of chats.
        deleted: A chat that has just been deleted and can be restored.
    """

    path: str
    days: list[Day]
    next: str | None
    list_seq: int
    query: str
    found: FoundPage
    refusal: str | None
    deleted: Workflow | None

    def current(self, url: str, part: str = "", but: str = "") -> str:
        """What ``aria-current`` says of a link: the page is there, or at what belongs to it.

        Args:
            url: Where the link leads.
            part: Another address that belongs to it, beside those that begin with it.
            but: One that begins with it and has a link of its own.
        """
        if self.path == url:
            return "page"
        if but and f"{self.path}/".startswith(f"{but}/"):
            return ""
        return "true" if self.path == part or self.path.startswith(f"{url}/") else ""


async def view_list() -> ChatListView:
    """The list as the request's query string asks for it."""
    chat, user = services().chat, user_id()
    query = request.args.get("q", "").strip()[:MAX_QUERY]
    before, deleted_id = request.args.get("before"), request.args.get("deleted", "")
    page = await chat.lists.page(user, before=None if query else before)
    found, refusal = FoundPage((), None), None
    try:
        found = await chat.lists.search(user, query, before=before)
    except SearchTooBroad as error:
        refusal = error.message
    return ChatListView(
        path=path_to(request.path),
        days=group_by_day(page.workflows, time.time()),
        next=page.next,
        list_seq=page.list_seq,
        query=query,
        found=found,
        refusal=refusal,
        deleted=await chat.recoverable(user, deleted_id) if deleted_id else None,
    )


def group_by_day(workflows: Iterable[Workflow], now: float) -> list[Day]:
    """Group what is in the order of the list under pinned, today, yesterday, week, or 2026-05.

    Days are the server's: only a script knows where the person is, and groups anew.
    """

    def group(workflow: Workflow) -> str:
        return "pinned" if workflow.pinned else day_group(workflow.updated_at, now)

    return [Day(name, list(members)) for name, members in groupby(workflows, group)]


def day_group(moment: float, now: float) -> str:
    """The group of a moment; days begin at midnight, also where one has 23 or 25 hours."""
    today = time.localtime(now)
    for name, days in (("today", 0), ("yesterday", 1), ("week", 7)):
        midnight = (today.tm_year, today.tm_mon, today.tm_mday - days, 0, 0, 0, 0, 0, -1)
        if moment >= time.mktime(midnight):
            return name
    return time.strftime("%Y-%m", time.localtime(moment))
