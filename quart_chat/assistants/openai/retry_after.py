"""When an endpoint that is busy may be asked again, in the ways that servers say it."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

from quart_chat.texts import _, ngettext, number

MAX_DIGITS = 12
"""Of the seconds that an endpoint asks to wait: more of them would be no time to wait for."""
DAY = 24 * 3600.0

_SECONDS = re.compile(rf"\d{{1,{MAX_DIGITS}}}(?:\.\d+)?", re.ASCII)
# Google puts it into the body: https://google.aip.dev/194
_IN_BODY = re.compile(r'"retryDelay"\s*:\s*"(\d{1,9}(?:\.\d+)?)s"', re.ASCII)


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
    found = _IN_BODY.search(body)
    return float(found[1]) if found else None


def parse_retry_after(value: str) -> float | None:
    """Seconds from now, of a number of seconds or a date (RFC 9110, 10.2.3)."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:MAX_DIGITS])
    if _SECONDS.fullmatch(value):
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    # A date without a zone is in UTC.
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, date.timestamp() - time.time())


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
