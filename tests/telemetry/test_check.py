"""``quart-chat check`` says whether the collector of traces answers."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.telemetry.collector import collector

RUN = "import sys; from quart_chat.cli import main; sys.exit(main())"

Check = Callable[..., str]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Runs the command with variables, and returns the line of the traces."""

    def run(**env: str) -> str:
        found = subprocess.run(
            [sys.executable, "-c", RUN, "check"],
            env={**os.environ, "QUART_CHAT_INSTANCE": str(tmp_path / "instance"), **env},
            capture_output=True,
            text=True,
            check=False,
        )
        assert found.stderr == ""
        (line,) = [line for line in found.stdout.splitlines() if line.split()[1] == "traces"]
        assert (found.returncode == 1) == line.startswith("FAULT")
        assert "geheim" not in found.stdout
        return line

    return run


def test_no_collector_is_no_fault(check: Check) -> None:
    assert check() == "ok    traces    None are sent: no collector is set."


async def test_a_collector_that_answers_is_well(check: Check) -> None:
    async with collector() as made:
        url = made.url.replace("//", "//ada:geheim@")
        line = await asyncio.to_thread(check, OTEL_EXPORTER_OTLP_ENDPOINT=url)
        assert made.spans == []
        assert len(made.bodies) == 1
    assert line == f"ok    traces    The collector at {made.url[7:]} takes spans."


def test_a_collector_that_does_not_answer_has_a_cure(check: Check) -> None:
    line = check(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1",
        OTEL_EXPORTER_OTLP_HEADERS="authorization=geheim",
    )
    assert line.startswith("FAULT traces    The collector at 127.0.0.1:1 takes no spans. Start it")


def test_an_exporter_that_is_not_installed_has_a_cure(check: Check) -> None:
    line = check(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1", OTEL_EXPORTER_OTLP_PROTOCOL="pigeon"
    )
    assert line.startswith("FAULT traces    There is no exporter pigeon")
    assert "OTEL_EXPORTER_OTLP_PROTOCOL" in line
