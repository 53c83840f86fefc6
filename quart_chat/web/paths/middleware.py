"""Requests for an application below a path, whether or not a proxy has taken the path off.

ASGI has the whole path of a request in ``path``, and in ``root_path`` its beginning that is not the
application's. Proxies differ: some pass ``/chat/settings`` on as it is, some as ``/settings``. Both
mean the same page here, and what a server sets as ``root_path`` by itself is not needed.

A path below ``/chat`` is told from a chat's own, ``/chat/<id>``, by what follows: the first word of
a route, or anything else. A root path for which that could be either is refused at the start.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from quart_chat.web.paths.plain import plain_path

if TYPE_CHECKING:
    from werkzeug.routing import Map

    from quart_chat.events.asgi.server import Application, Receive, Scope, Send


class BelowPath:
    """ASGI middleware that says in each request below which path the application is.

    Args:
        app: The application, which honours ``root_path``.
        root: The path, without a slash at its end.
        routes: The application's, which may still be added to until the first request.
    """

    def __init__(self, app: Application, root: str, routes: Map) -> None:
        self._app = app
        self._root = root
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        path = plain_path(scope["path"])
        if path == self._root and scope.get("method") in {"GET", "HEAD"}:
            await self._add_slash(scope, send)
        else:
            path = self._root + self._route_path(path)
            await self._app({**scope, "path": path, "root_path": self._root}, receive, send)

    def _route_path(self, path: str) -> str:
        # A server with a root path of its own has put it in front of one that was there.
        while path.startswith(f"{self._root}/"):
            rest = plain_path(path.removeprefix(self._root))
            if rest.split("/")[1] not in self._words and not rest.startswith(f"{self._root}/"):
                break
            path = rest
        return path

    @cached_property
    def _words(self) -> frozenset[str]:
        return _first_words(self._routes)

    async def _add_slash(self, scope: Scope, send: Send) -> None:
        """Lead to the first page: relative links and the service worker are about what is below."""
        query = bytes(scope["query_string"])
        location = f"{self._root}/".encode() + (b"?" + query if query else b"")
        headers = [(b"location", location), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 308, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def is_ambiguous(routes: Map, root: str) -> bool:
    """Whether a page has an address that could also be another page's below the root path."""
    words = _first_words(routes)
    for rule in routes.iter_rules():
        if rule.rule == root and "GET" in (rule.methods or ()):
            return True
        if rule.rule.startswith(f"{root}/") and rule.rule.removeprefix(root).split("/")[1] in words:
            return True
    return False


def _first_words(routes: Map) -> frozenset[str]:
    return frozenset(rule.rule.split("/")[1] for rule in routes.iter_rules())
