"""Processes that end with the tests, however these end."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

# The kernel takes the end of the thread that has started a process for the end of its parent
# (prctl(2), PR_SET_PDEATHSIG), and a service outlives the threads of a test. This one never ends.
_STARTER = ThreadPoolExecutor(1, thread_name_prefix="starter")


def spawn(command: Sequence[str | Path], **options: Any) -> subprocess.Popen[bytes]:
    """Start a service, which is asked to end when this process has ended, even if it was killed.

    Where ``setpriv`` is missing, as it is outside of Linux, a service may outlive the tests.
    """
    setpriv = shutil.which("setpriv")
    ending = [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen([*ending, *command], **options)

    return _STARTER.submit(start).result()
