"""The names of users, by which they sign in."""

from __future__ import annotations

import unicodedata

from quart_chat.accounts.storage import AccountReader
from quart_chat.errors import InvalidInput, NameTaken
from quart_chat.plaintext import is_blank, one_line
from quart_chat.texts import _, number

MAX_NAME = 64
"""Characters in a name."""

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn"}


def clean_user_name(name: str) -> str:
    """Read a name: one line of characters that can be seen.

    Raises:
        InvalidInput: It is blank, too long, or has characters that can't be seen.
    """
    line = one_line(unicodedata.normalize("NFC", name[: MAX_NAME * 8]))
    if is_blank(line) or len(line) > MAX_NAME:
        raise InvalidInput(
            _("name: expected 1 to {limit} characters.").format(limit=number(MAX_NAME))
        )
    if any(unicodedata.category(character) in _HIDDEN for character in line):
        raise InvalidInput(_("name: it has characters that can't be seen."))
    return line


def name_key(name: str) -> str:
    """What two names have in common that count as the same: case and width are left out."""
    folded = unicodedata.normalize("NFKC", one_line(name[: MAX_NAME * 8])).casefold()
    return one_line(unicodedata.normalize("NFKC", folded))


def require_free(reader: AccountReader, name: str, user_id: str | None = None) -> str:
    """Make sure that no user but this one has a name, and return its key.

    Raises:
        NameTaken: Another user has it.
    """
    key = name_key(name)
    other = reader.find_user(key)
    if other is not None and other.id != user_id:
        raise NameTaken(_("Another user is called “{name}”.").format(name=other.name))
    return key


def free_name(reader: AccountReader, name: str) -> str:
    """A name that no user has: this one, or with the first number after it that is free."""
    for count in range(1, 10_000):
        candidate = name if count == 1 else f"{name[: MAX_NAME - 6]} {count}"
        if reader.find_user(name_key(candidate)) is None:
            return candidate
    raise NameTaken(_("Another user is called “{name}”.").format(name=name))
