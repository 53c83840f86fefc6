"""What users are told of their usage and of their limits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

from quart_chat.chat.storage import ChatReader, ChatStorage
from quart_chat.chat.usage.gate import Gate
from quart_chat.chat.usage.models import DailyUsage, Gauge, day_of
from quart_chat.limits import UserLimits

DAYS = 30
"""Days that are shown."""

_FRESH = 1.0
"""Seconds for which the limit of streams of a user is taken as it was read."""

_USERS = 1000
"""Users whose limits of streams are remembered."""


@dataclass(frozen=True, slots=True)
class Overview:
    """What a user has used, and may use.

    Attributes:
        days: The days that are shown, in order.
        used: What was used on them.
        gauges: How much is used of each limit of tokens.
    """

    limits: UserLimits
    days: tuple[str, ...]
    used: list[DailyUsage]
    gauges: list[Gauge]


class UsageService:
    """Reads usage and limits.

    Attributes:
        gate: What lets questions in.
    """

    def __init__(self, storage: ChatStorage, gate: Gate) -> None:
        self._storage = storage
        self.gate = gate
        self._stream_limits: dict[str, tuple[int | None, float]] = {}

    async def limits(self, user_id: str) -> UserLimits:
        """Read the limits of a user."""
        return await self._storage.read(lambda reader: self.gate.limits(reader, user_id))

    async def stream_limit(self, user_id: str) -> int | None:
        """Streams that a user may have open; None for as many as all users may.

        Each page and each question opens a stream, so it may be as it was a second ago.
        """
        now = monotonic()
        limit, read_at = self._stream_limits.get(user_id, (None, -math.inf))
        if read_at < now - _FRESH:
            limit = (await self.limits(user_id)).streams
            if len(self._stream_limits) >= _USERS:
                self._stream_limits.clear()
            self._stream_limits[user_id] = limit, now
        return limit

    async def storage_bytes(self, user_id: str) -> int | None:
        """Bytes of all documents that a user may have; None for as many as all users may."""
        most = (await self.limits(user_id)).storage_mb
        return None if most is None else most * 1_000_000

    async def overview(self, user_id: str) -> Overview:
        """Read what a user has used and may use."""
        days = self.days()

        def read(reader: ChatReader) -> Overview:
            limits = self.gate.limits(reader, user_id)
            used = reader.select_usage(days[0], user_id)
            return Overview(limits, days, used, self.gate.gauges(reader, user_id, limits))

        return await self._storage.read(read)

    async def nearest(self, user_id: str) -> Gauge | None:
        """The limit of tokens that is nearest, once it is near; None before."""

        def read(reader: ChatReader) -> list[Gauge]:
            return self.gate.gauges(reader, user_id, self.gate.limits(reader, user_id))

        near = [gauge for gauge in await self._storage.read(read) if gauge.is_near]
        return max(near, key=lambda gauge: gauge.share, default=None)

    async def is_used_up(self, user_id: str, model: str | None) -> bool:
        """Whether a limit of tokens keeps a user from asking a model."""

        def read(reader: ChatReader) -> Gauge | None:
            limits = self.gate.limits(reader, user_id)
            return self.gate.find_used_up(reader, user_id, limits, model)

        return await self._storage.read(read) is not None

    async def of_all(self) -> tuple[list[DailyUsage], dict[str, tuple[int, int]]]:
        """What all users have used on the days that are shown, and each, by their ids."""
        first = self.days()[0]
        return await self._storage.read(
            lambda reader: (reader.select_usage(first), reader.select_used_tokens(first))
        )

    async def all_days(self, user_id: str) -> list[DailyUsage]:
        """All that is kept of what a user has used."""
        return await self._storage.read(lambda reader: reader.select_usage("", user_id))

    def days(self) -> tuple[str, ...]:
        """The days that are shown, in order; today is the last."""
        today = day_of(self.gate.clock())
        return tuple((today - timedelta(days=n)).isoformat() for n in reversed(range(DAYS)))


def open_usage(storage: ChatStorage, roles: Mapping[str, UserLimits] | None) -> UsageService | None:
    """What counts and limits usage; None where there are no roles."""
    return None if roles is None else UsageService(storage, Gate(roles))
