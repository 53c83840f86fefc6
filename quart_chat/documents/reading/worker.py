"""The process that reads a document: ``python -m quart_chat.documents.reading.worker``.

A file may be made to harm its reader. So it is read by a process that has no secrets, may take a
bounded amount of memory and time and write no file, and whose end harms nothing else. It writes
messages to its standard output; see :mod:`quart_chat.documents.messages`.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from time import monotonic

from quart_chat.documents.formats import Mark
from quart_chat.documents.formats.joining import join
from quart_chat.documents.kinds import CHECKED
from quart_chat.documents.messages import (
    Advanced,
    Failed,
    Finished,
    Message,
    Piece,
    Vocabulary,
    encode,
)
from quart_chat.documents.models import Kind
from quart_chat.documents.reading_warnings import ReadingWarning, add_up
from quart_chat.errors import ChatError, EmptyFile, MalformedFile, OversizedContent
from quart_chat.plaintext import clean
from quart_chat.search.spelling import words_of
from quart_chat.search.words import fold
from quart_chat.texts import _, load, number, set_language

BATCH = 100
"""Passages in a message."""

WORD_BATCH = 2000
"""Words in a message."""

INTERVAL = 0.2
"""Seconds after which a message is sent, however few passages it has."""

MAX_TEXT = 60_000_000
"""Characters of text in a document."""

MAX_WORDS = 200_000
"""Different words of a document that are kept for words that are mistyped."""

NICENESS = 5

_READERS = {
    Kind.TEXT: ("text", "plain"),
    Kind.CODE: ("text", "code"),
    Kind.MARKDOWN: ("markdown.reader", ""),
    Kind.HTML: ("html.reader", "plain"),
    Kind.CSV: ("delimited", ""),
    Kind.PDF: ("pdf.reader", "plain"),
    Kind.DOCX: ("office.docx.reader", "plain"),
    Kind.XLSX: ("office.xlsx.reader", ""),
    Kind.PPTX: ("office.pptx", "plain"),
    **dict.fromkeys((Kind.ODT, Kind.ODS, Kind.ODP), ("office.odf", "plain")),
    Kind.EPUB: ("epub", "plain"),
    Kind.RTF: ("office.rtf", "plain"),
    Kind.EML: ("eml", "plain"),
    Kind.IPYNB: ("ipynb", ""),
}
"""The module that reads each kind, and the form of its blocks; without one it yields passages."""

Send = Callable[[Message], None]


def pieces(path: Path, kind: Kind) -> Iterator[Piece | Mark | ReadingWarning]:
    """The passages of a file, with marks of how far the reading is, and warnings."""
    # What a format needs is imported for it alone: a process reads one file.
    name, form = _READERS[kind]
    parts = import_module(f"quart_chat.documents.formats.{name}").read(path)
    return join(parts, form, "\n\n") if form else iter(parts)


def check(path: Path, kind: Kind) -> None:
    """Make sure that a file is what it seems to be, and can be read."""
    if kind in CHECKED:
        import_module(f"quart_chat.documents.formats.{_READERS[kind][0]}").check(path)


def read(path: Path, kind: Kind, send: Send) -> Finished:
    """Read a file, and send its passages in batches.

    Raises:
        EmptyFile: It has no text.
        OversizedContent: It has too much.
    """
    batch: list[Piece] = []
    words: set[str] = set()
    warnings: list[ReadingWarning] = []
    mark, size, sent = Mark(0.0, _("Opening the document")), 0, monotonic()
    for part in pieces(path, kind):
        if isinstance(part, Mark):
            mark = part
        elif isinstance(part, ReadingWarning):
            warnings.append(part)
        else:
            batch.append(_storable(part))
            size += len(part.text)
            if len(words) < MAX_WORDS:
                words.update(words_of(part.text))
        if size > MAX_TEXT:
            raise OversizedContent(
                _("There are more than {limit} characters of text in it.").format(
                    limit=number(MAX_TEXT)
                )
            )
        if len(batch) >= BATCH or monotonic() - sent >= INTERVAL:
            send(Advanced(mark.fraction, mark.step, batch))
            batch, sent = [], monotonic()
    if not size:
        raise EmptyFile(_no_text(kind))
    send(Advanced(1.0, _("Indexing"), batch))
    known = [(word, fold(word)) for word in sorted(words)[:MAX_WORDS]]
    for start in range(0, len(known), WORD_BATCH):
        send(Vocabulary(known[start : start + WORD_BATCH]))
    return Finished(mark.pages, add_up(warnings))


def _storable(piece: Piece) -> Piece:
    headings = tuple(clean(heading) for heading in piece.headings)
    return Piece(headings, piece.page, piece.form, clean(piece.text))


def _no_text(kind: Kind) -> str:
    if kind is Kind.PDF:
        return _("There is no text in the PDF. Its pages may be pictures, which can't be read.")
    return _("There is no text in it.")


def run(task: str, kind: Kind, path: Path, send: Send) -> None:
    """Do what is asked, and send how it ended as the last message."""
    try:
        if task == "check":
            check(path, kind)
            send(Finished())
        else:
            send(read(path, kind, send))
    except ChatError as error:
        send(Failed(error.code, error.message))
    except MemoryError:
        send(Failed(OversizedContent.code, _("Reading it takes more memory than is allowed.")))
    except Exception as error:  # noqa: BLE001 - a broken file makes a library fail in any way
        detail = f"{type(error).__name__}: {error}"[:500]
        send(Failed(MalformedFile.code, _("It is damaged, and can't be read."), detail))


def confine(memory: int, seconds: int) -> None:
    """Take from this process what it does not need."""
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # not every system has each of them
            resource.setrlimit(limit, (value, value))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the server, which ends this
    os.nice(NICENESS)


def main(task: str, kind: str, path: str, memory: str, seconds: str, language: str) -> None:
    set_language(language)
    load(language)  # there may be no memory left when a text is needed
    confine(int(memory), int(seconds))
    output = sys.stdout.buffer

    def send(message: Message) -> None:
        output.write(encode(message) + b"\n")
        output.flush()

    with suppress(BrokenPipeError):  # the server has stopped listening
        run(task, Kind(kind), Path(path), send)


if __name__ == "__main__":
    main(*sys.argv[1:])
    os._exit(0)
