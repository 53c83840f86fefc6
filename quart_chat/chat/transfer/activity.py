"""Exports that are logs of what was asked: of Gemini by Google Takeout, and of Microsoft Copilot.

Google writes a list of activities, the newest first, each with what was asked and mostly with the
answer as HTML: as ``MyActivity.json`` or, unless JSON is chosen, as a page. Nothing says which of
them belong together; as in Google's own view of a session, those of half an hour do.

Microsoft writes a table with the title of the conversation in each row, the newest first; a
question and its answer have the same time.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from html import unescape
from io import StringIO
from itertools import pairwise
from typing import Any

from quart_chat.chat.transfer.file import MAX_TEXT, ChatFile
from quart_chat.chat.transfer.hypertext import html_to_markdown, parse_html
from quart_chat.chat.transfer.others import Raw, as_string, chain, dicts, make_origin, make_said
from quart_chat.chat.transfer.rounds import Said, to_chat

SESSION = 30 * 60
"""Seconds without a question after which the next begins another chat."""

_HEAD = 1_000
"""Characters within which the columns of a table are named."""

_ASKED = re.compile(
    r"(?:Prompted with: |Asked (?:Gemini|Bard): |Prompted |Asked |Said |Eingegebener Prompt: )"
)
_NOT_ASKED = re.compile(
    r"(?:Created|Used|Added|Gave|Selected|Shared|Deleted|Viewed|Visited|Searched|Edited|Pinned"
    r"|Renamed|Exported|Updated) "
)
_ATTACHED = re.compile(r"\s*(?:Attached \d+ files?\.?|\d+ Datei(?:en)? angehängt\.?)\s*$")
_GEMINI = re.compile(r"gemini|bard", re.IGNORECASE)
_TABLES = (
    ("conversation", "time", "author", "message"),
    ("chatname", "createdat", "author", "messagecontent"),
)
"""The columns of Copilot's exports: of its own, and of those in Microsoft 365."""
_AUTHORS = {**dict.fromkeys(("human", "user"), "user"), **dict.fromkeys(("ai", "bot"), "assistant")}
_TIMES = (
    "",  # ISO 8601
    "%b %d, %Y, %I:%M:%S %p",
    "%d %b %Y, %H:%M:%S",
    "%d.%m.%Y, %H:%M:%S",
    "%m/%d/%Y %H:%M:%S %z",
)
_ZONE = re.compile(r"\s+(?:[A-Z]{2,5}|GMT[+-][\d:]+)$")
_MOMENT = re.compile(r"(?=.{0,60}\d{4}).{0,40}\d{1,2}:\d{2}(?::\d{2})?.{0,15}")


def is_activity(raw: Any) -> bool:
    """Whether it is an activity of a Google account."""
    return isinstance(raw, dict) and {"header", "title", "time", "products"} <= raw.keys()


def read_gemini(activities: Iterable[Raw]) -> Iterator[ChatFile]:
    """The chats that some activities of a Google account are, oldest first."""
    asked = [each for each in activities if _is_of_gemini(each) and _prompt(each)]
    asked.sort(key=lambda each: _time(as_string(each.get("time"))))
    session: list[Raw] = []
    for before, each in pairwise([{}, *asked]):
        gap = _time(as_string(each.get("time"))) - _time(as_string(before.get("time")))
        if session and (gap > SESSION or not each.get("time")):
            yield _to_chat("gemini", "", [*_messages(session)])
            session = []
        session.append(each)
    if session:
        yield _to_chat("gemini", "", [*_messages(session)])


def is_activity_page(text: str) -> bool:
    """Whether it is the page of activities in Gemini that Google Takeout writes."""
    start = text[:500_000]
    return 'class="outer-cell' in start and _GEMINI.search(start) is not None


def read_activity_page(text: str) -> Iterator[Raw]:
    """The activities of a page, as they would be in ``MyActivity.json``."""
    for cell in parse_html(text).css("div.outer-cell"):
        header, content = cell.css_first("div.header-cell"), cell.css_first("div.content-cell")
        if header is None or content is None:
            continue
        lines = re.split(r"<br\s*/?>", content.inner_html or "")
        moment = next((n for n, line in enumerate(lines) if _MOMENT.fullmatch(_plain(line))), 0)
        yield {
            "header": header.text().strip(),
            "products": [],
            "title": "\n".join(map(_plain, lines[:moment])),
            "time": _plain(lines[moment]),
            "safeHtmlItem": [{"html": "<br>".join(lines[moment + 1 :])}],
        }


def is_copilot(text: str) -> bool:
    """Whether it is the table of conversations that Microsoft exports."""
    head = text[:_HEAD].partition("\n")[0]
    return _columns(next(csv.reader([head], delimiter=_delimiter(head)), [])) is not None


def _delimiter(head: str) -> str:
    """A semicolon where a spreadsheet has saved the table again, as in Germany."""
    return ";" if head.count(";") > head.count(",") else ","


def read_copilot(text: str) -> Iterator[ChatFile]:
    """The chats of a table."""
    csv.field_size_limit(max(MAX_TEXT, csv.field_size_limit()))
    delimiter = _delimiter(text[:_HEAD].partition("\n")[0])
    rows = list(csv.reader(StringIO(text, newline=""), delimiter=delimiter))
    columns = _columns(rows[0]) or []
    chats: dict[str, list[Raw]] = {}
    for row in rows[1:]:
        title, time, author, content = ([*row, *[""] * 4][column] for column in columns)
        role = _AUTHORS.get(author.strip().lower())
        message = {"role": role, "content": content, "created_at": _time(time)}
        chats.setdefault(title.strip(), []).append(message)
    for title, messages in chats.items():
        yield _to_chat("copilot", title, _oldest_first(messages))


def _oldest_first(messages: list[Raw]) -> list[Raw]:
    """Turned around where they are not: times don't tell a question from its answer."""
    first, last = messages[0], messages[-1]
    begins = (last["created_at"], first["role"] == "user")
    is_turned = begins < (first["created_at"], first["role"] != "user")
    return messages[::-1] if is_turned else messages


def _columns(head: Sequence[str]) -> list[int] | None:
    names = [name.strip().lower() for name in head]
    for wanted in _TABLES:
        if set(wanted) <= set(names):
            return [names.index(name) for name in wanted]
    return None


def _to_chat(assistant: str, title: str, messages: Sequence[Raw]) -> ChatFile:
    def said(message: Raw, at: float) -> Said | None:
        return make_said(message["role"], message["content"], at, "")

    first = messages[0]
    key = f"{title}\n{first['created_at']}\n{first['content']}"
    about = {
        "id": sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32],
        "title": title,
        "created_at": first["created_at"],
        "updated_at": messages[-1]["created_at"],
    }
    return to_chat(chain(messages, "", "", said), make_origin(assistant, about, "id", "title", ""))


def _messages(activities: Iterable[Raw]) -> Iterator[Raw]:
    for each in activities:
        at = _time(as_string(each.get("time")))
        yield {"role": "user", "content": _prompt(each), "created_at": at}
        answer = _answer(each)
        if answer:
            yield {"role": "assistant", "content": answer, "created_at": at}


def _is_of_gemini(activity: Raw) -> bool:
    products = activity.get("products")
    named = [activity.get("header"), *(products if isinstance(products, list) else [])]
    return any(_GEMINI.search(as_string(name)) for name in named)


def _prompt(activity: Raw) -> str:
    """What was asked; empty where it was something else that the account did."""
    title = unescape(as_string(activity.get("title"))).replace("\u00a0", " ").strip()
    match = _ASKED.match(title)
    has_answer = any(map(_html_of, dicts(activity.get("safeHtmlItem"))))
    if match is None and (_NOT_ASKED.match(title) or not has_answer):
        return ""
    return _ATTACHED.sub("", title[match.end() :] if match else title)


def _answer(activity: Raw) -> str:
    texts = map(_html_of, dicts(activity.get("safeHtmlItem")))
    return html_to_markdown("\n".join(texts)[:MAX_TEXT]).strip()


def _html_of(item: Raw) -> str:
    return as_string(item.get("html"))


def _plain(html: str) -> str:
    return " ".join(parse_html(html).text().split())


def _time(text: str) -> float:
    """Seconds since 1970; 0 where that can't be told. Times without a zone are taken as UTC."""
    text = _ZONE.sub("", " ".join(text.split()))
    for form in _TIMES:
        try:
            moment = (
                datetime.strptime(text, form)  # noqa: DTZ007 - the next line sets the zone
                if form
                else datetime.fromisoformat(text)
            )
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError, OSError):
            continue
    return 0.0
