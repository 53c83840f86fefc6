"""What assistants yield, made fit to be stored and sent; what can't be is refused."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace

from quart_chat.chat.assistants.base import InvalidOutput, Output, Sources
from quart_chat.chat.models import Source, Usage
from quart_chat.chat.text import clean


def clean_sources(output: Sources) -> tuple[Source, ...]:
    """Read sources.

    Raises:
        InvalidOutput: They are none.
    """
    try:
        return tuple(
            Source(
                int(source.number),
                clean(source.title),
                clean(source.heading),
                clean(source.url),
                clean(source.quote),
                clean(source.excerpt),
            )
            for source in output.sources
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise InvalidOutput(f"it yielded sources that are none: {error}") from error


def clean_usage(usage: Usage) -> Usage:
    """Read what an answer took.

    Raises:
        InvalidOutput: Its model is no text.
    """
    try:
        return replace(usage, model=clean(usage.model))
    except TypeError as error:
        raise InvalidOutput(f"it yielded a usage that is none: {error}") from error


def place_of(outputs: AsyncGenerator[Output, None]) -> str:
    """The line at which a generator has yielded."""
    frame = getattr(outputs, "ag_frame", None)
    return "" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"
