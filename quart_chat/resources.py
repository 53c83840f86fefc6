"""What comes with the package: its version, and the files that it serves."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from pathlib import Path


@cache
def program_version() -> str:
    """The version that is installed; to look it up takes milliseconds."""
    return version("quart-chat")


def resource_path(name: str) -> Path:
    """The folder ``static``, ``templates`` or ``docs``: inside the wheel, or beside the package."""
    package = Path(__file__).parent
    packaged = package / name
    return packaged if packaged.is_dir() else package.parent / name
