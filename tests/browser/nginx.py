"""A real nginx in front of a server, with what it is told to do to streams."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.server import free_port
from tests.services.spawning import spawn

START_TIMEOUT = 10.0

_CONFIG = """
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    {locations}
  }}
}}
"""


_LOCATION = """
location / {{
  proxy_pass {upstream};
  proxy_set_header Host $http_host;
  {directives}
}}
"""


@contextmanager
def run_nginx(upstream: str, folder: Path, directives: str) -> Iterator[str]:
    """Run nginx before ``upstream`` for the block; gives its address."""
    location = _LOCATION.format(upstream=upstream, directives=directives)
    with run_locations(location, folder) as url:
        yield url


@contextmanager
def run_locations(locations: str, folder: Path) -> Iterator[str]:
    """Run nginx with locations that are written out, for the block; gives its address."""
    port = free_port()
    config = _CONFIG.format(folder=folder, port=port, locations=locations)
    with run_configured(config, folder, port) as url:
        yield url


@contextmanager
def run_configured(config: str, folder: Path, port: int) -> Iterator[str]:
    """Run nginx with a configuration that listens on a port, for the block; gives its address."""
    path = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if path is None:
        pytest.skip("These tests run nginx: install it, on Debian with 'apt install nginx-light'")
    file = folder / "nginx.conf"
    # Started by root it would become somebody else, who may not write to the folder.
    user = "user root;" if os.geteuid() == 0 else ""
    file.write_text(f"daemon off; {user}\n{config}")
    process = spawn([path, "-c", str(file), "-e", "stderr", "-p", str(folder)])
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = monotonic() + START_TIMEOUT
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if monotonic() > deadline or process.poll() is not None:
                raise
            sleep(0.02)
        else:
            return
