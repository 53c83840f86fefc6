"""What OpenTelemetry's packages log, and how a span ends."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from quart_chat import tracing
from quart_chat.chat.rounds.runner import RunningRound
from quart_chat.chat.rounds.tracing import traced
from quart_chat.telemetry.exporting import ReportingExporter
from quart_chat.telemetry.sdk import SDKSpan
from quart_chat.tracing import Attributes, Kind

LOGGERS = ("opentelemetry.exporter", "opentelemetry.sdk._shared_internal")


@pytest.fixture(autouse=True)
def restore_loggers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LOGGERS:
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)


class Raising(SpanExporter):
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        raise ValueError("no address")


@pytest.mark.parametrize("name", LOGGERS)
def test_lines_of_packages_are_the_reason_in_one_line(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    exporter = ReportingExporter(Raising())
    logging.getLogger(name).warning("Queue full, dropping Span.")
    assert caplog.text == ""
    for _ in range(2):
        assert exporter.export([]) is SpanExportResult.FAILURE
    (line,) = caplog.messages
    assert line.endswith("Queue full, dropping Span.")


def test_an_exporter_that_raises_is_the_reason(caplog: pytest.LogCaptureFixture) -> None:
    assert ReportingExporter(Raising()).export([]) is SpanExportResult.FAILURE
    (line,) = caplog.messages
    assert line.endswith("no address")


class Memory:
    """A tracer that keeps its spans here."""

    sends_context = False

    def __init__(self) -> None:
        self.ended = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.ended))
        self._tracer = provider.get_tracer("test")

    def begin(self, name: str, kind: Kind, attributes: Attributes) -> SDKSpan:
        return SDKSpan(self._tracer.start_span(name), Context(), kind)


def test_a_span_ends_once(caplog: pytest.LogCaptureFixture) -> None:
    memory = Memory()
    span = memory.begin("test", "internal", {})
    span.end({"a": 1})
    span.end({"a": 2}, "late")
    assert caplog.messages == []
    (ended,) = memory.ended.get_finished_spans()
    assert ended.attributes == {"a": 1}


def test_a_round_that_does_not_start_ends_its_span() -> None:
    memory = Memory()
    running = cast("RunningRound", SimpleNamespace(assistant=SimpleNamespace(name="model")))

    def ended(_: Any) -> None:
        raise AssertionError

    tracing.install(memory)
    try:
        with pytest.raises(RuntimeError), traced(running, ended):
            raise RuntimeError
    finally:
        tracing.uninstall(memory)
    (span,) = memory.ended.get_finished_spans()
    assert (span.attributes or {})["error.type"] == "_OTHER"
