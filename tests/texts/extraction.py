"""Finds the texts of the program, and brings the catalogues up to date: ``make texts``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import write_po

from quart_chat.texts import SCRIPT, SOURCE, catalogue_path, languages, read_catalogue

ROOT = Path(__file__).parent.parent.parent

Keywords = dict[str, tuple[int, ...] | None]

PYTHON: Keywords = {"_": None, "N_": None, "ngettext": (1, 2)}
SCRIPTS: Keywords = {"t": None, "plural": (1, 2)}

HEADER = """\
# The {name} texts of quart-chat: see docs/how-to/add-a-text-or-a-language.md.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms}\\n"

"""


@cache
def extract() -> Catalog:
    """All texts of the program; those that scripts show are marked."""
    catalog = Catalog(locale=SOURCE)
    for path in sources("quart_chat", ".py"):
        add(catalog, "python", path, PYTHON)
    for path in sources("templates", ".html"):
        add(catalog, "jinja2.ext:babel_extract", path, PYTHON)
    for path in sources("static/js", ".js"):
        add(catalog, "javascript", path, SCRIPTS, SCRIPT)
    return catalog


def sources(folder: str, suffix: str) -> list[Path]:
    return sorted((ROOT / folder).rglob(f"*{suffix}"))


def add(catalog: Catalog, method: str, path: Path, keywords: Keywords, *comments: str) -> None:
    options = {"encoding": "utf-8", "silent": "false", "parse_template_string": "true"}
    found = extract_from_file(method, path, keywords, options=options)
    for _line, text, _comments, _context in found:
        # How its placeholders are written is the same everywhere: no flag need say so.
        catalog.add(text, auto_comments=comments).flags.clear()


def update(language: str) -> None:
    """Write the catalogue of a language anew: new texts come in empty, unused ones go."""
    known = read_catalogue(language)
    catalog = Catalog(locale=language)
    for message in extract():
        if message.id:
            old = known.get(message.id)
            string = old.string if old is not None else ""
            catalog.add(message.id, string, auto_comments=message.auto_comments).flags.clear()
    locale = catalog.locale
    assert locale is not None
    header = HEADER.format(
        name=locale.english_name, language=language, plural_forms=catalog.plural_forms
    )
    with catalogue_path(language).open("wb") as file:
        file.write(header.encode())
        # One text, one line: so merges see what has changed. No places: they change all the time.
        write_po(file, catalog, width=0, no_location=True, omit_header=True, sort_output=True)


def texts_of(message: Message) -> tuple[str, ...]:
    """What a message says: one text, or a form for each number."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


if __name__ == "__main__":
    for name in languages():
        if name != SOURCE:
            update(name)
