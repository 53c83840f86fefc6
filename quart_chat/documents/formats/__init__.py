"""Readers of files. They run in a process of their own, which may be ended at any moment.

Each has ``read``, which yields blocks of text in order, marks of how far it is, and warnings about
what it could not read; those of formats that can be broken have ``check``, which says so before
anything is read.
"""

from __future__ import annotations

from typing import NamedTuple

from quart_chat.documents.reading_warnings import ReadingWarning


class Block(NamedTuple):
    """A paragraph, or what comes closest to it."""

    text: str
    headings: tuple[str, ...] = ()
    page: int | None = None


class Mark(NamedTuple):
    """How far the reading is, 0 to 1, what is being done, and how many pages there are."""

    fraction: float
    step: str
    pages: int | None = None


Part = Block | Mark | ReadingWarning
