"""The engines that the contract is tried on; a new one is added to the list."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from quart_chat.events import Broker, InProcessBroker
from quart_chat.events.brokers.bus import SQLiteBus
from quart_chat.events.brokers.log import LogBroker
from tests.events.brokers.shared import SharedBroker, SharedLog

MakeBroker = Callable[[], Broker]


@dataclass(frozen=True)
class Engine:
    """A way to carry events.

    Attributes:
        start: Starts what it needs, with an empty log, and hands out what makes a broker on that
            log: another node with each call.
        nodes: How many brokers may share a log.
    """

    name: str
    start: Callable[[], AbstractAsyncContextManager[MakeBroker]]
    nodes: int


@asynccontextmanager
async def start_in_process() -> AsyncGenerator[MakeBroker, None]:
    yield InProcessBroker


@asynccontextmanager
async def start_shared() -> AsyncGenerator[MakeBroker, None]:
    log = SharedLog()
    yield lambda: SharedBroker(log)


@asynccontextmanager
async def start_bus() -> AsyncGenerator[MakeBroker, None]:
    with TemporaryDirectory() as folder:
        yield lambda: LogBroker(SQLiteBus(Path(folder) / "bus"))


ENGINES = [
    Engine("in process", start_in_process, nodes=1),
    Engine("a log in memory", start_shared, nodes=3),
    Engine("bus", start_bus, nodes=3),
]
