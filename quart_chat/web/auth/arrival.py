"""Where a server without accounts may be used: on its own machine.

Everyone who reaches it is the same user, so it answers only what is sent to it there. The command
refuses to listen elsewhere. The check of each request is for other servers: they tell the
application where a request has arrived, but not where they listen.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from quart import request

from quart_chat.config import variable
from quart_chat.config.access import is_loopback
from quart_chat.errors import Forbidden
from quart_chat.texts import _

if TYPE_CHECKING:
    from quart import Quart

CURE = (
    f"Set {variable('auth')}=accounts, so that users sign in, {variable('auth')}=oidc, if they sign"
    f" in at a provider of OpenID Connect, or {variable('auth')}=proxy, if a proxy in front signs"
    " them in."
)


def init_app(app: Quart) -> None:
    """Have ``app`` answer its own machine alone."""
    app.before_request(check_arrival)


async def check_arrival() -> None:
    """Refuse what has arrived from the network."""
    server = request.scope.get("server")
    # A Unix socket has a path and no port, and a test has nothing.
    if server and server[1] is not None and not _is_here(str(server[0])):
        raise Forbidden(
            _("Without accounts this server can be used on its own machine alone.") + f" {CURE}"
        )


_is_here = cache(is_loopback)
