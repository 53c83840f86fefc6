"""The lines of the log: as text or as JSON, with the id of their request and without secrets."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import orjson

from quart_chat import tracing
from quart_chat.telemetry.environment import find_secrets
from quart_chat.web.monitoring.request_ids import request_id

if TYPE_CHECKING:
    from quart_chat.config import Settings

HIDDEN = "***"

_SHORTEST = 6
"""Characters from which on a secret is looked for by itself: shorter ones are in any text."""

# What a line may hold by accident: in an address, a header that is quoted, an exception.
_PATTERNS = (
    (re.compile(r"(/shared/)[^/\s\"'?#<>]+"), rf"\1{HIDDEN}"),
    # A part of a path that is long and has a capital letter is random: no name of a page has one.
    (re.compile(r"(?<![\w-])(?=[\w-]*[A-Z])[\w-]{43}(?![\w-])"), HIDDEN),  # of an account
    (re.compile(r"\bqc_[\w-]{20,}"), HIDDEN),  # a token
    (re.compile(r"(?<=/)(?=[a-z0-9_-]*[A-Z])[\w-]{20,}(?![\w.-])"), HIDDEN),
    (re.compile(r"([A-Za-z][\w+.-]*://[^\s/:@\"']*):[^\s/@\"']*@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]+", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (
        re.compile(
            r"([?&](?:token|key|api_key|apikey|access_token|password|secret|code|state)=)[^&\s\"']+",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(\b(?:set-)?cookie\W{1,6})[^\r\n]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"\b((?:pass(?:word)?|pwd)=)[^\s&\"']+", re.IGNORECASE), rf"\1{HIDDEN}"),
)


class Redactor:
    """Hides secrets in texts.

    Args:
        secrets: Texts to hide wherever they are, beside what looks like a secret.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        found = {secret for secret in secrets if len(secret) >= _SHORTEST}
        self._secrets = sorted(found, key=len, reverse=True)

    def hide(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text


class TextFormatter(logging.Formatter):
    """A line for people."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.hide(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        text = super().formatMessage(record)
        known = request_id.get()
        return f"{text} [{known}]" if known else text


class JSONFormatter(logging.Formatter):
    """A line for programs: one object, whatever the message holds."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        if known := request_id.get():
            line["requestId"] = known
        if span := tracing.ids.get():
            line["trace_id"], line["span_id"] = span
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        line |= getattr(record, "fields", {})
        hidden = {
            name: _encodable(self._redactor.hide(value)) if isinstance(value, str) else value
            for name, value in line.items()
        }
        return orjson.dumps(hidden).decode()


def configure_logging(settings: Settings) -> None:
    """Have this process log to standard error as the settings say."""
    redactor = Redactor(secrets_of(settings))
    handler = logging.StreamHandler()
    is_json = settings.log_format == "json"
    handler.setFormatter(JSONFormatter(redactor) if is_json else TextFormatter(redactor))
    logging.basicConfig(handlers=[handler])
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    logging.getLogger("quart_chat").setLevel(level)
    # Those of other packages could quote what users have written.
    logging.getLogger("hypercorn").setLevel(max(level, logging.INFO))


def secrets_of(settings: Settings) -> set[str]:
    """All that the settings hold and no line may show."""
    addresses = (settings.broker, settings.database.reveal(), settings.openai_base_url)
    passwords = {urlsplit(address).password or "" for address in addresses}
    return {
        settings.openai_api_key.reveal(),
        settings.metrics_token.reveal(),
        settings.oidc_client_secret.reveal(),
        *passwords,
        *map(unquote, passwords),
        *find_secrets(os.environ),
    }


def _encodable(text: str) -> str:
    """A text that UTF-8 has a form for: half of a surrogate pair has none."""
    return text.encode("utf-8", "replace").decode()
