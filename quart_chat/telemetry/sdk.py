"""Traces by the SDK of OpenTelemetry: imported only where it is installed, and set.

Spans are put into a bounded queue as they end; a thread sends them, and drops what a collector that
is slow or gone does not take.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry.context import Context, attach, detach, get_current
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span as OpenTelemetrySpan
from opentelemetry.trace import SpanKind, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from quart_chat import tracing
from quart_chat.telemetry.exporting import ReportingExporter, make_exporter
from quart_chat.tracing import Attributes, Kind

MAX_VALUE = 128
"""Characters of a value: names of models come from outside."""

_KINDS = {"server": SpanKind.SERVER, "internal": SpanKind.INTERNAL, "client": SpanKind.CLIENT}

_request: ContextVar[Context] = ContextVar("request_context")
"""The span of the request that the running code belongs to, as a context."""


class OpenTelemetry:
    """Implements :class:`quart_chat.tracing.Tracer`.

    Args:
        exporters: The names of the exporters to send spans with.
        version: Of the program.
        sends_context: Whether the endpoint of a model is told the ids of its span and trace.

    Raises:
        MissingExporter: One of them is not installed.
    """

    def __init__(self, exporters: tuple[str, ...], version: str, *, sends_context: bool) -> None:
        self.sends_context = sends_context
        made = [make_exporter(name) for name in exporters]
        # Its own end comes after that of the services, and must not wait.
        self._provider = TracerProvider(resource=_resource(version), shutdown_on_exit=False)
        for exporter in made:
            self._provider.add_span_processor(BatchSpanProcessor(ReportingExporter(exporter)))
        self._tracer = self._provider.get_tracer("quart_chat", version)

    def begin(self, name: str, kind: Kind, attributes: Attributes) -> SDKSpan:
        if kind == "client":
            parent = get_current()
        else:
            parent = Context() if kind == "server" else _request.get(Context())
        begun = self._tracer.start_span(
            _clean(name), parent, _KINDS[kind], attributes=_known(attributes)
        )
        return SDKSpan(begun, set_span_in_context(begun, parent), kind)

    def close(self) -> None:
        """Send what is left, however long that takes."""
        self._provider.shutdown()


class SDKSpan:
    """Implements :class:`quart_chat.tracing.Span`."""

    def __init__(self, span: OpenTelemetrySpan, context: Context, kind: Kind) -> None:
        self._span = span
        self._context = context
        self._kind = kind
        self._has_ended = False
        known = span.get_span_context()
        self._ids = f"{known.trace_id:032x}", f"{known.span_id:016x}"

    def enter(self) -> None:
        attach(self._context)
        tracing.ids.set(self._ids)
        if self._kind == "server":
            _request.set(self._context)

    @contextmanager
    def current(self) -> Generator[None]:
        token, before = attach(self._context), tracing.ids.set(self._ids)
        try:
            yield
        finally:
            tracing.ids.reset(before)
            detach(token)

    def carry(self, headers: dict[str, str]) -> None:
        TraceContextTextMapPropagator().inject(headers, self._context)

    def end(self, attributes: Attributes, error: str | None = None) -> None:
        if self._has_ended:
            return
        self._has_ended = True
        self._span.set_attributes(_known(attributes))
        if error is not None:
            self._span.set_attribute("error.type", _clean(error))
            self._span.set_status(StatusCode.ERROR)
        self._span.end()


def _resource(version: str) -> Resource:
    """What the variables say of this service, or else its name."""
    default = Resource({SERVICE_NAME: "quart-chat", SERVICE_VERSION: version})
    named = Resource.create()
    if str(named.attributes.get(SERVICE_NAME, "")).startswith("unknown_service"):
        return named.merge(default)
    return default.merge(named)


def _known(attributes: Attributes) -> dict[str, str | int | float]:
    return {
        name: _clean(value) if isinstance(value, str) else value
        for name, value in attributes.items()
        if value is not None and value != ""
    }


def _clean(text: str) -> str:
    """A text that is short, and that UTF-8 has a form for: one that has none loses all spans."""
    return text[:MAX_VALUE].encode("utf-8", "replace").decode()
