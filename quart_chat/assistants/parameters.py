"""What a model is asked beside its messages: how it chooses words, and how long it may write.

The names and the bounds are those of the OpenAI API's chat completions. What other endpoints take
beside them, such as ``top_k`` or ``chat_template_kwargs``, goes in ``extra``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

import orjson

from quart_chat.errors import InvalidInput
from quart_chat.texts import _, number

MAX_TEMPERATURE = 2.0
MAX_TOKENS = 10_000_000
"""More tokens than any answer has."""
MAX_EXTRA = 8_000
"""Bytes of ``extra`` as JSON."""
MAX_DEPTH = 32
"""Objects and lists within each other in ``extra``."""

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh"]
EFFORTS: tuple[str, ...] = get_args(Effort)

RESERVED = frozenset({"model", "messages", "stream", "stream_options"})
"""Names in a request that the server itself sets."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a model is asked beside its messages; None leaves it to the endpoint.

    Attributes:
        temperature: How much chance there is in the choice of words: 0 to 2.
        top_p: The share of likely words that it chooses from: 0 to 1.
        max_tokens: How long an answer may be, reasoning included.
        reasoning_effort: How much a model that reasons does so.
        extra: Further members of the request, by their names there.
    """

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    reasoning_effort: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is set."""
        return self != NOTHING

    def to_request(self) -> dict[str, Any]:
        """The members of a request."""
        own = {name: getattr(self, name) for name in OWN}
        return {**self.extra, **{name: value for name, value in own.items() if value is not None}}

    def to_item(self) -> dict[str, Any]:
        return {
            "temperature": self.temperature,
            "topP": self.top_p,
            "maxTokens": self.max_tokens,
            "reasoningEffort": self.reasoning_effort,
            "extra": dict(self.extra),
        }


OWN = ("temperature", "top_p", "max_tokens", "reasoning_effort")
"""The names of what has a field of its own."""

NOTHING = Parameters()
"""All is left to the endpoint."""


def check_parameters(parameters: Parameters) -> Parameters | None:
    """Return the parameters; None where nothing is set.

    Raises:
        InvalidInput: One can't be used; the message names it and says why.
    """
    for name, fault in find_faults(parameters).items():
        raise InvalidInput(f"{name}: {fault}")
    return parameters or None


def find_faults(parameters: Parameters) -> dict[str, str]:
    """Say of each parameter that can't be used why that is, by its name in chatData."""
    return {name: fault for name, fault in _faults(parameters) if fault}


def _faults(parameters: Parameters) -> Iterator[tuple[str, str | None]]:
    yield "temperature", _out_of(parameters.temperature, 0, MAX_TEMPERATURE)
    yield "topP", _out_of(parameters.top_p, 0, 1)
    yield "maxTokens", _out_of(parameters.max_tokens, 1, MAX_TOKENS)
    yield "reasoningEffort", _no_effort(parameters.reasoning_effort)
    yield "extra", _extra_fault(parameters.extra)


def _out_of(value: float | None, least: float, most: float) -> str | None:
    if value is None or (math.isfinite(value) and least <= value <= most):
        return None
    return _("Expected a number from {least} to {most}.").format(
        least=number(least), most=number(most)
    )


def _no_effort(effort: str | None) -> str | None:
    if effort is None or effort in EFFORTS:
        return None
    return _("Expected one of {values}.").format(values=", ".join(EFFORTS))


def _extra_fault(extra: Mapping[str, Any]) -> str | None:
    for name in extra:
        if name in RESERVED:
            return _("“{name}” is set by the server. Leave it out.").format(name=name)
        if name in OWN:
            return _("“{name}” has a field of its own. Set it there.").format(name=name)
    if _is_deep(extra):
        return _("It is nested too deeply.")
    try:
        size = len(orjson.dumps(extra))
    except (TypeError, UnicodeEncodeError):
        return _("A number in it is too large, or a text is not valid Unicode.")
    if size > MAX_EXTRA:
        return _("It has {count} bytes; at most {limit} are possible.").format(
            count=number(size), limit=number(MAX_EXTRA)
        )
    return None


def _is_deep(value: Any, depth: int = 0) -> bool:
    if depth > MAX_DEPTH:
        return True
    if isinstance(value, Mapping):
        value = list(value.values())
    return isinstance(value, list) and any(_is_deep(each, depth + 1) for each in value)


def read_extra(text: str) -> dict[str, Any]:
    """Read ``extra`` from JSON; a blank text is none.

    Raises:
        ValueError: It is no JSON object; the message says why, and where.
    """
    if not text.strip():
        return {}
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(
            _("This is not valid JSON: line {line}, column {column}.").format(
                line=number(error.lineno), column=number(error.colno)
            )
        ) from error
    if not isinstance(found, dict):
        raise ValueError(  # noqa: TRY004 - it is the text that has no such value
            _("Expected a JSON object, such as {example}.").format(example='{"top_k": 40}')
        )
    return cast("dict[str, Any]", found)
