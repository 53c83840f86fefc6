"""The commands ``quart-chat backup`` and ``quart-chat restore``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from typing import Any

from quart_chat.backup.make import back_up
from quart_chat.backup.restore import restore
from quart_chat.config import load_settings
from quart_chat.copying.command import ProgressLine, describe
from quart_chat.copying.installation import Installation


def run_backup(options: argparse.Namespace, config: Mapping[str, Any]) -> int:
    """Back up, and print what the backup has; returns an exit code.

    Raises:
        ConfigError: A setting can't be used.
        CannotCopy: There is no backup; the message says why.
    """
    source = Installation.of(load_settings(config, os.environ))
    line = ProgressLine(sys.stderr)
    try:
        done = back_up(source, options.file, line)
    except KeyboardInterrupt:
        line.end()
        print("quart-chat: stopped; nothing was backed up.", file=sys.stderr)  # noqa: T201
        return 1
    finally:
        line.end()
    megabytes = f"{done.size / 1_000_000:,.1f} MB"
    print(  # noqa: T201 - a command prints
        f"Backed up {source.place} to {options.file}: {megabytes}, document"
        f" files: {done.files:,}, digest {done.digest[:32]}."
    )
    if done.files_missing:
        print(  # noqa: T201
            f"Documents without a file in {source.documents}: {done.files_missing:,}."
        )
    return 0


def run_restore(options: argparse.Namespace, config: Mapping[str, Any]) -> int:
    """Restore, and print what was restored; returns an exit code.

    Raises:
        ConfigError: A setting can't be used.
        CannotCopy: Nothing was restored; the message says why.
    """
    target = Installation.of(load_settings(config, os.environ))
    line = ProgressLine(sys.stderr)
    try:
        copied = restore(options.file, target, line)
    except KeyboardInterrupt:
        line.end()
        print("quart-chat: stopped; nothing was restored.", file=sys.stderr)  # noqa: T201
        return 1
    finally:
        line.end()
    source = Installation(str(options.file), target.settings)
    print("\n".join(describe("Restored", copied, source, target)))  # noqa: T201
    return 0
