"""What schemathesis makes of the document: each answer of a real server is one that it names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.api.fuzzing import find_no_failure
from tests.server import Server


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
    find_no_failure(server, tmp_path, "--checks", "all", *options)
