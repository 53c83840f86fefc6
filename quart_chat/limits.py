"""How much a user may use, as administrators write it.

    prompts_per_minute=20 tokens_per_day=50000 tokens_per_day:gpt-4o=10000 models=gpt-4o,llama*

What is not named is not limited here; ``none`` takes a limit away that would else hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any

from quart_chat.texts import N_, _

NO_LIMIT = -1
"""What ``none`` is kept as, until the limits of a role are filled in."""

MAX_VALUE = 10**15
MAX_PROMPTS = 1000
"""Prompts a minute, as the moment of each is kept."""
MAX_TEXT = 4000
"""Characters of all limits of a user."""

COUNTS = ("prompts_per_minute", "running_rounds", "streams")
"""Limits of at least 1: a user without any could not use the chat."""
SIZES = ("storage_mb", "tokens_per_day", "tokens_per_month")
PER_MODEL = {"tokens_per_day": "model_days", "tokens_per_month": "model_months"}


class InvalidLimits(ValueError):
    """Limits that can't be read.

    Attributes:
        text: Why, in English, to be looked up where it is shown; it may have places for values.
        values: What is put there.
    """

    def __init__(self, text: str, **values: str) -> None:
        super().__init__(text.format(**values))
        self.text = text
        self.values = values

    def translated(self) -> str:
        """Why, in the language in use."""
        return _(self.text).format(**self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserLimits:
    """Limits of a user; None where there is none.

    Attributes:
        prompts_per_minute: Questions within any 60 seconds.
        running_rounds: Answers that are written at a time.
        streams: Open streams, of each process.
        storage_mb: Megabytes of all documents.
        tokens_per_day: Tokens of all models within a day of UTC, read and written.
        tokens_per_month: The same within a month.
        models: Patterns of the models that may be asked, such as ``llama*``.
        model_days: Tokens of one model within a day, by its name.
        model_months: The same within a month.
    """

    prompts_per_minute: int | None = None
    running_rounds: int | None = None
    streams: int | None = None
    storage_mb: int | None = None
    tokens_per_day: int | None = None
    tokens_per_month: int | None = None
    models: tuple[str, ...] | None = None
    model_days: Mapping[str, int] = field(default_factory=dict)
    model_months: Mapping[str, int] = field(default_factory=dict)

    def or_else(self, role: UserLimits) -> UserLimits:
        """These limits, and where nothing is said those of a role."""
        own = {each.name: getattr(self, each.name) for each in fields(self)}
        of_role = {each.name: getattr(role, each.name) for each in fields(role)}
        merged: dict[str, Any] = {}
        for name, value in own.items():
            if isinstance(value, Mapping):
                both = {**of_role[name], **value}
                merged[name] = {model: most for model, most in both.items() if most != NO_LIMIT}
            else:
                found = of_role[name] if value is None else value
                merged[name] = None if found == NO_LIMIT else found
        return UserLimits(**merged)

    def allows(self, model: str) -> bool:
        """Whether a model may be asked."""
        return self.models is None or any(fnmatchcase(model, each) for each in self.models)

    @property
    def concern_models(self) -> bool:
        """Whether it matters which model is asked."""
        return self.models is not None or bool(self.model_days or self.model_months)

    @property
    def counts_tokens(self) -> bool:
        """Whether there is any limit of tokens."""
        every = (self.tokens_per_day, self.tokens_per_month)
        return every != (None, None) or bool(self.model_days or self.model_months)


NO_LIMITS = UserLimits()


def parse_limits(text: str) -> UserLimits:
    """Read limits.

    Raises:
        InvalidLimits: They can't be read.
    """
    if len(text) > MAX_TEXT:
        raise InvalidLimits(N_("Expected at most {most} characters"), most=str(MAX_TEXT))
    read: dict[str, Any] = {"model_days": {}, "model_months": {}}
    seen: set[str] = set()
    for word in text.split():
        name, equals, value = word.rpartition("=")
        if not equals or name in seen:
            raise InvalidLimits(
                N_("Expected each limit once, such as {example}, not {word}"),
                example="tokens_per_day=50000",
                word=word,
            )
        seen.add(name)
        _read(read, name, value)
    return UserLimits(**read)


def _read(read: dict[str, Any], name: str, value: str) -> None:
    """Read one limit into those that were read before it."""
    name, colon, model = name.partition(":")
    if model and name in PER_MODEL:
        read[PER_MODEL[name]][model] = _count(name, value)
    elif name == "models" and not colon:
        read[name] = _patterns(value)
    elif name in (*COUNTS, *SIZES) and not colon:
        read[name] = _count(name, value)
    else:
        known = ", ".join((*COUNTS, *SIZES, "models"))
        raise InvalidLimits(N_("Expected one of {known}, not {name}"), known=known, name=name)


def _patterns(value: str) -> tuple[str, ...]:
    patterns = tuple(filter(None, value.split(",")))
    if not patterns:
        raise InvalidLimits(N_("Expected the names of models, separated by commas"))
    return ("*",) if patterns == ("none",) else patterns


def _count(name: str, value: str) -> int:
    if value == "none":
        return NO_LIMIT
    least = 1 if name in COUNTS else 0
    most = MAX_PROMPTS if name == "prompts_per_minute" else MAX_VALUE
    digits = value.lstrip("0") or "0"
    is_short = value.isascii() and value.isdigit() and len(digits) <= len(str(most))
    if not is_short or not least <= int(digits) <= most:
        raise InvalidLimits(
            N_("Expected {name} to be a whole number from {least} to {most}, or none"),
            name=name,
            least=str(least),
            most=str(most),
        )
    return int(digits)
