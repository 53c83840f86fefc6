"""The figures of all nodes as events of one context, emitted only while one is reading them.

A page of an administrator is a reader of the context, as any other page is of its own. As long as
there is one, its node emits figures once a second, and tells the others to do so, too. Without a
reader no timer runs and nothing is measured.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from quart_chat.errors import NotFound
from quart_chat.texts import _
from quart_chat.web.auth.identity import is_administrator

if TYPE_CHECKING:
    from quart_chat.cluster.control import ControlChannel
    from quart_chat.events import StreamingEventManager
    from quart_chat.web.monitoring.figures import Figures

KIND = "monitor"
CONTEXT = f"{KIND}:"
CATEGORY = "server"
FIGURES = "figures"
"""The type of the events."""

MONITOR = "quart_chat.monitor"
"""Where the app keeps it, among its extensions."""

WATCH = "watch"
"""The type of the control event by which a node asks the others for their figures."""

PERIOD = 1.0
"""Seconds between two figures."""

_AWAITED = 5
"""Periods in which one who may read the context is expected to begin."""

_ASKED = 10
"""Periods for which a node that was asked emits figures."""

_ASK = 4
"""Periods between two askings."""

_logger = logging.getLogger(__name__)


class Monitor:
    """Emits figures while they are read.

    Args:
        make_figures: Makes what takes them, anew for each time that they are watched.
        events: The manager of the context.
        control: Tells the other nodes; None where there are none.
        node: The id of this process.
        period: Seconds between two figures.
    """

    def __init__(
        self,
        make_figures: Callable[[], Figures],
        events: StreamingEventManager,
        control: ControlChannel | None,
        node: str,
        period: float = PERIOD,
    ) -> None:
        self.make_figures = make_figures
        self._events = events
        self._control = control
        self._node = node
        self._period = period
        self._awaited_until = 0.0
        self._asked_until = 0.0
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        if control is not None:
            control.listen(WATCH, self._obey)

    @property
    def is_running(self) -> bool:
        """Whether figures are emitted."""
        return self._task is not None

    async def admit(self, _user_id: str, name: str) -> None:
        """Let an administrator read the context, and begin to emit into it.

        Raises:
            NotFound: Another user asks, or for another context.
        """
        if name or not is_administrator():
            raise NotFound(_("There is no such chat."))
        self.expect_reader()

    def expect_reader(self) -> None:
        """Begin to emit, for one who is about to read."""
        self._awaited_until = monotonic() + _AWAITED * self._period
        self._begin()

    async def settle(self) -> None:
        """Wait until nothing is emitted."""
        while self._task is not None:
            await asyncio.wait({self._task})

    def newest_id(self) -> str | None:
        """The id of the newest event: one who begins behind it is told no old figures."""
        log = self._events.log(CONTEXT)
        return f"{log.epoch}:{log.last_number}" if log and log.last_number > 0 else None

    async def close(self) -> None:
        """Emit nothing more; idempotent."""
        self._closed = True
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    def _obey(self, request: dict[str, Any]) -> None:
        """Emit for a while what another node has a reader for."""
        if request["node"] != self._node:
            self._asked_until = monotonic() + _ASKED * self._period
            self._begin()

    def _begin(self) -> None:
        if not self._closed and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._run())
            self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if self._task is task:
            self._task = None
        if not task.cancelled() and (error := task.exception()):
            _logger.error("The figures could not be taken", exc_info=error)
            asyncio.get_running_loop().call_later(self._period, self._go_on)

    def _go_on(self) -> None:
        if self._has_reader():
            self._begin()

    async def _run(self) -> None:
        figures = self.make_figures()
        periods = 0
        while (here := self._has_reader()) or monotonic() < self._asked_until:
            if here and self._control is not None and periods % _ASK == 0:
                await self._control.tell(WATCH, node=self._node)
            await self._events.emit_event(CONTEXT, FIGURES, await figures.take(), CATEGORY)
            periods += 1
            await asyncio.sleep(self._period)
        await self._events.cleanup(CONTEXT, 0)

    def _has_reader(self) -> bool:
        """Whether one reads here, or is about to."""
        log = self._events.log(CONTEXT)
        return bool(log and log.has_readers) or monotonic() < self._awaited_until
