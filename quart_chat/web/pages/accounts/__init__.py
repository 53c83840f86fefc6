"""The pages about accounts; a server without accounts has none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quart_chat.web.api import passkeys as passkeys_api
from quart_chat.web.pages.accounts import account, links, passkeys, sign_in, tokens, users
from quart_chat.web.pages.usage import pages as usage

if TYPE_CHECKING:
    from quart import Quart

    from quart_chat.config import Settings


def init_app(app: Quart, settings: Settings) -> None:
    """Add the pages: those of a way to sign in only where users may go it."""
    blueprints = [account.blueprint, tokens.blueprint, users.blueprint, usage.blueprint]
    if settings.auth.sessions:
        blueprints.append(sign_in.blueprint)
    if settings.auth.accounts:
        blueprints += [links.blueprint, passkeys.blueprint, passkeys_api.blueprint]
    if settings.auth.oidc:
        from quart_chat.web.pages.accounts import connection, oidc

        blueprints += [oidc.blueprint, connection.blueprint]
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
