"""Where the application is on its host: at the root, or below a path such as ``/chat``.

``QUART_CHAT_ROOT_PATH`` alone says where. Routes, items of the API and what is stored have paths
without it, so an installation can move. ``path_to`` puts it in front of a path that a browser gets;
templates have it as ``root``, and scripts in ``static/js/root.js``.

Other installations may share the host, and with it the browser's cookies and storage: ``own_name``
makes names that differ from theirs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from quart import current_app

from quart_chat.web.paths.middleware import BelowPath, is_ambiguous

if TYPE_CHECKING:
    from quart import Quart

    from quart_chat.config.values import RootPath

EXTENSION = "quart_chat.root_path"

# In rendered Markdown: text in it has no quotation marks.
_HREF = re.compile(r'(?<= href=")/(?!/)')


class AmbiguousRootPath(Exception):
    """The application has a page at the path below which it should be served."""


def init_app(app: Quart, root: RootPath) -> None:
    """Serve ``app`` below a path; called last, when its routes are known.

    Raises:
        AmbiguousRootPath: A page is there already.
    """
    app.extensions[EXTENSION] = root
    app.jinja_env.globals.update(root=str(root), own_name=own_name)
    app.add_template_filter(link_to)
    if not root:
        return
    if is_ambiguous(app.url_map, root):
        raise AmbiguousRootPath(root)
    # Quart documents asgi_app as the place for middleware; to mypy it is a method.
    app.asgi_app = BelowPath(app.asgi_app, root, app.url_map)  # type: ignore[method-assign,assignment]


def root_path() -> RootPath:
    """The path below which the application is served; empty at the root of its host."""
    root: RootPath = current_app.extensions[EXTENSION]
    return root


def path_to(path: str) -> str:
    """The path of a route as browsers know it."""
    return root_path() + path


def route_path(path: str) -> str | None:
    """The path of a route, of one that a browser knows; None if it leads elsewhere on the host."""
    root = root_path()
    return path.removeprefix(root) if path.startswith(f"{root}/") else None


def link_to(url: str) -> str:
    """The address of a stored link, which may lead elsewhere."""
    return path_to(url) if url.startswith("/") and not url.startswith("//") else url


def lead_links(html: str) -> str:
    """Rendered Markdown, as it is stored, with links that lead to where the pages are."""
    root = root_path()
    return _HREF.sub(f"{root}/", html) if root else html


def own_name(name: str) -> str:
    """The name of a cookie, or of anything else in the browser that this installation keeps."""
    return root_path().named(name)
