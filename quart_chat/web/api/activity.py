"""The API of the security log: all users' entries for administrators, and each user's own."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from quart import Blueprint

from quart_chat.web.auth.identity import administrators_only
from quart_chat.web.context import services, user_id
from quart_chat.web.openapi.operation import Answer, operation
from quart_chat.web.pages.administration.sentences import describe
from quart_chat.web.schemas.activity import ActivityList, ActivityQuery, OwnActivityQuery

if TYPE_CHECKING:
    from quart_chat.accounts.security_log.events import SecurityEvent
    from quart_chat.accounts.security_log.service import LogPage
    from quart_chat.wire import Item

blueprint = Blueprint("activity_api", __name__, url_prefix="/api")


@blueprint.get("/admin/activity")
@administrators_only
@operation(Answer(ActivityList), tag="administration", query=ActivityQuery)
async def list_activity(query: ActivityQuery) -> Item:
    """List who did what, the latest first, a page at a time; for administrators."""
    return _to_item(
        await services()
        .require_accounts()
        .log.page(
            before=query.before or None,
            limit=query.limit,
            user_id=query.user or None,
            kind=query.wanted_kind,
        )
    )


@blueprint.get("/activity")
@operation(Answer(ActivityList), tag="administration", query=OwnActivityQuery)
async def list_own_activity(query: OwnActivityQuery) -> Item:
    """List what the user did, and what was done about the user, the latest first.

    The address is left out where another user did it.
    """
    return _to_item(
        await services()
        .require_accounts()
        .log.own_page(
            user_id(), before=query.before or None, limit=query.limit, kind=query.wanted_kind
        )
    )


def _to_item(page: LogPage) -> Item:
    kept = timedelta(seconds=services().require_accounts().log.lifetime)
    return {
        "entries": [_to_entry(event) for event in page.entries],
        "next": page.next,
        "keptDays": kept.days,
    }


def _to_entry(event: SecurityEvent) -> Item:
    return {
        "number": event.number,
        "at": event.at,
        "action": event.action,
        "actor": _to_user(event.actor_id, event.actor),
        "subject": _to_user(event.subject_id, event.subject),
        "detail": event.detail,
        "address": event.address,
        "sentence": describe(event),
    }


def _to_user(id_: str | None, name: str | None) -> Item | None:
    return None if id_ is None else {"id": id_, "name": name}
