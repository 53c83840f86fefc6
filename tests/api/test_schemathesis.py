"""What schemathesis makes of the document: each answer of a real server is one that it names."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.server import Server

CONFIG = Path(__file__).with_name("schemathesis.toml")


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(
            ["--phases", "examples,fuzzing,stateful", "--max-examples", "3", "--max-time", "6"],
            id="short",
        ),
        pytest.param(
            ["--max-examples", "100", "--max-time", "180"],
            marks=[pytest.mark.long, pytest.mark.timeout(600)],
        ),
    ],
)
def test_no_answer_is_unexpected(
    start_server: Callable[..., Server], tmp_path: Path, options: list[str]
) -> None:
    server = start_server(env={"QUART_CHAT_EVENTS_KEEPALIVE": "0.5"})
    found = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)),
            *("run", f"{server.url}/openapi.json", "--checks", "all", "--seed", "1"),
            *("--no-color", "--warnings", "off", *options),
        ],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert "Traceback" not in "".join(server.output)
