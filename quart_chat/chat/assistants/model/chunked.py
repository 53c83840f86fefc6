"""Chunked bodies of HTTP/1.1 (RFC 9112, 7.1): the framing comes off, however it was cut. No I/O."""

from __future__ import annotations

import re

MAX_LINE = 4096
"""Bytes of a chunk's size with its extensions, or of a trailer field."""

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?", re.DOTALL)


class Dechunker:
    """Takes a body in pieces, and returns the data of all chunks in a piece at once.

    Attributes:
        over: Whether the body has ended; what followed it is in ``rest``.
    """

    def __init__(self) -> None:
        self.over = False
        self.rest = b""
        self._left = 0
        self._last = False

    def feed(self, piece: bytes) -> bytes:
        """Take more of the body.

        Raises:
            ValueError: It is none.
        """
        piece = self.rest + piece
        data: list[bytes] = []
        at = 0
        while not self.over:
            if self._left > 2:
                # A chunk that is cut off counts as far as it has come.
                taken = piece[at : at + self._left - 2]
                data.append(taken)
                at += len(taken)
                self._left -= len(taken)
            if self._left:
                if len(piece) - at < self._left or self._left > 2:
                    break
                if piece[at : at + 2] != b"\r\n":
                    raise ValueError("a chunk is longer than it says")
                at, self._left = at + 2, 0
            end = piece.find(b"\r\n", at)
            if end < 0:
                if len(piece) - at > MAX_LINE:
                    raise ValueError("a line of a chunked body is too long")
                break
            self._take_line(piece[at:end])
            at = end + 2
        self.rest = piece[at:]
        return b"".join(data)

    def _take_line(self, line: bytes) -> None:
        if self._last:
            # Fields of the trailer, which nobody asked for, up to an empty line.
            self.over = not line
            return
        size = _SIZE.fullmatch(line)
        if size is None:
            raise ValueError("a chunk has no size")
        length = int(size[1], 16)
        self._last = length == 0
        self._left = length + 2 if length else 0
