"""Text that programs exchange, as people read it: subtitles, calendars, address cards, dense JSON.

In a file of subtitles (SubRip, WebVTT) a sentence is spread over several cues with numbers and
times between them. Calendars and address cards (RFC 5545, RFC 6350) fold long lines, within a word
as well, and escape what stands in their values. JSON on one line, or with its letters escaped,
holds words that no search finds.
"""

from __future__ import annotations

import json
import quopri
import re

_TIME = r"(?:\d+:)?\d\d:\d\d[.,]\d{3}"
_CUE = re.compile(rf"^(?:\d+[ \t]*\n)?[ \t]*({_TIME})[ \t]*-->[ \t]*{_TIME}[^\n]*\n", re.MULTILINE)
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|<[\d:.]+>|\{\\[^{}]*\}")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’)]*\Z")  # noqa: RUF001
PARAGRAPH = 400
"""Characters after which the end of a sentence ends a paragraph of subtitles."""

_FOLD = re.compile(r"\r?\n[ \t]")
_ENTRY = re.compile(r'([A-Za-z0-9.-]+)((?:;(?:"[^"]*"|[^":;])*)*):(.*)', re.DOTALL)
_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d)(?::?\d\d)?(Z?))?")
_ESCAPED = re.compile(r"\\([\\,;:nN])")
_OTHERWISE = {"DTSTART": "Start", "DTEND": "End", "RRULE": "Repeats", "FN": "Name"}
_OTHERWISE |= {"ORG": "Organization", "TEL": "Phone", "ADR": "Address", "BDAY": "Birthday"}
_NAMES = {
    name: _OTHERWISE.get(name, name.capitalize())
    for name in (
        *("SUMMARY", "DTSTART", "DTEND", "DUE", "LOCATION", "DESCRIPTION", "RRULE", "ORGANIZER"),
        *("ATTENDEE", "URL", "STATUS", "CATEGORIES", "COMMENT", "FN", "NICKNAME", "ORG", "TITLE"),
        *("ROLE", "TEL", "EMAIL", "ADR", "BDAY", "NOTE"),
    )
}
"""Properties that people read; the others are for programs."""

_LONG_LINE = 2000
_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],]|[^"{}\[\],]+', re.DOTALL)
_ESCAPES = re.compile(r"(?:\\u[0-9a-fA-F]{4})+|\\.", re.DOTALL)


def readable(text: str) -> str:
    """Return a text as people read it; one of no such kind as it is."""
    start = text[:200].lstrip("\ufeff \r\n\t")
    if start.startswith(("BEGIN:VCALENDAR", "BEGIN:VCARD")):
        return _records(text) or text
    if start.startswith("WEBVTT") or _CUE.match(start.replace("\r", "")):
        return _subtitles(text.replace("\r\n", "\n").replace("\r", "\n")) or text
    if start.startswith(("{", "[")) and _is_dense(text):
        return _spread(text)
    return text


def _subtitles(text: str) -> str:
    paragraphs: list[str] = []
    words, last = "", ""
    parts = _CUE.split(text)
    for time, cue in zip(parts[1::2], parts[2::2], strict=True):
        # A blank line ends a cue; what follows is the number or the name of the next.
        for written in cue.partition("\n\n")[0].splitlines():
            line = " ".join(_MARKUP.sub("", _VOICE.sub(r"\1: ", written)).split())
            if line and line != last:  # captions that roll repeat the line before
                words = f"{words} {line}" if words else f"{time[:-4]} {line}"
                last = line
        if len(words) > 2 * PARAGRAPH or (len(words) > PARAGRAPH and _SENTENCE_END.search(words)):
            paragraphs.append(words)
            words = ""
    return "\n\n".join(filter(None, (*paragraphs, words)))


def _records(text: str) -> str:
    lines: list[str] = []
    begun, first, parts = "", 0, ""
    for line in _FOLD.sub("", text).splitlines():
        written = begun + line.strip()
        # Older cards break lines in their own way.
        is_broken = written.endswith("=") and "QUOTED-PRINTABLE" in written.upper()
        begun = written[:-1] if is_broken else ""
        entry = None if is_broken else _ENTRY.fullmatch(written)
        if entry is None:
            continue
        name, parameters, value = entry[1].rpartition(".")[2].upper(), entry[2].upper(), entry[3]
        if name == "END":
            if parts and not any(each.startswith("Name: ") for each in lines[first:]):
                lines.insert(first, f"Name: {parts}")
            lines.append("")
            first, parts = len(lines), ""
        elif name == "N":
            # An old card may have the parts of a name alone, the family name first.
            family, *given = _value(name, parameters, value).split(";")
            parts = " ".join(filter(None, (*given[:1], family)))
        elif name in _NAMES and (shown := _value(name, parameters, value)):
            lines.append(f"{_NAMES[name]}: {shown}")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _value(name: str, parameters: str, value: str) -> str:
    if "QUOTED-PRINTABLE" in parameters:
        value = quopri.decodestring(value.encode()).decode("utf-8", "replace")
    if name in {"ADR", "ORG"}:
        value = ", ".join(filter(None, map(str.strip, re.split(r"(?<!\\);", value))))
    value = _ESCAPED.sub(lambda each: "\n" if each[1] in "nN" else each[1], value)
    if date := _DATE.fullmatch(value):
        year, month, day, hour, minute, utc = date.groups()
        time = f" {hour}:{minute}" if hour else ""
        return f"{year}-{month}-{day}{time}{' UTC' if utc else ''}"
    value = re.sub("^(?:mailto|tel):", "", value, flags=re.IGNORECASE)
    return " ".join(value.split())


def _is_dense(text: str) -> bool:
    """Whether JSON has lines that are too long to be read, or escapes its letters."""
    return "\\u" in text or max(map(len, text.splitlines())) > _LONG_LINE


def _spread(text: str) -> str:
    """JSON with a line for each value and its letters as they are; its numbers stay as written."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return _unescape(text)
    lines, depth = [""], 0
    for part in map(str.strip, _PART.findall(" ".join(text.split("\n")))):
        if part in {"}", "]"}:
            depth -= 1
            lines.append(_indent(depth) + part)
        elif part == ",":
            lines[-1] += part
            lines.append("")
        elif part:
            shown = f": {part[1:].lstrip()}" if part.startswith(":") else _unescape(part)
            lines[-1] = (lines[-1] or _indent(depth)) + shown
            if part in {"{", "["}:
                depth += 1
                lines.append("")
    return "\n".join(line for line in lines if line.strip())


def _indent(depth: int) -> str:
    return "  " * min(depth, 20)


def _unescape(text: str) -> str:
    r"""Text with characters in the place of ``\uXXXX``, but for those that JSON has to escape."""
    return _ESCAPES.sub(lambda each: _decode(each[0]) if len(each[0]) > 2 else each[0], text)


def _decode(escapes: str) -> str:
    decoded: str = json.loads(f'"{escapes}"')
    return "".join(
        char if char.isprintable() and char not in '"\\' else f"\\u{ord(char):04x}"
        for char in decoded
    )
