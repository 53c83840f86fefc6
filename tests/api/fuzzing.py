"""Runs schemathesis against a server, as a program of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.server import Server

CONFIG = Path(__file__).with_name("schemathesis.toml")


def find_no_failure(server: Server, folder: Path, *options: str) -> None:
    """Have requests made of the server's own document: no check fails, and no handler crashes."""
    found = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)),
            *("run", f"{server.url}/openapi.json", "--seed", "1"),
            *("--no-color", "--warnings", "off", *options),
        ],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert "Traceback" not in "".join(server.output)
