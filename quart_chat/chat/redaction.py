"""What readers of a link aren't told of other chats: which are there, and what they are called.

Answers quote other chats of their owner. A quote is part of the answer and stays; the title and the
address of the chat that it is from are not, and nobody is to get at them by the link of another.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from quart_chat.chat.models import MessageStatus
from quart_chat.texts import _

if TYPE_CHECKING:
    from quart_chat.chat.models import Item, Message, Source

_LABEL = r"\[(?:\\.|[^\\\[\]\n])*"
# What may become a link with the text that is still to come; no label goes beyond its line, and no
# address beyond a blank.
_OPEN = re.compile(rf"(?:{_LABEL}\\?(?:\](?:\([^)\s]*)?)?|/[^\s()\[\]<>\"']*)\Z")


class Redaction:
    """Takes the links to other chats out of what is shown of one."""

    def __init__(self, workflow_id: str) -> None:
        host = r"(?:https?://[^\s/()\[\]<>\"']+)?"
        path = rf"/chat/(?!{re.escape(workflow_id)})[0-9a-f]{{32}}(?![0-9a-f])"
        other = host + path
        self._url = re.compile(other)
        self._link = re.compile(rf"{_LABEL}\]\({other}[^)\s]*\)|{path}[^\s()\[\]<>\"']*")
        self._anchor = re.compile(rf'<a(?: [^>]*)? href="{other}[^"]*"[^>]*>(.*?)</a>', re.DOTALL)

    def message(self, message: Message) -> Message:
        """A message of the database."""
        if message.role == "user":
            return message
        return replace(
            message,
            content=self.written(message.content, message.status)[0],
            html=message.html and self.html(message.html),
            sources=tuple(map(self._source, message.sources)),
        )

    def item(self, item: Item) -> Item:
        """The same of chatData."""
        if item["role"] == "user":
            return item
        return {
            **item,
            "content": self.written(item["content"], item["status"])[0],
            "html": item["html"] and self.html(item["html"]),
            "sources": list(map(self._source_item, item["sources"])),
        }

    def written(self, markdown: str, status: str) -> tuple[str, str]:
        """What can be shown of a text, and what waits for the text to go on, if it does."""
        held = ""
        if status == MessageStatus.STREAMING and (opened := _OPEN.search(markdown)):
            markdown, held = markdown[: opened.start()], opened[0]
        return self._link.sub(lambda _match: _("Another chat"), markdown), held

    def html(self, html: str) -> str:
        """A rendered text; a number in brackets stays, and leads nowhere."""

        def replacement(anchor: re.Match[str]) -> str:
            return anchor[1] if 'class="citation"' in anchor[0] else _("Another chat")

        return self._anchor.sub(replacement, html)

    def _source(self, source: Source) -> Source:
        if not self._url.match(source.url):
            return source
        return replace(source, title=_("Another chat"), heading="", url="")

    def _source_item(self, source: Item) -> Item:
        if not self._url.match(source["url"]):
            return source
        return {**source, "title": _("Another chat"), "heading": "", "url": ""}


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
