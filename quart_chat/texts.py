"""Texts for people, in the language of their reader.

A text is written in English where it is used, and is its own key: ``_("There is no such chat.")``
looks it up in the catalogue of the language in use, ``locales/<language>/LC_MESSAGES/messages.po``.
The language belongs to the request that is being answered, and to all that the request has begun:
a task takes it over from the one that makes it. This module imports nothing of the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

SOURCE = "en"
"""The language that texts are written in."""

LOCALES = Path(__file__).parent / "locales"

SCRIPT = "script"
"""What the catalogue notes at a text that the scripts of the pages show."""

_language: ContextVar[str] = ContextVar("language", default=SOURCE)


def _(text: str) -> str:
    """Look up a text. Values go in afterwards: ``_("{count} chats").format(count=3)``."""
    return _translations(_language.get()).gettext(text) if text else ""


def ngettext(one: str, many: str, count: int) -> str:
    """Look up a text that depends on a number."""
    return _translations(_language.get()).ngettext(one, many, count)


def N_(text: str) -> str:  # noqa: N802 - the name that gettext knows
    """Mark a text for the catalogue where it is named; it is looked up where it is used."""
    return text


def number(value: float, digits: int = 0) -> str:
    """A number as the language in use writes it, with so many digits after its point."""
    from babel.numbers import format_decimal

    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    return format_decimal(value, format=pattern, locale=_language.get())


def rate(value: float) -> str:
    """How many a second: what is more than a hundred needs no decimals."""
    return number(value, 1 if value < 100 else 0)


def duration(ms: float) -> str:
    """How long something took: milliseconds, or seconds from one on."""
    return f"{number(ms)} ms" if ms < 1000 else f"{number(ms / 1000, 1)} s"


def seconds(ms: float) -> str:
    """How long something took, in seconds with one decimal."""
    return f"{number(ms / 1000, 1)} s" if ms >= 50 else _("under 0.1 s")


def language() -> str:
    """The language in use."""
    return _language.get()


@contextmanager
def use(language: str) -> Iterator[None]:
    """Use a language for the block, and for the tasks that it makes."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def set_language(language: str) -> None:
    """Use a language from here on, in this task and in those that it makes."""
    _language.set(language)


@cache
def languages() -> tuple[str, ...]:
    """The languages that there are texts in, that of the source first."""
    return (SOURCE, *sorted(path.name for path in LOCALES.iterdir() if path.is_dir()))


def is_loaded(language: str) -> bool:
    """Whether a text in a language can be looked up without reading a file."""
    return language == SOURCE or language in _loaded


def load(language: str) -> None:
    """Read the catalogue of a language; takes some hundredths of a second the first time."""
    _translations(language)


@cache
def script_texts(language: str) -> dict[str, str | dict[str, str]]:
    """The texts that scripts show, by their English: of one with a number, a form by category.

    The categories are those of ``Intl.PluralRules``.
    """
    from babel import Locale

    if language == SOURCE:
        return {}
    category, translations = Locale.parse(language).plural_form, _translations(language)
    texts: dict[str, str | dict[str, str]] = {}
    for message in read_catalogue(language):
        if SCRIPT not in message.auto_comments:
            continue
        if isinstance(message.id, str):
            texts[message.id] = translations.gettext(message.id)
        else:
            one, many = message.id
            texts[one] = {category(n): translations.ngettext(one, many, n) for n in range(101)}
    return texts


def read_catalogue(language: str) -> Catalog:
    """Read the catalogue of a language."""
    from babel.messages.pofile import read_po

    with catalogue_path(language).open("rb") as file:
        return read_po(file, locale=language, charset="utf-8")


def catalogue_path(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "messages.po"


def _translations(language: str) -> NullTranslations:
    if language not in _loaded:
        from babel.messages.mofile import write_mo

        compiled = BytesIO()
        write_mo(compiled, read_catalogue(language))
        compiled.seek(0)
        _loaded[language] = GNUTranslations(compiled)
    return _loaded[language]


_loaded: dict[str, NullTranslations] = {SOURCE: NullTranslations()}
