"""Templates are compiled once on a machine: that takes an eighth of a server's start."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from jinja2 import FileSystemBytecodeCache

if TYPE_CHECKING:
    from jinja2.bccache import Bucket
    from quart import Quart


class CompiledTemplates(FileSystemBytecodeCache):
    """Templates compiled by an earlier start, in a folder for temporary files that is the user's.

    Jinja looks for that folder, and refuses one that others could write. What can't be read or
    written is compiled.
    """

    def load_bytecode(self, bucket: Bucket) -> None:
        """Find a template's code, if it is there."""
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template's code, if there is room."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


def init_app(app: Quart) -> None:
    """Keep what ``app`` compiles, where there is a folder for it."""
    with suppress(OSError, RuntimeError):
        app.jinja_env.bytecode_cache = CompiledTemplates()
