"""Sends spans, and says in one line that the collector takes none, and in one that it does again.

An exporter writes a line for each attempt, several a minute: all of them go into the reason that is
given once.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import cast

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from quart_chat.telemetry.environment import EXTRA

GROUP = "opentelemetry_traces_exporter"
"""The entry points under which exporters are installed."""

_logger = logging.getLogger(__name__)


class MissingExporter(Exception):
    """No package has an exporter of this name."""


def make_exporter(name: str, **options: float) -> SpanExporter:
    """Make an exporter, which reads its own variables.

    Raises:
        MissingExporter: None of this name is installed.
    """
    found = next(iter(entry_points(group=GROUP, name=name)), None)
    if found is None:
        raise MissingExporter(f"there is no exporter {name} ({EXTRA}).")
    return cast("SpanExporter", found.load()(**options))


def try_exporter(name: str, timeout: float) -> bool:
    """Send no spans, and say whether the collector has confirmed that within so many seconds.

    Raises:
        MissingExporter: No exporter of this name is installed.
    """
    # One that writes to the console knows of no time limit, and needs none.
    exporter = make_exporter(name, **({"timeout": timeout} if name.startswith("otlp") else {}))
    try:
        return exporter.export([]) is SpanExportResult.SUCCESS
    finally:
        exporter.shutdown()


class ReportingExporter(SpanExporter):
    """Sends spans by another exporter, and logs when that begins to fail, and when it ceases to."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._fails = False
        self._complaints = _listen()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        raised = ""
        try:
            result = self._exporter.export(spans)
        except Exception as error:  # noqa: BLE001 - what an address does is the package's
            result, raised = SpanExportResult.FAILURE, str(error)
        fails = result is not SpanExportResult.SUCCESS
        if fails and not self._fails:
            _logger.warning(
                "The collector takes no spans; they are lost until it does. %s",
                self._complaints.reason or raised,
            )
        elif self._fails and not fails:
            _logger.warning("The collector takes spans again.")
        self._fails = fails
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


class _Complaints(logging.Handler):
    """Keeps the first line of exporters since it was asked for the last time."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._first = ""

    def emit(self, record: logging.LogRecord) -> None:
        self._first = self._first or record.getMessage()

    @property
    def reason(self) -> str:
        first, self._first = self._first, ""
        return first


def _listen() -> _Complaints:
    """Take the lines of exporters, and of the queue before them, out of the log."""
    complaints = _Complaints()
    for name in ("opentelemetry.exporter", "opentelemetry.sdk._shared_internal"):
        logger = logging.getLogger(name)
        logger.addHandler(complaints)
        logger.propagate = False
    return complaints


def _hide_header(record: logging.LogRecord) -> bool:
    record.msg, record.args = record.getMessage().partition("!")[0] + ".", ()
    return True


# It quotes a header that is not valid, with the token in it.
logging.getLogger("opentelemetry.util.re").addFilter(_hide_header)
