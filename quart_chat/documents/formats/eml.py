"""E-mails: the lines of the head that people read, and the text; attachments are named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from pathlib import Path

from quart_chat.documents.formats import Block, Part
from quart_chat.documents.formats.encoding import decode
from quart_chat.documents.formats.html.reader import read_page
from quart_chat.documents.formats.records import readable
from quart_chat.documents.reading_warnings import ReadingWarning
from quart_chat.errors import MalformedFile
from quart_chat.texts import _

MAX_PARTS = 1_000
MUCH_MORE = 3
"""How many times the words of the text beside it a page has that says more."""

# Parts of a saved page that are not shown.
_UNSEEN = frozenset({"text/css", "text/javascript", "application/javascript"})
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_HEAD = ("Subject", "From", "To", "Cc", "Date")


def read(path: Path) -> Iterator[Part]:
    mail = message_from_bytes(_decode_head(path.read_bytes()), policy=policy.default)
    if not isinstance(mail, EmailMessage) or not any(_header(mail, name) for name in _HEAD):
        raise MalformedFile(_("The file is no e-mail: it has no sender and no subject."))
    subject = _header(mail, "Subject")
    headings = (subject,) if subject else ()
    yield Block(_head(mail), headings)
    for number, part in enumerate(mail.walk()):
        if number >= MAX_PARTS:
            return
        if part.get_content_type() == "message/rfc822":
            for forwarded in part.iter_parts() if isinstance(part, EmailMessage) else ():
                yield Block(_head(forwarded), headings)
        if part.is_multipart() or part.get_content_type() in _UNSEEN:
            continue
        name = part.get_filename()
        if name or part.get_content_maintype() not in {"text", "multipart"}:
            yield ReadingWarning("attachments_unread", 1)
            if name:
                yield Block(_("Attachment: {name}").format(name=name), headings)
        elif not _is_repeated(part, mail):
            yield from _text(part, headings)


def _decode_head(data: bytes) -> bytes:
    """A mail without what stands before it, and with its head in UTF-8, as some write it bare."""
    data = data.lstrip(b"\xef\xbb\xbf\r\n\t ")
    end = _END_OF_HEAD.search(data)
    head = data[: end.start()] if end else data
    return decode(head)[0].encode() + data[len(head) :]


def _head(mail: Message) -> str:
    """The lines of a mail's head that people read."""
    return "\n".join(f"{name}: {value}" for name in _HEAD if (value := _header(mail, name)))


def _is_repeated(part: Message, mail: EmailMessage) -> bool:
    """Whether a page says what the text beside it says, and not that only the page says it."""
    if part.get_content_type() != "text/html":
        return False
    plain = sum(
        len(_data(each).split())
        for each in mail.walk()
        if each.get_content_type() == "text/plain" and not each.get_filename()
    )
    shown = " ".join(block.text for block in _text(part, ()) if isinstance(block, Block))
    return plain > 0 and len(shown.split()) <= MUCH_MORE * plain


def _text(part: Message, headings: tuple[str, ...]) -> Iterator[Part]:
    text, warnings = decode(_data(part), part.get_content_charset() or "")
    yield from warnings
    if part.get_content_type() == "text/html":
        for block in read_page(text):
            if isinstance(block, Block):
                yield Block(block.text, (*headings, *block.headings))
        return
    text = readable(text.replace("\r\n", "\n"))
    if part.get_param("format", "") == "flowed":
        text = _unflow(text, deletes_space=part.get_param("delsp", "") == "yes")
    for paragraph in text.split("\n\n"):
        if paragraph.strip():
            yield Block(paragraph.strip("\n"), headings)


def _unflow(text: str, *, deletes_space: bool) -> str:
    """Join the lines of a paragraph that end with a space, as RFC 3676 says."""
    lines: list[str] = []
    flows = False
    for line in text.split("\n"):
        written = line.removeprefix(" ")
        if flows:
            lines[-1] = (lines[-1][:-1] if deletes_space else lines[-1]) + written.lstrip("> ")
        else:
            lines.append(written)
        flows = line.endswith(" ") and line != "-- "
    return "\n".join(line.rstrip(" ") for line in lines)


def _data(part: Message) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _header(mail: Message, name: str) -> str:
    try:
        return " ".join(str(mail.get(name) or "").split())
    except (ValueError, LookupError, AttributeError, IndexError, TypeError):
        return ""  # one that the library can't parse
