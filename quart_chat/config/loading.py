"""Reads the settings, and checks each.

A setting ``max_streams`` is set by ``QUART_CHAT_MAX_STREAMS`` in the environment or under the same
name in the mapping that ``create_app`` is given, which wins. Those of the model's endpoint have the
names that other programs know them by: ``openai_model`` is ``OPENAI_MODEL``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from quart_chat.config.access import AuthModes, HeaderName, Networks
from quart_chat.config.settings import Settings
from quart_chat.config.values import Address, BrokerAddress, RootPath, Secret

Own = Address | AuthModes | BrokerAddress | HeaderName | Networks | RootPath | Secret
"""Types of settings that are made of a text."""

PREFIX = "QUART_CHAT_"
OPENAI_PREFIX = "OPENAI_"

# Other programs have settings of their own that begin in the same way.
_OPENAI = frozenset(
    name.upper() for name in Settings.__struct_fields__ if name.upper().startswith(OPENAI_PREFIX)
)

_SECRET = {"openai_api_key", "broker", "database"}
"""Settings whose values hold what no error may show."""


class ConfigError(Exception):
    """A setting that can't be used; the message names it and says why."""


def load_settings(config: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Read the settings: what ``config`` holds, else the environment, else the default.

    Raises:
        ConfigError: A name is unknown, or a value is not of its setting's type.
    """
    values: dict[str, Any] = {}
    for source in (environ, config):
        for key, value in source.items():
            if key in _OPENAI:
                values[key.lower()] = value
            elif key.startswith(PREFIX):
                values[_field(key)] = value
    return Settings(**{name: _convert(name, value) for name, value in values.items()})


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return name.upper() if name.upper() in _OPENAI else PREFIX + name.upper()


def _field(key: str) -> str:
    name = key.removeprefix(PREFIX).lower()
    if name not in Settings.__struct_fields__ or variable(name) in _OPENAI:
        known = ", ".join(variable(field) for field in Settings.__struct_fields__)
        raise ConfigError(f"{key} is not a setting. The settings are {known}.")
    return name


def _convert(name: str, value: Any) -> Any:
    value = str(value) if isinstance(value, Path) else value
    try:
        # Text from the environment becomes a number where a number is meant.
        settings = msgspec.convert({name: value}, Settings, strict=False, dec_hook=_to_own)
    except msgspec.ValidationError as error:
        reason = str(error).partition(" - at ")[0].replace("`", "")
        # An address with a user has a password, too.
        is_secret = name in _SECRET or (name.endswith("_url") and "@" in str(value))
        shown = "" if is_secret else f"={value!r}"
        raise ConfigError(f"{variable(name)}{shown} can't be used: {reason}.") from error
    return getattr(settings, name)


def _to_own(type_: type[Own], value: Any) -> Own:
    return type_(str(value))
