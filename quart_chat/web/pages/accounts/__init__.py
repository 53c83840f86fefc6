"""The pages about accounts; a server without accounts has none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart_chat.web.api import passkeys as passkeys_api
from quart_chat.web.pages.accounts import account, links, passkeys, sign_in, tokens, users

if TYPE_CHECKING:
    from quart import Quart

    from quart_chat.config import Settings


def init_app(app: Quart, settings: Settings) -> None:
    """Add the pages: those of passwords and links only where users sign in here."""
    blueprints = [account.blueprint, tokens.blueprint, users.blueprint]
    if settings.auth.accounts:
        blueprints += [sign_in.blueprint, links.blueprint]
        blueprints += [passkeys.blueprint, passkeys_api.blueprint]
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
