"""The process ends when it is told to, even where a client will not take its last bytes."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from quart_chat.events.quart import Events

_logger = logging.getLogger(__name__)


@contextmanager
def shutdown_deadline(events: Events, seconds: float) -> Iterator[None]:
    """End the process so long after the signal to stop, unless the block is left before.

    A connection whose client has stopped reading can't be closed before it has sent what it holds,
    and from Python 3.12 on the server waits for each connection without end. All that matters is
    stored by then: rounds end, and are committed, as soon as the signal comes.
    """
    timers: list[asyncio.TimerHandle] = []

    async def arm() -> None:
        timers.append(asyncio.get_running_loop().call_later(seconds, _leave))

    events.on_drain(arm)
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()


def _leave() -> NoReturn:
    _logger.warning("Some clients have not taken their last bytes; the server stops without them.")
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)
