"""Open streams end with what they were opened by: a session, a token or a user.

The accounts tell each process what is no longer let in, whichever process has ended it. A stream
that may have been opened at that moment, before it was known here, is ended as it opens.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from quart_chat.accounts.models import Identity, RevocationReason, Revoked
from quart_chat.events.asgi.exchange import Stream
from quart_chat.events.sse import encode_frame
from quart_chat.web.auth.identity import find_identified, now
from quart_chat.wire import chat_data

EXPIRED = "expired"

_PATIENCE = 0.5
"""Seconds that a client has to take the end of its stream, before the connection is closed."""

_REMEMBERED = 150.0
"""Seconds for which a revocation is compared with streams that open: longer than a request may wait
between the look at its credential and the first bytes of its stream."""


@dataclass(slots=True)
class _Open:
    """A stream that is open, and what is set to happen to it."""

    identity: Identity
    stream: Stream
    timers: list[asyncio.TimerHandle] = field(default_factory=list)


class OpenStreams:
    """The streams of this process, by the users who have opened them.

    Args:
        retry: Makes the last bytes for a client that may come back.
    """

    def __init__(self, retry: Callable[[], bytes]) -> None:
        self._retry = retry
        self._by_user: defaultdict[str, set[int]] = defaultdict(set)
        self._open: dict[int, _Open] = {}
        self._latest: deque[tuple[float, Revoked]] = deque()
        self._number = 0

    def add(self, stream: Stream) -> None:
        """Keep a stream that the current request opens, until it is over."""
        identified = find_identified()
        if identified is None:  # of a link, which anyone may read
            return
        identity = identified.identity
        self._number += 1
        number, entry = self._number, _Open(identity, stream)
        self._open[number] = entry
        self._by_user[identity.user_id].add(number)
        stream.on_close(lambda: self._forget(number))
        if identity.expires_at is not None:
            loop = asyncio.get_running_loop()
            entry.timers.append(
                loop.call_later(identity.expires_at - time.time(), self._end, entry, EXPIRED)
            )
        for at, revoked in self._latest:
            if at >= identified.since and revoked.ends(identity):
                self._end(entry, revoked.reason)

    def revoke(self, revoked: Revoked) -> None:
        """End the streams of what is no longer let in."""
        self._latest.append((now(), revoked))
        while self._latest[0][0] < now() - _REMEMBERED:
            self._latest.popleft()
        for number in tuple(self._by_user.get(revoked.user_id, ())):
            entry = self._open[number]
            if revoked.ends(entry.identity):
                self._end(entry, revoked.reason)

    def readers(self) -> dict[object, Identity]:
        """Whose each reader of contexts is that belongs to a stream."""
        return {
            reader: entry.identity
            for entry in self._open.values()
            if (reader := entry.stream.reader) is not None
        }

    def _end(self, entry: _Open, reason: str) -> None:
        entry.stream.end(self._last(reason))
        loop = asyncio.get_running_loop()
        entry.timers.append(loop.call_later(_PATIENCE, entry.stream.cut_off))

    def _last(self, reason: str) -> bytes:
        if reason == RevocationReason.ROLE_CHANGED:
            return self._retry()  # the client comes back with other rights
        return encode_frame(orjson.dumps(chat_data("revoked", time.time(), {"reason": reason})))

    def _forget(self, number: int) -> None:
        entry = self._open.pop(number)
        for timer in entry.timers:
            timer.cancel()
        numbers = self._by_user[entry.identity.user_id]
        numbers.discard(number)
        if not numbers:
            del self._by_user[entry.identity.user_id]
