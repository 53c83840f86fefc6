"""The command ``quart-chat copy``: what it takes and what it prints."""

from __future__ import annotations

import argparse
import os
import sys
from time import monotonic
from typing import TextIO

from quart_chat.config import load_settings, variable
from quart_chat.copying.copy import FILES, Copied, copy_installation
from quart_chat.copying.installation import Installation

_PAUSE = 0.1
"""Seconds between two updates of a line."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to those of the program."""
    command = commands.add_parser(
        "copy", help="copy all chats and documents to another store, which must be empty"
    )
    place = "an instance folder, or the address of a PostgreSQL database"
    command.add_argument("source", metavar="FROM", help=place)
    command.add_argument("target", metavar="TO", help=place)
    command.add_argument(
        "--instance",
        help="folder of the documents' files beside a PostgreSQL database (default: ./instance)",
    )


def run_copy(options: argparse.Namespace) -> int:
    """Copy, and print what was copied; returns an exit code.

    Raises:
        ConfigError: An argument can't be used.
        CannotCopy: Nothing was copied; the message says why.
    """
    config = {} if options.instance is None else {variable("instance"): options.instance}
    folder = load_settings(config, os.environ).instance
    source = Installation.at(options.source, folder)
    target = Installation.at(options.target, folder)
    line = ProgressLine(sys.stderr)
    try:
        copied = copy_installation(source, target, line)
    except KeyboardInterrupt:
        line.end()
        print("quart-chat: stopped; nothing was copied.", file=sys.stderr)  # noqa: T201
        return 1
    finally:
        line.end()
    print("\n".join(describe("Copied", copied, source, target)))  # noqa: T201 - a command prints
    return 0


class ProgressLine:
    """Shows on a terminal how far a step is, and elsewhere that it begins."""

    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._step = ""
        self._shown = 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        new = step != self._step
        if self._output.isatty():
            if new or done == total or monotonic() - self._shown > _PAUSE:
                self._shown = monotonic()
                self._write(f"\r\x1b[K{step}: {done:,} of {total:,}")
        elif new:
            self._write(f"{step}: {total:,}\n")
        self._step = step

    def end(self) -> None:
        """Leave no half line."""
        if self._step and self._output.isatty():
            self._write("\r\x1b[K")
        self._step = ""

    def _write(self, text: str) -> None:
        self._output.write(text)
        self._output.flush()


def describe(verb: str, copied: Copied, source: Installation, target: Installation) -> list[str]:
    """Say what was copied from a place to an installation."""
    megabytes = f"{copied.size / 1_000_000:,.1f} MB"
    where = "stay in" if copied.files_stay else "are in"
    width = max(map(len, (*copied.tables, FILES)))
    lines = [
        f"{verb} {source.place} to {target.place}:",
        "",
        *(f"  {name:{width}}  {content.rows:>10,}" for name, content in copied.tables.items()),
        f"  {FILES:{width}}  {copied.files:>10,}  {megabytes}, which {where} {target.documents}",
        "",
        f"The target was read again and has the same rows: digest {copied.digest}.",
    ]
    if copied.files_missing:
        lines.append(f"Documents without a file in {source.documents}: {copied.files_missing:,}.")
    return lines
