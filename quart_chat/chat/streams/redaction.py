"""What readers of a link aren't told of other chats: which are there, and what they are called.

Answers quote other chats of their owner. A quote is part of the answer and stays; the title and the
address of the chat that it is from are not, and a link to one chat must not lead to another.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from quart_chat.assistants.protocol import Source
from quart_chat.chat.models import MessageStatus
from quart_chat.texts import _

if TYPE_CHECKING:
    from quart_chat.chat.models import Log, Message
    from quart_chat.wire import Item

_LABEL = r"\[(?:\\.|[^\\\[\]\n])*"
_HOST = r"(?:https?\\?:(?:\\?/){2}[^\s/()\[\]<>\"']+)?"
_REST = r"[^\s()\[\]<>\"'`*&]*"
_TAG = re.compile(r"<[^>]*>")
# What may stand within an address and is not seen of it: marks of Markdown, the tags of HTML, but
# for those that end the cell of a table.
_MARKS = r"[\\*_~`]*"
_TAGS = r"(?:<(?!/t[dh]>)[^>]*>)*"
# What may become a link with the text that is still to come; no label goes beyond its line, and no
# address beyond a blank.
_OPEN_LABEL = re.compile(rf"{_LABEL}\\?(?:\](?:\([^()\s]*)?)?\Z")
_OPEN_ADDRESS = re.compile(
    r"(?:https?)?\\?[:/%]|(?:(?:https?)?\\|h(?:t(?:t(?:ps?)?)?)?)\Z", re.IGNORECASE
)
_TO_LAST_BLANK = re.compile(r".*[\s()\[\]<>\"']", re.DOTALL)


class Redaction:
    """Takes the addresses of other chats out of what is shown of one.

    Letters and digits of an address are found however they are written: percent-encoded, marked,
    or coloured by the lexer of a listing, each in an element of its own.
    """

    def __init__(self, workflow_id: str) -> None:
        in_markdown, in_html = (_path(workflow_id, between) for between in (_MARKS, _TAGS))
        flags = re.IGNORECASE | re.DOTALL
        self._path = re.compile(in_markdown, flags)
        self._link = re.compile(
            rf"{_LABEL}\]\([^()\s]*{in_markdown}[^()\s]*\)|{_HOST}{in_markdown}{_REST}", flags
        )
        self._anchor = re.compile(rf"<a (?=[^>]*{in_html})[^>]*>(.*?)</a>", flags)
        self._text = re.compile(rf"{_HOST}{in_html}{_REST}", flags)

    def message(self, message: Message) -> Message:
        """A message of the database."""
        if message.role == "user":
            return message
        return replace(
            message,
            content=self.written(message.content, message.status)[0],
            html=message.html and self.html(message.html),
            sources=tuple(Source(**self._source(source.to_item())) for source in message.sources),
        )

    def item(self, item: Item) -> Item:
        """The same of chatData."""
        if item["role"] == "user":
            return item
        return {
            **item,
            "content": self.written(item["content"], item["status"])[0],
            "html": item["html"] and self.html(item["html"]),
            "sources": list(map(self._source, item["sources"])),
        }

    def log(self, log: Log) -> Log:
        """A step, which may tell what a model has thought."""
        return replace(log, message=self.text(log.message))

    def text(self, text: str) -> str:
        """A text that is whole."""
        return self._link.sub(lambda _match: _("Another chat"), text)

    def written(self, markdown: str, status: str) -> tuple[str, str]:
        """What can be shown of a text, and what waits for the text to go on, if it does."""
        end = _certain(markdown) if status == MessageStatus.STREAMING else len(markdown)
        return self.text(markdown[:end]), markdown[end:]

    def html(self, html: str) -> str:
        """A rendered text; a number in brackets stays, and leads nowhere."""

        def without_link(anchor: re.Match[str]) -> str:
            return anchor[1] if 'class="citation"' in anchor[0] else _("Another chat")

        def without_address(text: re.Match[str]) -> str:
            return _("Another chat") + "".join(_TAG.findall(text[0]))

        return self._text.sub(without_address, self._anchor.sub(without_link, html))

    def _source(self, source: Item) -> Item:
        if self._path.search(source["url"]):
            source = {**source, "title": _("Another chat"), "heading": "", "url": ""}
        quoted = {
            name: self.text(source[name]) for name in ("title", "heading", "quote", "excerpt")
        }
        return {**source, **quoted}


def _path(own: str, between: str) -> str:
    """The pattern of the address of any other chat.

    Args:
        own: The id of the chat that may be named.
        between: The pattern of what may stand between two characters.
    """

    def spelled(text: str) -> str:
        return between.join(f"(?:{char}|%{ord(char):02x})" for char in text) + between

    digit = "(?:[0-9a-f]|%3[0-9]|%[46][1-6])"
    others = rf"(?!{between.join(own)}){digit}(?:{between}{digit}){{31}}"
    return rf"\\?{spelled('/chat')}(?:{spelled('/')})+{others}"


def _certain(markdown: str) -> int:
    """How much of a text stays as it is however it goes on."""
    blank = _TO_LAST_BLANK.match(markdown)
    address = _OPEN_ADDRESS.search(markdown, blank.end() if blank else 0)
    label = _OPEN_LABEL.search(markdown)
    return min((opened.start() for opened in (address, label) if opened), default=len(markdown))


class Redacted:
    """A text in flight as a reader is shown it, whose offsets are not those of what is written."""

    def __init__(self, redaction: Redaction, markdown: str) -> None:
        self._redaction = redaction
        self._taken = 0
        self._shown = 0
        self._held = ""
        self.add(0, markdown)

    def add(self, offset: int, text: str) -> tuple[int, str]:
        """Take what is written from an offset on; what that adds to what is shown, and where."""
        text = self._held + text[self._taken - offset :]
        self._taken += len(text) - len(self._held)
        place = self._shown
        shown, self._held = self._redaction.written(text, MessageStatus.STREAMING)
        self._shown += len(shown)
        return place, shown
