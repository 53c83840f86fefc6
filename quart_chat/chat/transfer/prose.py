"""A chat as Markdown, for people to read: the branch that is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping

from quart_chat.chat.author import author
from quart_chat.chat.transfer.file import ChatFile, FileMessage, FileRound
from quart_chat.plaintext import one_line
from quart_chat.texts import _

# What Markdown would read as something else in the one line of a heading or a link.
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|])")


def to_markdown(file: ChatFile, titles: Mapping[str, str]) -> str:
    """Write the branch that is shown; ``titles`` says what assistants are called."""
    parts = [f"# {_inline(file.chat.title)}"]
    for round_ in branch(file):
        for message in round_.messages:
            asked = message.role == "user"
            who = _("You") if asked else author(message, titles, round_.assistant)
            parts += [f"## {_inline(who)}", message.content.strip()]
            if message.sources:
                parts.append(_sources(message))
        if round_.status in ("stopped", "error") and round_.message:
            parts.append(f"*{_inline(_(round_.message))}*")
    return "\n\n".join(part for part in parts if part) + "\n"


def branch(file: ChatFile) -> list[FileRound]:
    """The rounds that lead to the head, in order."""
    rounds = {round_.number: round_ for round_ in file.rounds}
    found: list[FileRound] = []
    number = file.chat.head_round
    while number is not None and number in rounds:
        found.append(rounds[number])
        number = rounds[number].parent
    return found[::-1]


def _sources(message: FileMessage) -> str:
    lines = []
    for source in message.sources:
        name = " · ".join(filter(None, (source.title, source.heading)))
        # Addresses of this server lead nowhere from a file.
        where = f" <{source.url}>" if source.url.startswith(("http://", "https://")) else ""
        lines.append(f"{source.number}. {_inline(name)}{where}")
    return "\n".join((_("Sources") + ":\n", *lines))


def _inline(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", one_line(text))
