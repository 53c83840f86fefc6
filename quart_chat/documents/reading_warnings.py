"""What could not be read of a document that could be read otherwise."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from quart_chat.texts import N_, _, ngettext, number
from quart_chat.wire import Item


class ReadingWarning(msgspec.Struct, array_like=True, frozen=True):
    """A warning about a document: a code for programs, and how many of its parts it is about."""

    code: str
    count: int = 0

    @property
    def message(self) -> str:
        """The warning as a sentence, in the language in use."""
        if self.code in _PLAIN:
            return _(_PLAIN[self.code])
        return _counted(self.code, self.count).format(count=number(self.count))

    def to_item(self) -> Item:
        return {"code": self.code, "message": self.message}


_PLAIN = {
    "encoding_guessed": N_(
        "The file doesn't say in which encoding it is. If letters are wrong, save it as UTF-8."
    ),
}


def _counted(code: str, count: int) -> str:
    match code:
        case "characters_unreadable":
            return ngettext(
                "{count} character could not be read.",
                "{count} characters could not be read.",
                count,
            )
        case "pages_pictures":
            return ngettext(
                "{count} page is a picture, as from a scanner, and can't be read.",
                "{count} pages are pictures, as from a scanner, and can't be read.",
                count,
            )
        case "pages_unreadable":
            return ngettext(
                "The text of {count} page could not be read.",
                "The text of {count} pages could not be read.",
                count,
            )
        case "rows_left_out":
            return ngettext(
                "Only the first {count} row was read.",
                "Only the first {count} rows were read.",
                count,
            )
        case "sheets_hidden":
            return ngettext(
                "{count} hidden sheet was left out.", "{count} hidden sheets were left out.", count
            )
        case "slides_hidden":
            return ngettext(
                "{count} hidden slide was left out.", "{count} hidden slides were left out.", count
            )
        case "formulas_uncomputed":
            return ngettext(
                "{count} formula has no stored result. Open the file in a spreadsheet program,"
                " and save it there.",
                "{count} formulas have no stored result. Open the file in a spreadsheet program,"
                " and save it there.",
                count,
            )
        case "attachments_unread":
            return ngettext(
                "{count} attachment was not read. Upload it as a file of its own.",
                "{count} attachments were not read. Upload them as files of their own.",
                count,
            )
        case _:
            return ngettext(
                "{count} part could not be read.", "{count} parts could not be read.", count
            )


def add_up(warnings: Iterable[ReadingWarning]) -> list[ReadingWarning]:
    """One warning for each code, about all the parts that it was given for."""
    counts: dict[str, int] = {}
    for warning in warnings:
        counts[warning.code] = counts.get(warning.code, 0) + warning.count
    return [ReadingWarning(code, count) for code, count in counts.items()]
