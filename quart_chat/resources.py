"""The files that the package serves: styles, scripts, templates and the handbook."""

from __future__ import annotations

from pathlib import Path


def resource_path(name: str) -> Path:
    """The folder ``static``, ``templates`` or ``docs``: inside the wheel, or beside the package."""
    package = Path(__file__).parent
    packaged = package / name
    return packaged if packaged.is_dir() else package.parent / name
