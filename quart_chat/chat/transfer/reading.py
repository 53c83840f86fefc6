"""The chats in an uploaded file: JSON, a log of Gemini or Copilot, or a zip of such.

A file is read chat by chat, each as it is asked for. What can't be read is a fault with its reason
and keeps no other chat from being read.
"""

from __future__ import annotations

import csv
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from lzma import LZMAError
from pathlib import PurePosixPath
from typing import IO, Any

import msgspec

from quart_chat.chat.transfer.activity import (
    is_activity,
    is_activity_page,
    is_copilot,
    read_activity_page,
    read_copilot,
    read_gemini,
)
from quart_chat.chat.transfer.chatgpt import is_conversation, read_conversation
from quart_chat.chat.transfer.file import FORMAT, MAX_LOGS, ChatFile
from quart_chat.chat.transfer.lists import is_deepseek, unwrap_message
from quart_chat.chat.transfer.others import Raw, role_of
from quart_chat.chat.transfer.readers import find_reader, unwrap_chats
from quart_chat.chat.transfer.rounds import NotReadable
from quart_chat.plaintext import clean
from quart_chat.texts import N_, _

MAX_ENTRIES = 20_000
"""Files in a zip."""

MAX_CHATS = 20_000
"""Chats in a file."""

EXPANSION = 10
"""How many times its own size a zip may hold."""

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    LZMAError,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)
"""What reading a file in a zip raises, each of the ways to pack it its own.

NotImplementedError says that zipfile does not know the way.
"""

_CHATGPT = re.compile(r"conversations(-\d+)?\.json", re.IGNORECASE)
_LOG = re.compile(r"gemini.*\.html|copilot[^/]*\.csv", re.IGNORECASE)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SPACE = re.compile(r"[\s,]*")

NO_JSON = N_(
    "It is not valid JSON. Import the exports of quart-chat, ChatGPT, Claude, Gemini, Copilot,"
    " Open WebUI, LibreChat, LM Studio or llama.cpp, as JSON or as the zip that it came in."
)
NO_CHAT = N_(
    "It contains no chat that can be read. The exports of quart-chat, ChatGPT, Claude, Gemini,"
    " Copilot, Open WebUI, LibreChat, LM Studio and llama.cpp can be read."
)
NO_ZIP = N_("It is neither JSON nor a zip that can be read.")
LOCKED = N_("It is protected with a password.")
TOO_LARGE = N_("Its content is too large.")
TOO_MANY = N_("It holds too many chats. The rest was not read.")


@dataclass(frozen=True, slots=True)
class FoundChat:
    """A chat in a file; ``origin`` tells it from all others, where the file says so."""

    chat: ChatFile
    origin: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a file that can't be read, and why."""

    name: str
    reason: str


def read_file(file: IO[bytes], name: str, limit: int) -> Iterator[FoundChat | Fault]:
    """The chats of a file.

    Args:
        file: Its bytes; it is read from its beginning.
        name: What it is called.
        limit: Bytes of JSON that are read of one file, in a zip as well.
    """
    file.seek(0)
    zipped = file.read(2) == b"PK"
    file.seek(0)
    entries = _read_zip(file, name, limit) if zipped else iter([(name, file.read())])
    count = 0
    for unit in entries:
        for found in [unit] if isinstance(unit, Fault) else _read_unit(*unit):
            count += 1
            if count > MAX_CHATS:
                yield Fault(name, _(TOO_MANY))
                return
            yield found


def _read_zip(file: IO[bytes], name: str, limit: int) -> Iterator[tuple[str, bytes] | Fault]:
    left = EXPANSION * limit
    try:
        with zipfile.ZipFile(file) as archive:
            entries = [info for info in archive.infolist() if _is_read(info.filename)]
            wanted = [i for i in entries if _CHATGPT.fullmatch(PurePosixPath(i.filename).name)]
            entries = wanted or entries
            if not entries or len(entries) > MAX_ENTRIES:
                yield Fault(name, _(TOO_LARGE if entries else NO_CHAT))
                return
            for info in entries:
                if left <= 0:
                    yield Fault(name, _(TOO_LARGE))
                    return
                most = min(limit, left)
                unit = _read_entry(archive, info, most)
                # One that is too large has been unpacked up to there as well.
                left -= most if isinstance(unit, Fault) else len(unit[1])
                yield unit
    except _BROKEN:
        yield Fault(name, _(NO_ZIP))


def _is_read(name: str) -> bool:
    # What macOS adds to a zip has the names of its files, and is none.
    is_json = name.lower().endswith((".json", ".jsonl"))
    return (is_json or bool(_LOG.search(name))) and not name.startswith("__MACOSX/")


def _read_entry(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int
) -> tuple[str, bytes] | Fault:
    if info.flag_bits & 1:
        return Fault(info.filename, _(LOCKED))
    try:
        with archive.open(info) as file:
            # What a zip says of its sizes may be a lie.
            data = file.read(limit + 1)
    except _BROKEN:
        return Fault(info.filename, _(NO_ZIP))
    return Fault(info.filename, _(TOO_LARGE)) if len(data) > limit else (info.filename, data)


def _read_unit(name: str, data: bytes) -> Iterator[FoundChat | Fault]:
    """The chats of a file that is no zip."""
    try:
        text = data.decode("utf-16" if data[:2] in _UTF16 else "utf-8-sig")
    except UnicodeDecodeError:
        yield Fault(name, _(NO_JSON))
        return
    if is_copilot(text):
        yield from _name_all(name, read_copilot(text))
    elif is_activity_page(text):
        yield from _name_all(name, read_gemini(read_activity_page(text)))
    else:
        yield from _read_json(name, text)


def _read_json(name: str, text: str) -> Iterator[FoundChat | Fault]:
    """The chats of a JSON document, one at a time: a list of them, or one or more in a row.

    Messages that stand in it without a chat around them are one, and so are the activities of a
    session.
    """
    decoder, found = json.JSONDecoder(), 0
    loose: list[Raw] = []
    activities: list[Raw] = []
    try:
        place = _skip(text, 0)
        is_list = text.startswith("[", place)
        is_empty = place >= len(text)
        place += is_list
        while (place := _skip(text, place)) < len(text) and not text.startswith("]", place):
            raw, place = decoder.raw_decode(text, place)
            found += 1
            if is_activity(raw):
                activities.append(raw)
            elif _is_message(raw):
                loose.append(raw)
            else:
                yield from (_read_chat(name, chat) for chat in unwrap_chats(raw))
        if is_empty or (is_list and place >= len(text)):
            yield Fault(name, _(NO_JSON))
        elif not found:
            yield Fault(name, _(NO_CHAT))
    except (ValueError, RecursionError):
        yield Fault(name, _(NO_JSON))
    if loose:
        yield _read_chat(name, {"messages": loose})
    if activities:
        yield from _name_all(name, read_gemini(activities))


def _name_all(name: str, chats: Iterable[ChatFile]) -> Iterator[FoundChat | Fault]:
    """The chats of a log, each with what tells it from others."""
    found = False
    try:
        for chat in chats:
            found = True
            yield FoundChat(chat, f"{chat.rounds[0].assistant}:{chat.chat.id}")
    except (NotReadable, csv.Error) as error:
        yield Fault(name, str(error))
        return
    if not found:
        yield Fault(name, _(NO_CHAT))


def _is_message(raw: Any) -> bool:
    return isinstance(raw, dict) and role_of(unwrap_message(raw)) is not None


def _skip(text: str, place: int) -> int:
    match = _SPACE.match(text, place)
    return match.end() if match else place


def _read_chat(name: str, raw: Any) -> FoundChat | Fault:
    title = (raw.get("title") or raw.get("name")) if isinstance(raw, dict) else None
    shown = f"{name}: {clean(title[:200])}" if isinstance(title, str) and title else name
    try:
        if is_conversation(raw) and not is_deepseek(raw):
            chat = read_conversation(raw)
            return FoundChat(chat, f"chatgpt:{clean(chat.chat.id) or _digest(raw)}")
        if isinstance(raw, dict) and raw.get("format") == FORMAT:
            chat = msgspec.convert(raw, ChatFile)
            check_tree(chat)
            return FoundChat(chat, clean(chat.chat.id) or f"content:{_digest(raw)}")
        if (reader := find_reader(raw)) is not None:
            chat = reader(raw)
            who = chat.rounds[0].assistant
            return FoundChat(chat, f"{who}:{clean(chat.chat.id) or _digest(raw)}")
    except NotReadable as error:
        return Fault(shown, str(error))
    except (msgspec.ValidationError, ValueError, RecursionError) as error:
        return Fault(shown, _("It is damaged: {reason}").format(reason=clean(str(error))[:200]))
    return Fault(shown, _(NO_CHAT))


def _digest(raw: Any) -> str:
    """What tells a chat from others that doesn't say so itself: all of it."""
    # As ASCII, halves of characters can be encoded as well.
    return sha256(json.dumps(raw).encode()).hexdigest()


def check_tree(file: ChatFile) -> None:
    """Refuse rounds that are no tree, or that have not each one prompt and at most one answer.

    Raises:
        ValueError: They are none.
        NotReadable: They have far too many steps.
    """
    if sum(len(round_.logs) for round_ in file.rounds) > MAX_LOGS:
        raise NotReadable(_("It has too many steps."))
    known: set[int] = set()
    for round_ in file.rounds:
        if round_.number in known or (round_.parent is not None and round_.parent not in known):
            raise ValueError(f"rounds: {round_.number} is not in its place")
        known.add(round_.number)
        if [message.role for message in round_.messages] not in (["user"], ["user", "assistant"]):
            raise ValueError(f"rounds: {round_.number} is not a prompt and an answer")
    numbers = [round_.number for round_ in file.rounds]
    if numbers != sorted(numbers):
        raise ValueError("rounds: they are not in order")
