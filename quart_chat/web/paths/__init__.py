"""Paths: where the application is on its host, and what that means for its addresses."""

from quart_chat.web.paths.plain import plain_path
from quart_chat.web.paths.root import (
    AmbiguousRootPath,
    init_app,
    lead_links,
    link_to,
    own_name,
    path_to,
    root_path,
    route_path,
)

__all__ = [
    "AmbiguousRootPath",
    "init_app",
    "lead_links",
    "link_to",
    "own_name",
    "path_to",
    "plain_path",
    "root_path",
    "route_path",
]
