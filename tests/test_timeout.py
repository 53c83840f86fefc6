"""A test that hangs fails, wherever it hangs, and those after it run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.server import ROOT

pytestmark = pytest.mark.long

HANGING = """
import asyncio
import threading

import uvloop


async def test_a_task():
    await asyncio.Event().wait()


def test_a_thread():
    threading.Event().wait()


def test_uvloop():
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.Event().wait())


def test_nothing():
    pass
"""


def test_what_hangs_fails_and_what_follows_runs(tmp_path: Path) -> None:
    (tmp_path / "test_hanging.py").write_text(HANGING)
    short = ["-o", "timeout=0.5", "-o", "faulthandler_timeout=2"]
    options = ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path), "-n", "1", *short]
    command = [sys.executable, "-m", "pytest", *options, "-p", "no:cacheprovider"]
    run = subprocess.run(
        [*command, "test_hanging.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "3 failed, 1 passed" in run.stdout, run.stdout + run.stderr
    for name in ("a_task", "a_thread", "uvloop"):
        assert f"FAILED test_hanging.py::test_{name}" in run.stdout
