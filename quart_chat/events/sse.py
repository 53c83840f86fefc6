"""The server-sent events format: writing it, and reading it back. Pure functions, no I/O.

The rules cited are those of WHATWG HTML, section 9.2 "Server-sent events".

By the standard the order of the lines of a frame means nothing: an id counts from the empty line
on. Some clients keep an id as soon as they have read its line. A connection that is cut between
the id and the data would make them skip the event, so the data stands first. Some clients take
any empty line for the end of an event, so that comments and ``retry`` are followed by none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from quart_chat.events.event import Event

KEEPALIVE = b": keepalive\n"
"""A comment: it keeps proxies from closing an idle connection and clients ignore it (9.2.7)."""

EVENT_FRAME = b"data: %b\nid: %b:%d\n\n"
"""The frame of an event: its body, and the epoch and the number that its id is made of."""


def encode_frame(body: bytes, event_id: str | None = None) -> bytes:
    """Frame one line of JSON; with an id, the client's last event id becomes that (9.2.6)."""
    if event_id is None:
        return b"data: %b\n\n" % body
    return b"data: %b\nid: %b\n\n" % (body, event_id.encode())


def encode_pieces(body: bytes, event_id: str | None = None) -> tuple[bytes, bytes, bytes]:
    """The same frame in three pieces, of which the body is the one that was given."""
    return b"data: ", body, b"\n\n" if event_id is None else b"\nid: %b\n\n" % event_id.encode()


def encode_comment(text: str) -> bytes:
    """A line that clients ignore; line ends in the text would end it early, so they are folded."""
    return b": %b\n" % " ".join(text.split()).encode()


def encode_retry(milliseconds: int) -> bytes:
    """Set how long a client waits before it reconnects (9.2.6, field "retry")."""
    return b"retry: %d\n" % milliseconds


def encode_events(events: Iterable[tuple[Event, bytes]]) -> bytes:
    """The frames of events, given with their bodies, each with its id."""
    return b"".join(
        [EVENT_FRAME % (body, event.epoch.encode(), event.number) for event, body in events]
    )


@dataclass(frozen=True, slots=True)
class Frame:
    """A dispatched event as a client sees it."""

    data: str
    event: str
    id: str


class StreamParser:
    """Reads a stream incrementally, cut anywhere, by the rules of 9.2.5 and 9.2.6.

    Attributes:
        last_event_id: What a client would send as ``Last-Event-ID`` now.
        retry: The reconnection time the server asked for, in milliseconds.
        comments: Comments seen since they were last cleared.
    """

    def __init__(self, last_event_id: str = "") -> None:
        self.last_event_id = last_event_id
        self.retry: int | None = None
        self.comments: list[str] = []
        self._buffer = b""
        self._started = False
        self._after_cr = False
        self._pending_id: str | None = None
        self._data: list[str] = []
        self._event = ""

    def feed(self, chunk: bytes) -> list[Frame]:
        """Take more bytes and return the frames they complete."""
        frames = map(self._take, self._lines(chunk))
        return [frame for frame in frames if frame is not None]

    def _lines(self, chunk: bytes) -> list[str]:
        # A line ends with CRLF, LF or CR (9.2.5). A CR at the very end of what has arrived ends
        # its line now; should the LF of a CRLF come next, it must not end another.
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
            self._after_cr = False
        if not chunk:
            return []
        self._after_cr = chunk.endswith(b"\r")
        text = (self._buffer + chunk).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, self._buffer = text.split(b"\n")
        decoded = [line.decode("utf-8", "replace") for line in lines]
        if decoded and not self._started:
            self._started = True
            decoded[0] = decoded[0].removeprefix("\ufeff")
        return decoded

    def _take(self, line: str) -> Frame | None:
        if not line:
            return self._dispatch()
        if line.startswith(":"):
            self.comments.append(line[1:].removeprefix(" "))
            return None
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match field:
            case "data":
                self._data.append(value)
            case "event":
                self._event = value
            case "id" if "\0" not in value:
                self._pending_id = value
            case "retry" if value.isascii() and value.isdigit():
                self.retry = int(value)
        return None

    def _dispatch(self) -> Frame | None:
        # The id counts from the blank line on, so that a cut within a frame does not lose it.
        if self._pending_id is not None:
            self.last_event_id, self._pending_id = self._pending_id, None
        data, event = self._data, self._event
        self._data, self._event = [], ""
        if not data:
            return None
        return Frame("\n".join(data), event or "message", self.last_event_id)
