"""The standard streams of a process whose parent closed some of them, or reads them no longer.

A descriptor of 0, 1 or 2 that is closed goes to the next file or socket that is opened, such as the
database: whatever prints, then writes there, and uvloop aborts when it finds a socket among them.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path


def fill_standard_streams() -> None:
    """Open the null device in place of each standard stream that is closed."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            # It gets the lowest number that is free, which is this one.
            # Processes that this one starts need it as well (PEP 446).
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115


def say(text: str) -> None:
    """Print at once; if standard output takes nothing, as after ``| head -1``, drop it."""
    try:
        print(text, flush=True)  # noqa: T201 - a command prints
    except OSError:
        # What is left in the buffer would fail again at the end of the process.
        with suppress(OSError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, sys.stdout.fileno())
            os.close(null)
