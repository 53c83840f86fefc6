"""What the reader says of a file, without the process around it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from quart_chat.documents.messages import Advanced, Failed, Finished, Message, Piece
from quart_chat.documents.models import Kind
from quart_chat.documents.reading import worker


@dataclass(frozen=True)
class Read:
    """The passages of a file and its warnings, or how it failed."""

    pieces: list[Piece]
    warnings: dict[str, int]
    failure: str | None
    message: str = ""

    @property
    def text(self) -> str:
        return "\n".join(piece.text for piece in self.pieces)

    @property
    def texts(self) -> list[str]:
        return [piece.text for piece in self.pieces]


def read(folder: Path, kind: Kind, content: bytes | str) -> Read:
    """Check and read a file as the process does."""
    path = folder / "file"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    sent: list[Message] = []
    worker.run("check", kind, path, sent.append)
    if not isinstance(sent[-1], Failed):
        worker.run("read", kind, path, sent.append)
    pieces = [piece for each in sent if isinstance(each, Advanced) for piece in each.pieces]
    last = sent[-1]
    if isinstance(last, Failed):
        return Read(pieces, {}, last.code, last.message)
    assert isinstance(last, Finished)
    return Read(pieces, {each.code: each.count for each in last.warnings}, None)
