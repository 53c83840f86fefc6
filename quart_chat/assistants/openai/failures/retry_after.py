"""When an endpoint that is busy may be asked again, in the ways that servers say it."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from quart_chat.texts import _, ngettext, number

MAX_DIGITS = 12
"""Of the seconds that an endpoint asks to wait: more of them would be no time to wait for."""
DAY = 24 * 3600.0
_SINCE_1970 = 1e9
"""From so many seconds on, a number is a time and no duration."""

_NUMBER = rf"\d{{1,{MAX_DIGITS}}}(?:\.\d+)?"
_SECONDS = re.compile(_NUMBER, re.ASCII)
_UNITS = {"ms": 0.001, "milli": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": DAY}
_UNIT = r"\s?(?:ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)(?![a-z])"
_PART = re.compile(rf"({_NUMBER})\s?(ms|milli|[smhd])", re.ASCII | re.IGNORECASE)
_SPAN = rf"(?:{_NUMBER}{_UNIT}\s?){{1,4}}"
_DURATION = re.compile(_SPAN, re.ASCII | re.IGNORECASE)
"""Such as ``30s``, ``1m30.5s`` and ``20 seconds``."""
_RESETS = ("ratelimit-reset", "x-ratelimit-reset", "x-retry-after")
"""Headers beside the standard one; some give the time in seconds since 1970."""
_IN_BODY = re.compile(
    # Google puts it there (https://google.aip.dev/194), and others say it in words.
    rf'"retry_?(?:delay|after)(?:_?seconds)?"\s*:\s*"?({_NUMBER})s?"?'
    rf"|(?:retry|try again|wait) (?:in|after|for)?\s?(?:about )?({_SPAN})",
    re.ASCII | re.IGNORECASE,
)


def find_retry_after(headers: Mapping[str, str], body: str) -> float | None:
    """Seconds that a refusal asks to wait; None where it does not say.

    Args:
        headers: Those of the response, by their names in lower case.
        body: Its body.
    """
    if (seconds := parse_retry_after(headers.get("retry-after", ""))) is not None:
        return seconds
    # OpenAI and Azure send it beside the standard header.
    if _SECONDS.fullmatch(milliseconds := headers.get("retry-after-ms", "").strip()):
        return float(milliseconds) / 1000
    if found := _IN_BODY.search(body):
        return float(found[1]) if found[1] else _duration(found[2])
    for name in _RESETS:
        if (seconds := parse_retry_after(headers.get(name, ""))) is not None:
            return max(0.0, seconds - time.time()) if seconds > _SINCE_1970 else seconds
    return None


def parse_retry_after(value: str) -> float | None:
    """Seconds from now, of a number of seconds, a duration or a date (RFC 9110, 10.2.3)."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:MAX_DIGITS])
    if _SECONDS.fullmatch(value):
        return float(value)
    if _DURATION.fullmatch(value):
        return _duration(value)
    try:
        date = (
            datetime.fromisoformat(value) if value[:4].isdigit() else parsedate_to_datetime(value)
        )
    except ValueError:
        return None
    # A date without a zone is in UTC.
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, date.timestamp() - time.time())


def _duration(text: str) -> float:
    """The seconds of a duration."""
    return sum(float(value) * _UNITS[unit.lower()] for value, unit in _PART.findall(text))


def advise(seconds: float | None) -> str:
    """When to try again, as a sentence; a time past a day is no time to wait for."""
    if seconds is None or seconds > DAY:
        return _("Try again in a while.")
    if seconds < 120:
        count = max(1, round(seconds))
        text = ngettext("Try again in {count} second.", "Try again in {count} seconds.", count)
    elif seconds < 2 * 3600:
        count = round(seconds / 60)
        text = ngettext("Try again in {count} minute.", "Try again in {count} minutes.", count)
    else:
        count = round(seconds / 3600)
        text = ngettext("Try again in {count} hour.", "Try again in {count} hours.", count)
    return text.format(count=number(count))
