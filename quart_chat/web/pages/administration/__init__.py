"""The pages for administrators. The page of a server without accounts is the live one alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart import Blueprint, redirect

from quart_chat.texts import _
from quart_chat.web.auth.client import has_accounts
from quart_chat.web.auth.identity import administrators_only
from quart_chat.web.pages.administration import live
from quart_chat.web.paths import path_to

if TYPE_CHECKING:
    from quart import Quart
    from quart.typing import ResponseReturnValue

    from quart_chat.config import Settings

USERS = "/admin/users"
USAGE = "/admin/usage"
ACTIVITY = "/admin/activity"
LIVE = "/admin/live"

blueprint = Blueprint("administration", __name__)


def init_app(app: Quart, settings: Settings) -> None:
    """Add the pages: those about users only where there are any."""
    app.jinja_env.globals["administration_pages"] = pages
    app.register_blueprint(blueprint)
    app.register_blueprint(live.blueprint)
    if settings.auth.is_on:
        from quart_chat.web.pages.administration import activity

        app.register_blueprint(activity.blueprint)


def pages() -> dict[str, str]:
    """The pages by their addresses, in the order of the navigation."""
    return {path_to(path): name for path, name in _names().items()}


def _names() -> dict[str, str]:
    """What the pages are called, by the paths of their routes."""
    of_users = {USERS: _("Users"), USAGE: _("Usage"), ACTIVITY: _("Activity")}
    return {**(of_users if has_accounts() else {}), LIVE: _("Live")}


@blueprint.get("/admin")
@administrators_only
async def show_first() -> ResponseReturnValue:
    """The first of the pages."""
    return redirect(path_to(next(iter(_names()))), 303)
