"""The bounds and times of an event manager."""

from __future__ import annotations

from dataclasses import dataclass, field

from quart_chat.events.log import Bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSettings:
    """Bounds and times of a manager.

    Attributes:
        bounds: What each context may hold.
        keepalive: Seconds with nothing to read after which a reader is told so, and for which a
            client may take nothing of what it is sent.
        retention: Seconds that an ended context is kept once it has no reader.
        idle: Seconds that any other context is kept once it has no reader and no event.
        max_contexts: Contexts held at once; past it those without a reader go, the longest
            untouched first.
        retry: Milliseconds, from and to, within which clients are asked to wait before they come
            back: spread out, so that they do not all come at once. With the time that it takes to
            connect, a page whose server is killed is whole again within two seconds.
    """

    bounds: Bounds = field(default_factory=Bounds)
    keepalive: float = 15.0
    retention: float = 60.0
    idle: float = 600.0
    max_contexts: int = 10_000
    retry: tuple[int, int] = (300, 1500)
