"""Reads the settings, and checks each.

A setting ``max_streams`` is set by ``QUART_CHAT_MAX_STREAMS`` in the environment or under the same
name in the mapping that ``create_app`` is given, which wins. Those of the model's endpoint have the
names that other programs know them by: ``openai_model`` is ``OPENAI_MODEL``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

import msgspec

from quart_chat.config.access import AuthModes, HeaderName, Networks, RoleLimits
from quart_chat.config.claims import ClaimRules, Issuer, Scopes
from quart_chat.config.settings import Settings
from quart_chat.config.values import Address, BrokerAddress, RootPath, Secret

Own = (
    Address
    | AuthModes
    | BrokerAddress
    | ClaimRules
    | HeaderName
    | Issuer
    | Networks
    | RoleLimits
    | RootPath
    | Scopes
    | Secret
)
"""Types of settings that are made of a text."""

_WHOLE = re.compile(r"-?[0-9]+", re.ASCII)

PREFIX = "QUART_CHAT_"
OPENAI_PREFIX = "OPENAI_"

# Other programs have settings of their own that begin in the same way.
_OPENAI = frozenset(
    name.upper() for name in Settings.__struct_fields__ if name.upper().startswith(OPENAI_PREFIX)
)

_SECRET = {"openai_api_key", "oidc_client_secret", "broker", "database"}
"""Settings whose values hold what no error may show."""


class ConfigError(Exception):
    """A setting that can't be used; the message names it and says why."""


def load_settings(config: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Read the settings: what ``config`` holds, else the environment, else the default.

    Raises:
        ConfigError: A name is unknown, a value is not of its setting's type, or one is missing.
    """
    values: dict[str, Any] = {}
    for source in (environ, config):
        for key, value in source.items():
            if key in _OPENAI:
                values[key.lower()] = value
            elif key.startswith(PREFIX):
                values[_field(key)] = value
    settings = Settings(**{name: _convert(name, value) for name, value in values.items()})
    _require_provider(settings)
    return settings


def _require_provider(settings: Settings) -> None:
    if not settings.auth.oidc:
        return
    for name in ("oidc_issuer", "oidc_client_id", "oidc_users"):
        if not getattr(settings, name):
            raise ConfigError(
                f"{variable(name)} is not set, and {variable('auth')} has oidc. See"
                " docs/how-to/let-a-team-in.md."
            )


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
        _check_number(value, getattr(settings, name))
    except msgspec.ValidationError as error:
        reason = str(error).partition(" - at ")[0].replace("`", "")
        # An address with a user has a password, too.
        is_secret = name in _SECRET or (name.endswith(("_url", "_issuer")) and "@" in str(value))
        shown = "" if is_secret else f"={value!r}"
        raise ConfigError(f"{variable(name)}{shown} can't be used: {reason}.") from error
    return getattr(settings, name)


def _check_number(value: Any, number: Any) -> None:
    """Refuse ``1e3`` where a whole number is wanted, and a number of seconds without end."""
    if type(number) is int and isinstance(value, str) and not _WHOLE.fullmatch(value):
        raise msgspec.ValidationError("Expected a whole number, in the digits 0 to 9")
    if isinstance(number, float) and not isfinite(number):
        raise msgspec.ValidationError("Expected a finite number")


def _to_own(type_: type[Own], value: Any) -> Own:
    return type_(str(value))
