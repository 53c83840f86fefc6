"""Spans of what takes time, in the terms of OpenTelemetry, where an operator collects them.

Nothing is traced by default: ``tracer()`` is None then, and that is all that it costs. What traces
is process-wide, as its collector is; :mod:`quart_chat.telemetry` installs it at the start. An
attribute holds no content: no prompt, answer, title, name of a file, address, cookie or token, and
no id by which one of them is found. The one exception is the name of the model, as the request gave
it: any text may stand there, and is cut to a short one.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Literal, Protocol

Kind = Literal["server", "internal", "client"]

Attributes = Mapping[str, str | int | float | None]
"""What is known of a span; None where a value isn't known."""

ids: ContextVar[tuple[str, str] | None] = ContextVar("span_ids", default=None)
"""The ids of the current trace and span in hexadecimal; None outside of spans."""


class Span(Protocol):
    """A span that has begun."""

    def enter(self) -> None:
        """Be the current span of this task, and of those that it makes, to their ends."""
        ...

    def current(self) -> AbstractContextManager[None]:
        """Be the current span for a block, and for the tasks that it makes."""
        ...

    def carry(self, headers: dict[str, str]) -> None:
        """Add the header by which spans of another server join the trace (W3C Trace Context)."""
        ...

    def end(self, attributes: Attributes, error: str | None = None) -> None:
        """End the span: with an error, if there is a code of one; idempotent."""
        ...


class Tracer(Protocol):
    """Begins spans.

    Attributes:
        sends_context: Whether the endpoint of a model is told the ids of its span and trace.
    """

    sends_context: bool

    def begin(self, name: str, kind: Kind, attributes: Attributes) -> Span:
        """Begin a span.

        One of kind ``server`` begins a trace. One that is ``internal`` belongs to the request that
        it was begun for, and one of kind ``client`` to the current span.
        """
        ...


_installed: list[Tracer] = []


def tracer() -> Tracer | None:
    """What traces this process; None where nothing does."""
    return _installed[-1] if _installed else None


def install(tracer: Tracer) -> None:
    """Have spans begin here from now on."""
    _installed.append(tracer)


def uninstall(tracer: Tracer) -> None:
    """Have no more spans begin here."""
    _installed.remove(tracer)
