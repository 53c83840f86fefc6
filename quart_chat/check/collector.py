"""Looks at the collector of traces: whether one is set, and takes spans."""

from __future__ import annotations

import os

from quart_chat.check.findings import Finding
from quart_chat.telemetry.environment import EXTRA, find_exporters, show_endpoint

_TIMEOUT = 5.0


def check_collector() -> Finding:
    """Send each exporter that is set no spans at all, which a collector confirms all the same."""
    names = find_exporters(os.environ)
    if not names:
        return Finding("traces", "None are sent: no collector is set.")
    try:
        from quart_chat.telemetry.exporting import MissingExporter, try_exporter
    except ImportError:
        return Finding("traces", "OpenTelemetry is not installed.", f"Run {EXTRA}.")
    where = show_endpoint(os.environ)
    try:
        taken = all(try_exporter(name, _TIMEOUT) for name in names)
    except MissingExporter as error:
        cure = "Install it, or correct OTEL_TRACES_EXPORTER or OTEL_EXPORTER_OTLP_PROTOCOL."
        reason = str(error)
        return Finding("traces", f"{reason[0].upper()}{reason[1:]}", cure)
    except Exception as error:  # noqa: BLE001 - what a value of a variable does is the package's
        return Finding("traces", f"{error}.", "Correct the variables that begin with OTEL_.")
    if not taken:
        return Finding(
            "traces",
            f"The collector at {where} takes no spans.",
            "Start it, or correct OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS.",
        )
    return Finding("traces", f"The collector at {where} takes spans.")
