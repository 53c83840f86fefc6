"""The three proxies in front of servers below paths, as the handbook configures them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.browser.nginx import run_locations
from tests.server import ROOT, Server
from tests.services import proxies

PATH = "/chat"
"""The path in the handbook."""

NGINX_PAGE = ROOT / "docs/how-to/run-behind-nginx.md"
_SECTION = "Below a path"
_UPSTREAM = "127.0.0.1:8000"

Run = Callable[[Server, Path], AbstractContextManager[str]]
"""Runs a proxy before a server for a block, and gives the address of the proxy."""


@contextmanager
def nginx(server: Server, folder: Path) -> Iterator[str]:
    with run_locations(_location(server), folder) as url:
        yield url


@contextmanager
def stripping_nginx(server: Server, folder: Path) -> Iterator[str]:
    """nginx, which takes the path off."""
    location = _location(server)
    address = f"proxy_pass {server.url}"
    with run_locations(proxies.replace(location, (f"{address};", f"{address}/;")), folder) as url:
        yield url


@contextmanager
def nginx_for_several(servers: Mapping[str, Server], folder: Path) -> Iterator[str]:
    """nginx before several servers, each below a path."""
    locations = (
        _location(server).replace(f"location {PATH}/", f"location {path}/")
        for path, server in servers.items()
    )
    with run_locations("\n".join(locations), folder) as url:
        yield url


def caddy(server: Server, folder: Path) -> AbstractContextManager[str]:
    return proxies.run_caddy(server, folder, _caddy_site())


def stripping_caddy(server: Server, folder: Path) -> AbstractContextManager[str]:
    """Caddy, which takes the path off."""
    kept = f"\treverse_proxy @chat {_UPSTREAM}\n"
    stripped = f"\thandle_path {PATH}/* {{\n\t\treverse_proxy {_UPSTREAM}\n\t}}\n"
    site = proxies.replace(_caddy_site(), (kept, stripped), (f"\t@chat path {PATH} {PATH}/*\n", ""))
    return proxies.run_caddy(server, folder, site)


def apache(server: Server, folder: Path) -> AbstractContextManager[str]:
    return proxies.run_apache(server, folder, _apache_site())


def stripping_apache(server: Server, folder: Path) -> AbstractContextManager[str]:
    """Apache, which takes the path off."""
    kept = f"ProxyPass {PATH} http://{_UPSTREAM}{PATH} "
    site = proxies.replace(_apache_site(), (kept, f"ProxyPass {PATH}/ http://{_UPSTREAM}/ "))
    return proxies.run_apache(server, folder, site)


def _caddy_site() -> str:
    text = proxies.configuration("text", section=_SECTION)
    return proxies.replace(text, ("example.org", "chat.example.org"))


def _apache_site() -> str:
    lines = proxies.configuration("apache", section=_SECTION)
    return f"<VirtualHost *:443>\n{lines}</VirtualHost>\n"


def _location(server: Server) -> str:
    text = proxies.configuration("nginx", page=NGINX_PAGE, section=_SECTION)
    return proxies.replace(text, (_UPSTREAM, server.url.removeprefix("http://")))
