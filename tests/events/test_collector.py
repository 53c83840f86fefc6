"""Sparing the garbage collector."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import gc
from quart_chat.events import collect_rarely

before = len(gc.get_objects())
collect_rarely()
print(gc.get_freeze_count() >= before // 2, len(gc.get_objects()) < before // 2)
looked = gc.get_stats()[0]["collections"]
made = [[] for _ in range(5000)]
print(gc.get_stats()[0]["collections"] == looked)
"""


def test_what_is_loaded_is_left_alone_and_the_rest_is_looked_at_seldom() -> None:
    # A process of its own: it concerns all of one.
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "True", "True"]
