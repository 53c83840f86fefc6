"""Begins to trace this process, if that is set, and ends it without waiting long."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING

from quart_chat import tracing
from quart_chat.telemetry.environment import EXTRA, find_exporters

if TYPE_CHECKING:
    from quart_chat.telemetry.sdk import OpenTelemetry

_logger = logging.getLogger(__name__)

PATIENCE = 1.0
"""Seconds that a collector may take for the last spans; what it has not taken then is lost."""


def is_wanted() -> bool:
    """Whether the environment names an exporter of traces."""
    return bool(find_exporters(os.environ))


@asynccontextmanager
async def traced(version: str, *, sends_context: bool) -> AsyncGenerator[None]:
    """Trace this process for the block, if that is set; a failure is logged, and stops nothing.

    Args:
        version: Of the program, which the collector is told.
        sends_context: Whether the endpoint of a model is told the ids of its span and trace.
    """
    opened = _open(version, sends_context=sends_context) if is_wanted() else None
    if opened is None:
        yield
        return
    tracing.install(opened)
    try:
        yield
    finally:
        tracing.uninstall(opened)
        await _close(opened)


def _open(version: str, *, sends_context: bool) -> OpenTelemetry | None:
    try:
        from quart_chat.telemetry.sdk import OpenTelemetry
    except ImportError:
        _logger.warning("Nothing is traced: OpenTelemetry is not installed (%s).", EXTRA)
        return None
    try:
        return OpenTelemetry(find_exporters(os.environ), version, sends_context=sends_context)
    except Exception as error:  # noqa: BLE001 - what a value of a variable does is the package's
        _logger.warning("Nothing is traced: %s", error)
    return None


async def _close(opened: OpenTelemetry) -> None:
    """Have the last spans sent, on a thread that does not keep the process from its end."""
    loop, sent = asyncio.get_running_loop(), asyncio.Event()

    def close() -> None:
        opened.close()
        with suppress(RuntimeError):  # the loop is closed by now
            loop.call_soon_threadsafe(sent.set)

    Thread(target=close, name="telemetry", daemon=True).start()
    try:
        async with asyncio.timeout(PATIENCE):
            await sent.wait()
    except TimeoutError:
        _logger.warning("The collector did not take the last spans within %.0f s.", PATIENCE)
