"""The entries of the security log, as the API answers with them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from quart_chat.accounts.security_log.events import Kind
from quart_chat.web.schemas.items import Seconds
from quart_chat.web.schemas.requests import MAX_SEQ

Before = Annotated[
    int, Meta(ge=0, le=MAX_SEQ, description="the `next` of the previous page; 0 for the latest")
]

KindName = Annotated[
    Literal["", "sign_in", "users", "credentials", "links", "rounds"],
    Meta(description="entries of this kind alone"),
]


class OwnActivityQuery(Struct, frozen=True):
    """Which of the user's own entries to list."""

    before: Before = 0
    limit: Annotated[int, Meta(ge=1, le=200, description="entries per page")] = 50
    kind: KindName = ""

    @property
    def wanted_kind(self) -> Kind | None:
        return Kind(self.kind) if self.kind else None


class ActivityQuery(OwnActivityQuery, frozen=True):
    """Which entries to list."""

    user: Annotated[
        str, Meta(max_length=100, description="the id of a user: entries by or about them")
    ] = ""


class ActivityPageQuery(ActivityQuery, frozen=True, rename={"before": "older"}):
    """The same of the page, beside whose entries is a list of chats that has a ``before``, too."""

    before: Before = 0


class UserItem(Struct, frozen=True):
    """A user; `name` is null where the account was deleted."""

    id: str
    name: str | None


class ActivityItem(Struct, frozen=True):
    """Who did what, from where.

    `actor` is null where the server, its command line or a stranger did it.
    """

    number: int
    at: Seconds
    action: str
    actor: UserItem | None
    subject: UserItem | None
    detail: str
    address: str
    sentence: Annotated[str, Meta(description="all of it, for people")]


class ActivityList(Struct, rename="camel", frozen=True):
    """A page of the security log, the latest entry first; `next` is null on the last page."""

    entries: list[ActivityItem]
    next: int | None
    kept_days: Annotated[int, Meta(description="days for which an entry is kept")]
