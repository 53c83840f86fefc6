"""What assistants yield, made fit to be stored and sent; what can't be is refused."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable

from quart_chat.assistants.protocol import InvalidOutput, Output, Source, Usage
from quart_chat.plaintext import clean, clean_link

MAX_NUMBER = 2**53
"""Up to here every program that reads JSON knows whole numbers exactly."""


def clean_sources(sources: Iterable[Source]) -> tuple[Source, ...]:
    """Read sources.

    Raises:
        InvalidOutput: They are none.
    """
    try:
        return tuple(
            Source(
                _whole(source.number),
                clean(source.title),
                clean(source.heading),
                clean_link(source.url),
                clean(source.quote),
                clean(source.excerpt),
            )
            for source in sources
        )
    except (AttributeError, OverflowError, TypeError, ValueError) as error:
        raise InvalidOutput(f"it yielded sources that are none: {error}") from error


def clean_usage(usage: Usage) -> Usage:
    """Read what an answer took.

    Raises:
        InvalidOutput: Its model is no text, or one of its numbers is none.
    """
    estimated = usage.estimated_prompt_tokens
    try:
        return Usage(
            clean(usage.model),
            None if usage.prompt_tokens is None else _whole(usage.prompt_tokens),
            None if usage.answer_tokens is None else _whole(usage.answer_tokens),
            None if usage.tokens_per_second is None else float(usage.tokens_per_second),
            None if usage.first_token_ms is None else float(usage.first_token_ms),
            None if estimated is None else _whole(estimated),
        )
    except (OverflowError, TypeError, ValueError) as error:
        raise InvalidOutput(f"it yielded a usage that is none: {error}") from error


def _whole(value: int) -> int:
    """A whole number; one that JSON has no exact form of would keep a round from being stored."""
    number = int(value)
    if abs(number) > MAX_NUMBER:
        raise ValueError("a number is too large")
    return number


def place_of(outputs: AsyncGenerator[Output, None]) -> str:
    """The line at which a generator has yielded."""
    frame = getattr(outputs, "ag_frame", None)
    return "" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"
