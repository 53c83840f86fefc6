"""A real Caddy and a real Apache in front of a server, as the handbook configures them."""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.server import ROOT, Server, free_port
from tests.services.spawning import spawn

PAGE = ROOT / "docs/how-to/run-behind-caddy-or-apache.md"
START_TIMEOUT = 20.0
_PATH = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"
_UPSTREAM = "127.0.0.1:8000"

_APACHE = """
ServerRoot "{folder}"
PidFile "{folder}/apache.pid"
ErrorLog "{folder}/error.log"
DefaultRuntimeDir "{folder}"
Mutex "file:{folder}"
{modules}
Listen 127.0.0.1:{port}
ServerName 127.0.0.1
{site}
"""
_MODULES = ("mpm_event", "authz_core", "proxy", "proxy_http")


def configuration(language: str, *, page: Path = PAGE, section: str = "") -> str:
    """The first block in the language on a page of the handbook, or in a section of it."""
    text = page.read_text("utf-8")
    if section:
        _before, heading, text = text.partition(f"\n## {section}\n")
        assert heading, f"{page} has no section {section!r}"
    found = re.search(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def replace(text: str, *pairs: tuple[str, str]) -> str:
    for shown, meant in pairs:
        assert shown in text, f"{shown!r} is not in the configuration"
        text = text.replace(shown, meant)
    return text


@contextmanager
def run_caddy(server: Server, folder: Path, site: str | None = None) -> Iterator[str]:
    """Run Caddy before a server for the block, with a site, or the handbook's."""
    program = _find("caddy")
    port = free_port()
    site = replace(
        site or configuration("text"),
        ("chat.example.org", f"http://127.0.0.1:{port}"),
        (_UPSTREAM, server.url.removeprefix("http://")),
    )
    file = folder / "Caddyfile"
    file.write_text("{\n\tadmin off\n\tauto_https off\n}\n" + site)
    command = [program, "run", "--config", str(file), "--adapter", "caddyfile"]
    with _running(command, folder, port) as url:
        yield url


@contextmanager
def run_apache(server: Server, folder: Path, site: str | None = None) -> Iterator[str]:
    """Run Apache before a server for the block, with a site, or the handbook's."""
    program = _find("apache2")
    port = free_port()
    site = replace(
        site or configuration("apache"),
        ("<VirtualHost *:443>", f"<VirtualHost 127.0.0.1:{port}>"),
        (_UPSTREAM, server.url.removeprefix("http://")),
    )
    site = re.sub(r"^ *(SSL|ServerName).*\n", "", site, flags=re.MULTILINE)
    modules = "\n".join(
        f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in _MODULES
    )
    file = folder / "apache.conf"
    file.write_text(_APACHE.format(folder=folder, port=port, modules=modules, site=site))
    with _running([program, "-D", "FOREGROUND", "-f", str(file)], folder, port) as url:
        yield url


def _find(name: str) -> str:
    path = shutil.which(name, path=_PATH)
    return path or pytest.skip(f"Needs {name}: on Debian 'apt install {name}'")


@contextmanager
def _running(command: Sequence[str], folder: Path, port: int) -> Iterator[str]:
    home = {name: str(folder) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    with (folder / "output.log").open("wb") as output:
        process = spawn(command, env={**os.environ, **home}, stdout=output, stderr=output)
    try:
        deadline = monotonic() + START_TIMEOUT
        while not _listens(port):
            assert process.poll() is None, (folder / "output.log").read_text()
            assert monotonic() < deadline, "The proxy has not started"
            sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True
