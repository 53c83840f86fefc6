"""The text of a Word document: its paragraphs, tables, text boxes and notes, in reading order."""

from __future__ import annotations

from dataclasses import dataclass, field

from quart_chat.documents.formats import Block
from quart_chat.documents.formats.office.docx.styles import (
    Styles,
    attribute,
    is_on,
    local_name,
    outline_level,
)
from quart_chat.documents.formats.office.docx.tables import Table

Notes = dict[str, list[str]]
"""The paragraphs of each footnote and endnote, by kind and number."""

# What is no longer in the text, how it was formatted before, and how a word is pronounced.
_LEFT_OUT = frozenset(
    {"del", "moveFrom", "pPrChange", "rPrChange", "tblPrChange", "trPrChange", "tcPrChange", "rt"}
)
_CHARACTERS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


@dataclass(slots=True)
class _Paragraph:
    words: list[str] = field(default_factory=list)
    level: int | None = None
    hidden: bool = False
    notes: list[str] = field(default_factory=list)


class Headings:
    """The headings above what is read."""

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}
        self._bare: set[int] = set()

    def path(self) -> tuple[str, ...]:
        """The headings that lead to a text."""
        self._bare.clear()
        return self._above(99)

    def put(self, level: int, text: str) -> list[Block]:
        """Add one; returns those that it ends and that no text has followed: they are the text."""
        ended = [at for at in sorted(self._texts) if at >= level]
        bare = [Block(self._texts[at], self._above(at)) for at in ended if at in self._bare]
        for at in ended:
            del self._texts[at]
        self._texts[level] = text
        self._bare = {at for at in self._bare if at < level} | {level}
        return bare

    def end(self) -> list[Block]:
        return [Block(self._texts[at], self._above(at)) for at in sorted(self._bare)]

    def _above(self, level: int) -> tuple[str, ...]:
        return tuple(text for at, text in sorted(self._texts.items()) if at < level)


class Body:
    """Gathers blocks from the elements of a document, as a parser reports them.

    Paragraphs stand within each other where one holds a text box, and so do runs and tables.
    """

    def __init__(self, styles: Styles, notes: Notes) -> None:
        self._styles = styles
        self._notes = notes
        self._blocks: list[Block] = []
        self._headings = Headings()
        self._paragraphs: list[_Paragraph] = []
        self._tables: list[Table] = []
        self._hidden_runs: list[bool] = []
        self._alternatives: list[int] = []
        self._characters = 0
        self._left_out = 0
        self._in_text = False
        self._of_paragraph = False

    def take(self) -> list[Block]:
        """The blocks that have ended since it was last asked."""
        blocks, self._blocks = self._blocks, []
        return blocks

    def close(self) -> list[Block]:
        """What is left at the end: headings without text, and notes that nothing leads to."""
        self._blocks += self._headings.end()
        self._blocks += [Block(text) for texts in self._notes.values() for text in texts]
        self._notes.clear()
        return self.take()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local_name(tag)
        if self._left_out or self._is_left_out(name):
            self._left_out += 1
            return
        match name:
            case "t":
                self._in_text = True
            case "r":
                self._hidden_runs.append(False)
            case "p":
                self._paragraphs.append(_Paragraph())
            case "pPr":
                self._of_paragraph = True
            case "tab" | "ptab" | "br" | "cr" | "noBreakHyphen" if not self._of_paragraph:
                self._write(_CHARACTERS[name])
            case "AlternateContent":
                self._alternatives.append(self._characters)
            case "footnoteReference" | "endnoteReference":
                self._refer(note_key(name.removesuffix("Reference"), attributes))
            case _:
                self._start_property(name, attributes)
                self._start_table(name, attributes)

    def end(self, tag: str) -> None:
        if self._left_out:
            self._left_out -= 1
            return
        match local_name(tag):
            case "t":
                self._in_text = False
            case "r" if self._hidden_runs:
                self._hidden_runs.pop()
            case "p" if self._paragraphs:
                self._end_paragraph(self._paragraphs.pop())
            case "pPr":
                self._of_paragraph = False
            case "AlternateContent":
                self._alternatives.pop()
            case "tr" if self._tables:
                self._end_lines(self._tables[-1].end_row(), self._tables[:-1])
            case "tbl" if self._tables:
                self._end_lines(self._tables.pop().end(), self._tables)

    def text(self, data: str) -> None:
        if self._in_text and not self._left_out:
            self._write(data)

    def _is_left_out(self, name: str) -> bool:
        """Of the ways to show one thing, the first that has text is read."""
        if name in {"Choice", "Fallback"} and self._alternatives:
            return self._characters > self._alternatives[-1]
        return name in _LEFT_OUT

    @property
    def _is_hidden(self) -> bool:
        return any(self._hidden_runs) or any(each.hidden for each in self._paragraphs)

    def _write(self, text: str) -> None:
        if self._paragraphs and not self._is_hidden:
            self._paragraphs[-1].words.append(text)
            self._characters += len(text.strip())

    def _refer(self, key: str) -> None:
        """A note stands below the paragraph that leads to it."""
        notes = self._notes.pop(key, [])
        if self._paragraphs and not self._is_hidden:
            self._paragraphs[-1].notes += notes

    def _start_property(self, name: str, attributes: dict[str, str]) -> None:
        value = attribute(attributes, "val")
        match name:
            case "vanish" if self._hidden_runs and not self._of_paragraph:
                self._hidden_runs[-1] = is_on(attributes)
            case "rStyle" if self._hidden_runs and not self._of_paragraph:
                self._hidden_runs[-1] = self._styles.is_hidden(value)
            case "pStyle" if self._paragraphs:
                self._paragraphs[-1].hidden = self._styles.is_hidden(value)
                self._set_level(self._styles.level(value))
            case "outlineLvl" if self._paragraphs:
                self._set_level(outline_level(value))

    def _set_level(self, level: int | None) -> None:
        if self._paragraphs[-1].level is None:
            self._paragraphs[-1].level = level

    def _start_table(self, name: str, attributes: dict[str, str]) -> None:
        if name == "tbl":
            self._tables.append(Table())
        if not self._tables:
            return
        table = self._tables[-1]
        match name:
            case "tr":
                table.begin_row()
            case "tc":
                table.begin_cell()
            case "tblHeader" if is_on(attributes):
                table.declare()
            case "tblLook":
                table.styled = _sets_first_row_apart(attributes)
            case "gridSpan" if (columns := attribute(attributes, "val")).isdecimal():
                table.widen_cell(int(columns))
            case "vMerge" if attribute(attributes, "val") != "restart":
                table.continue_cell()

    def _end_paragraph(self, paragraph: _Paragraph) -> None:
        text = "".join(paragraph.words).strip()
        if self._tables:
            texts = [each for each in (text, *paragraph.notes) if each]
            for each in texts:
                self._tables[-1].add(each)
        elif text and paragraph.level is not None:
            self._blocks += self._headings.put(paragraph.level, " ".join(text.split()))
            self._end_lines(paragraph.notes, [])
        else:
            self._end_lines([text, *paragraph.notes], [])

    def _end_lines(self, lines: list[str], tables: list[Table]) -> None:
        """Put lines into the table around them, or among the blocks."""
        for line in filter(None, lines):
            if tables:
                tables[-1].add(line)
            else:
                self._blocks.append(Block(line, self._headings.path()))


class NoteReader:
    """Gathers the notes of ``word/footnotes.xml`` or ``word/endnotes.xml``."""

    def __init__(self, styles: Styles, notes: Notes) -> None:
        self._notes = notes
        self._body = Body(styles, {})
        self._key = ""
        self.text = self._body.text

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if (name := local_name(tag)) in {"footnote", "endnote"}:
            self._key = note_key(name, attributes)
        self._body.start(tag, attributes)

    def end(self, tag: str) -> None:
        self._body.end(tag)
        if local_name(tag) in {"footnote", "endnote"}:
            self._notes[self._key] = [block.text for block in self._body.take()]


def note_key(kind: str, attributes: dict[str, str]) -> str:
    return f"{kind} {attribute(attributes, 'id')}"


def _sets_first_row_apart(attributes: dict[str, str]) -> bool:
    if flag := attribute(attributes, "firstRow"):
        return flag not in {"0", "false", "off"}
    try:
        return bool(int(attribute(attributes, "val") or "0", 16) & 0x20)
    except ValueError:
        return False
