"""Texts and programs that a model wrote beside a chat: ChatGPT's canvas, Claude's artifacts.

They come as calls of a tool: one that makes a document, and others that change it. What an answer
shows is the document as it was after the call. A change that can't be followed is shown itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from quart_chat.plaintext import fenced, one_line

_LANGUAGE = re.compile(r"[A-Za-z0-9+#.-]{1,30}")
_ESCAPED = re.compile(r"\\([^\w\s])")


@dataclass(frozen=True, slots=True)
class Writing:
    """A document: its name, the language of a program ("" for a text), and its content."""

    name: str
    language: str
    content: str

    @property
    def markdown(self) -> str:
        """The document as a part of an answer."""
        title = f"**{one_line(self.name)}**\n\n" if self.name.strip() else ""
        return title + (self._listing if self.language else self.content)

    @property
    def _listing(self) -> str:
        text = fenced(self.content)
        if not _LANGUAGE.fullmatch(self.language):
            return text
        first, _, rest = text.partition("\n")
        return f"{first}{self.language}\n{rest}"

    def changed(self, pattern: str, replacement: str, *, everywhere: bool) -> Writing | None:
        """The document after a change; None where it can't be followed.

        A pattern is a regular expression. It comes from a file, and some take for ever: so only
        the one for all of a text is followed, and those that are a text themselves.
        """
        if pattern in {".*", "(?s).*", "[\\s\\S]*", "^.*$", ".+"}:
            return replace(self, content=replacement)
        for text in (pattern, _ESCAPED.sub(r"\1", pattern)):
            if text and text in self.content:
                content = self.content.replace(text, replacement, -1 if everywhere else 1)
                return replace(self, content=content)
        return None
