"""The marks that ChatGPT leaves in a text, where its page shows links, names or pictures.

A mark stands between U+E200 and U+E201, or between lenticular brackets with a dagger. What it
stands for is listed in the message's ``content_references``, each with its ``matched_text``.
"""

from __future__ import annotations

import json
import re
from typing import Any

from quart_chat.plaintext import clean_link, one_line, shorten

_MARK = re.compile(r"\ue200[^\ue200\ue201]{0,5000}(?:\ue201|$)|【\d+(?::\d+)?†[^】\n]{0,200}】")
_REST = re.compile("[\ue200-\ue20f]")
_BEFORE = re.compile(r"[ \t]?\ue000")
_PARTS = "\ue202"
_SPECIAL = re.compile(r"([\\`*_\[\]<>|])")
MAX_TITLE = 100


def write_marks(text: str, references: Any) -> str:
    """Put links in the place of marks, and nothing in the place of those that lead nowhere."""
    if not _MARK.search(text) and not _REST.search(text):
        return text
    known = _known(references)
    text = _MARK.sub(lambda mark: _written(mark[0], known), text.replace("\ue000", ""))
    return _REST.sub("", _BEFORE.sub("", text))


def _known(references: Any) -> dict[str, str]:
    listed = references if isinstance(references, list) else []
    return {
        matched.strip(): _shown(each)
        for each in listed
        if isinstance(each, dict) and isinstance(matched := each.get("matched_text"), str)
    }


def _written(mark: str, known: dict[str, str]) -> str:
    # What is left empty takes the space before it along.
    return known.get(mark) or _name(mark) or "\ue000"


def _shown(reference: dict[str, Any]) -> str:
    items = reference.get("items") or reference.get("sources")
    pages = [each for each in items if isinstance(each, dict)] if isinstance(items, list) else []
    links = list(dict.fromkeys(filter(None, map(_link, pages or [reference]))))
    if links:
        return f"({', '.join(links)})"
    name = reference.get("name")
    return _escape(name) if isinstance(name, str) else ""


def _link(page: dict[str, Any]) -> str:
    url = page.get("url")
    address = clean_link(url) if isinstance(url, str) else ""
    if not address.lower().startswith(("http://", "https://")):
        return ""
    titles = (page.get("title"), page.get("attribution"), address)
    title = next(each for each in titles if isinstance(each, str) and each.strip())
    target = address.replace("(", "%28").replace(")", "%29").replace(" ", "%20")
    return f"[{_escape(shorten(title, MAX_TITLE))}]({target.replace('<', '%3C')})"


def _name(mark: str) -> str:
    """The name in a mark of a person, a company or a place, or the link in one of a page.

    Either is a word of its sentence.
    """
    kind, _, rest = mark.strip("\ue200\ue201").partition(_PARTS)
    if kind == "url":
        title, _, address = rest.rpartition(_PARTS)
        return _link({"title": title, "url": address}) or _escape(title)
    if kind != "entity":
        return ""
    try:
        values = json.loads(rest)
    except (ValueError, RecursionError):
        return ""
    named = isinstance(values, list) and len(values) > 1 and isinstance(values[1], str)
    return _escape(values[1]) if named else ""


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", one_line(text))
