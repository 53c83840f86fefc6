"""Rich Text Format, by striprtf; the rows of its tables stay rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from striprtf.striprtf import rtf_to_text

from quart_chat.documents.formats import Block, Mark
from quart_chat.documents.formats.rows import label
from quart_chat.errors import MalformedFile
from quart_chat.texts import _

# Hidden text: in a group of its own, or up to where it is switched off.
_HIDDEN = re.compile(r"\{\\v(?![a-z0-9])[^{}]*\}|\\v(?:1)?(?![a-z0-9])[^{}]*?\\v0(?![0-9])")


def read(path: Path) -> Iterator[Block | Mark]:
    source = path.read_bytes().decode("latin-1")
    visible = _HIDDEN.sub("", source)
    try:
        # striprtf names no types.
        text = rtf_to_text(visible, encoding="cp1252", errors="replace")  # type: ignore[no-untyped-call]
    except (ValueError, KeyError, IndexError, LookupError, AttributeError) as error:
        raise MalformedFile(_("The file is damaged or incomplete.")) from error
    yield Mark(0.5, _("Reading the text"))
    rows: list[list[str]] = []
    for line in text.split("\n"):
        if line.endswith("|"):
            rows.append(line[:-1].split("|"))
            continue
        yield from map(Block, label(rows))
        rows = []
        if line.strip():
            yield Block(line.strip())
    yield from map(Block, label(rows))
