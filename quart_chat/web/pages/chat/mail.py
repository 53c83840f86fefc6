"""An answer as it is pasted into a mail, where no page of this server is at hand."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from quart_chat.markdown import render_mail, render_plain
from quart_chat.texts import _

if TYPE_CHECKING:
    from quart_chat.assistants.protocol import Source
    from quart_chat.chat.models import Message


def to_mail(answer: Message, base: str) -> dict[str, str]:
    """An answer with its sources as ``text`` and as ``html``; links lead on from ``base``."""
    text = render_plain(answer.content, answer.citable, base=base)
    html = render_mail(answer.content, base=base)
    if answer.sources:
        lines = [_line(source) for source in answer.sources]
        text += "\n\n" + "\n".join((_("Sources:"), *lines))
        html += f"<p>{'<br>'.join(map(escape, (_('Sources:'), *lines)))}</p>\n"
    return {"text": text, "html": html}


def _line(source: Source) -> str:
    """A source by name; the address of a page of this server is of no use to others."""
    title = " · ".join(part for part in (source.title, source.heading) if part)
    address = f" ({source.url})" if "://" in source.url else ""
    return f"[{source.number}] {title}{address}"
