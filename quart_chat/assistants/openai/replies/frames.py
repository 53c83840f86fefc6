"""The bytes of an endpoint's answer, parted into chunks however they come.

What was asked for is a stream of server-sent events with a chunk of JSON in each (WHATWG HTML,
9.2). What comes may also be a single object of JSON, on one line or on many, an object on each
line, or no JSON at all. A chunk counts as soon as its line is there: the empty line after it adds
nothing, and some servers leave it out. What can't be read costs itself alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from quart_chat.assistants.openai.replies.events import END

MAX_LINE = 5 * 1024 * 1024
"""Bytes of a line, or of a chunk on several lines; a longer one is skipped."""
MAX_PROSE = 64 * 1024
"""Bytes kept of what is neither a field nor JSON."""
MAX_NAME = 100
"""Bytes of the name of an event that are looked at."""
MAX_GLUED = 5000
"""Frames on a line that are parted: to read more at once would take long."""
MAX_FAILED = 300
"""Lines of a frame, or frames on a line, that are tried in vain: more would take long."""

_FIELDS = (b"event", b"id", b"retry")
# A record separator begins each object of a sequence (RFC 7464).
_AROUND = b" \t\v\f\r\x1e"
_BOM = b"\xef\xbb\xbf"
_OPENINGS = (b"{", b"[", b'"{')
"""How JSON begins that may hold something: also as a text that was encoded twice."""
_DATA = re.compile(rb"data[ \t]*:", re.IGNORECASE)
_NEXT = re.compile(rb"(?<=\})[ \t]*(?:data:[ \t]*(?=[{\[])|(?=\[DONE\]))", re.IGNORECASE)
"""Between two frames on one line."""
_CHUNK = re.compile(rb'\{.{0,2000}"choices"', re.DOTALL)

MAX_TRIES = 20
"""Times that a line without an end is looked at: each takes as long as all of the line."""

Take = Callable[[bytes, str], bool]
"""Takes a chunk, and the name of its event in lower case; returns whether it could be read."""


class Frames:
    """Takes bytes, cut anywhere, and hands each chunk on.

    Attributes:
        skipped: Chunks that could not be read.
        ended: Whether an event has come that ends an answer by its name.
        bare: How many objects have come without a frame around them.
    """

    def __init__(self, take: Take) -> None:
        self.skipped = 0
        self.ended = False
        self.bare = 0
        self._take = take
        self._line: list[bytes] = []
        self._size = 0
        self._overlong = False
        self._tries = 0
        self._after_cr = False
        self._pending: list[bytes] = []
        self._pending_size = 0
        self._raw = False
        self._event = ""
        self._prose: list[bytes] = []
        self._prose_size = 0

    @property
    def prose(self) -> bytes:
        """What has come that is neither a field nor JSON, such as a page of HTML."""
        return b"\n".join(self._prose)

    def feed(self, piece: bytes) -> None:
        """Take more bytes."""
        if b"\r" in piece or self._after_cr:
            piece = self._normalize(piece)
        *lines, rest = piece.split(b"\n")
        if lines and self._line:
            self._add(lines[0])
            lines[0] = b"".join(self._line)
            self._line, self._size, self._tries = [], 0, 0
            if self._overlong:
                self._overlong = False
                del lines[0]
        for line in lines:
            if line or self._pending or self._event:
                self._take_line(line)
        if rest:
            self._add(rest)
            if rest.endswith((b"}", b"]")) and not self._overlong:
                self._take_unended()

    def finish(self) -> None:
        """No more bytes will come."""
        if self._line and not self._overlong:
            self._take_line(b"".join(self._line))
        self._line = []
        self._flush()
        # What takes the chunks holds this as well: they would wait for the garbage collector.
        del self._take

    def _take_unended(self) -> None:
        """Take a line that is whole as it stands: some servers send no end behind the last one."""
        if self._tries == MAX_TRIES or (self._pending and not self._raw):
            return
        self._tries += 1
        line = b"".join(self._line).strip(_AROUND)
        field = _DATA.match(line)
        data = b"\n".join([*self._pending, line[field.end() :].strip() if field else line])
        # A part of JSON may end with a brace, too.
        whole = data.startswith(b"{") and data.count(b"{") == data.count(b"}")
        if (whole or data == b"[DONE]") and self._try(data, bare=field is None):
            self._line, self._size = [], 0
            self._forget_pending()

    def _normalize(self, piece: bytes) -> bytes:
        # A CR ends its line at once; should the LF of a CRLF come next, it ends no other.
        if self._after_cr and piece.startswith(b"\n"):
            piece = piece[1:]
        self._after_cr = piece.endswith(b"\r")
        return piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _add(self, part: bytes) -> None:
        """Keep a part of a line; all of them are joined once, when it ends."""
        self._size += len(part)
        if self._size <= MAX_LINE:
            self._line.append(part)
        elif not self._overlong:
            self._overlong = True
            self.skipped += 1
            self._line = [b""]

    def _take_line(self, line: bytes) -> None:
        if line.startswith(b"data: {") and not self._pending:
            # Nearly all lines are like this one, and there is one for each token.
            if not self._take(line[6:], self._event):
                self._take_apart(line[6:])
            return
        # A gateway that joins streams has the mark of each at its start.
        while line.startswith(_BOM):
            line = line.removeprefix(_BOM)
        if line.startswith(b"data:"):
            self._take_data(line[5:].strip())
        elif not (text := line.strip(_AROUND)):
            self._end_frame()
        elif field := _DATA.match(text):
            self._take_data(text[field.end() :].strip())
        elif not text.startswith(b":"):
            name, colon, value = text.partition(b":")
            if colon and name.rstrip() in _FIELDS:
                self._take_field(name.rstrip(), value.strip())
            else:
                self._take_other(text)

    def _take_data(self, data: bytes) -> None:
        while data.startswith(b"data:"):
            data = data[5:].strip()  # framed twice
        if not data:
            return
        if self._pending and _CHUNK.match(data):
            # The frame before it has had no end.
            self._flush()
        # What can't be read may go on in the next line.
        if self._pending:
            self._keep(data)
        elif not self._take(data, self._event):
            self._take_apart(data)

    def _take_apart(self, data: bytes) -> None:
        """Take what can't be read as one: frames without a line end between them, or a part."""
        lowered = data.lower()
        glued = b"data:" in lowered or b"[done]" in lowered
        frames = _NEXT.split(data, MAX_GLUED) if glued else []
        if len(frames) < 2:
            self._keep(data)
        else:
            self._take_each(frames)

    def _take_field(self, name: bytes, value: bytes) -> None:
        if name == b"event":
            self._flush()
            self._event = value[:MAX_NAME].decode("latin-1").lower().strip("[]")
            self.ended = self.ended or END.match(self._event) is not None

    def _take_other(self, line: bytes) -> None:
        """A line without a field: JSON of its own, or the next line of JSON that has begun."""
        if self._pending:
            self._keep(line)
            if self._raw and line in (b"}", b"]"):
                self._try_whole()
        elif not line.startswith(_OPENINGS):
            self._keep_prose(line)
        elif not self._try(line, bare=True):
            self._raw = True
            self._keep(line)

    def _try_whole(self) -> None:
        """Take JSON on several lines that may have come to its end."""
        if self._pending_size <= MAX_LINE and self._try(b"\n".join(self._pending), bare=True):
            self._forget_pending()

    def _try(self, data: bytes, *, bare: bool) -> bool:
        """Take what may be a chunk, with or without a frame around it."""
        taken = self._take(data, self._event)
        self.bare += taken and bare
        return taken

    def _keep(self, data: bytes) -> None:
        self._pending_size += len(data)
        if self._pending_size <= MAX_LINE:
            self._pending.append(data)

    def _end_frame(self) -> None:
        # JSON without fields goes on behind an empty line.
        if not self._raw:
            self._flush()
        self._event = ""

    def _flush(self) -> None:
        if not self._pending:
            return
        lines, whole = self._pending, self._pending_size <= MAX_LINE
        bare = self._raw
        self._forget_pending()
        if not whole:
            self.skipped += 1
        elif len(lines) == 1:
            self._skip(lines[0])
        elif not self._try(b"\n".join(lines), bare=bare):
            self._take_each(lines)

    def _take_each(self, chunks: list[bytes]) -> None:
        last = self.skipped + MAX_FAILED
        for chunk in chunks:
            if self.skipped > last:
                return
            if not self._take(chunk, self._event):
                self._skip(chunk)

    def _forget_pending(self) -> None:
        self._pending, self._pending_size, self._raw = [], 0, False

    def _skip(self, data: bytes) -> None:
        self.skipped += 1
        if not data.startswith(_OPENINGS):
            self._keep_prose(data)

    def _keep_prose(self, line: bytes) -> None:
        if self._prose_size < MAX_PROSE:
            self._prose.append(line[: MAX_PROSE - self._prose_size])
            self._prose_size += len(line) + 1
