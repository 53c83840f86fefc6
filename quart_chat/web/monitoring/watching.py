"""The monitor of a running server, with what it looks at."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from quart import current_app

from quart_chat.web.monitoring.figures import Figures, FindReaders
from quart_chat.web.monitoring.monitor import KIND, MONITOR, Monitor
from quart_chat.web.monitoring.names import Names

if TYPE_CHECKING:
    from quart import Quart

    from quart_chat.accounts.service import AccountService
    from quart_chat.chat.service import ChatService
    from quart_chat.events import StreamingEventManager
    from quart_chat.policies import ContextPolicies
    from quart_chat.web.auth.revocation import OpenStreams
    from quart_chat.web.serving.cluster import Cluster


@asynccontextmanager
async def watched(
    app: Quart,
    events: StreamingEventManager,
    chat: ChatService,
    cluster: Cluster,
    policies: ContextPolicies,
    accounts: tuple[AccountService, OpenStreams] | None,
) -> AsyncGenerator[None]:
    """Have administrators see for the block what the server does.

    Args:
        app: Where the monitor is kept.
        events: The contexts to look at.
        chat: The rounds to look at.
        cluster: This process among others.
        policies: Learn who may read the figures.
        accounts: Who users are, and what they have open; None without accounts.
    """
    read_names = _no_names if accounts is None else partial(_names_of, accounts[0])
    find_readers: FindReaders = dict if accounts is None else accounts[1].readers
    node = cluster.node

    def make_figures() -> Figures:
        return Figures(node.id, events, chat.rounds.running, Names(read_names), find_readers)

    monitor = Monitor(make_figures, events, cluster.control if node.shares else None, node.id)
    policies.register(KIND, monitor.admit)
    app.extensions[MONITOR] = monitor
    try:
        yield
    finally:
        await monitor.close()


def monitor() -> Monitor:
    """The monitor of the application."""
    running: Monitor = current_app.extensions[MONITOR]
    return running


async def _names_of(accounts: AccountService) -> Mapping[str, str]:
    return {user.id: user.name for user in await accounts.users.all()}


async def _no_names() -> Mapping[str, str]:
    return {}
