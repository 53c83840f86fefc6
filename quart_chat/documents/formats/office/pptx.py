"""PowerPoint presentations, slide by slide, by python-pptx."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pptx
from lxml import etree
from pptx.exc import PythonPptxError

from quart_chat.documents.formats import Block, Mark, Part
from quart_chat.documents.formats.archive import opened
from quart_chat.documents.formats.rows import label
from quart_chat.documents.reading_warnings import ReadingWarning
from quart_chat.errors import MalformedFile
from quart_chat.texts import _

MAX_SHAPES = 5_000
"""Shapes that are read of a slide; groups may hold groups."""

MAX_VALUES = 1_000
"""Values of a series of a chart that are read."""

_PRESENTATION = "ppt/presentation.xml"
_BROKEN = (
    *(PythonPptxError, etree.LxmlError, ValueError, TypeError, AttributeError, IndexError),
    *(KeyError, NotImplementedError, AssertionError, OSError),
)


def check(path: Path) -> None:
    with opened(path, _PRESENTATION):
        pass


def read(path: Path) -> Iterator[Part]:
    check(path)
    try:
        slides = list(pptx.Presentation(str(path)).slides)
    except _BROKEN as error:
        raise MalformedFile(_("The presentation is damaged or incomplete.")) from error
    count = len(slides)
    for number, slide in enumerate(slides, 1):
        step = _("Reading slide {page} of {count}").format(page=number, count=count)
        yield Mark((number - 1) / count, step, count)
        if slide.element.get("show") in {"0", "false"}:
            yield ReadingWarning("slides_hidden", 1)
            continue
        try:
            blocks = list(_slide(slide, number))
        except _BROKEN:
            yield ReadingWarning("pages_unreadable", 1)
            continue
        yield from blocks
        if not blocks and any(_has_picture(shape) for shape in slide.shapes):
            yield ReadingWarning("pages_pictures", 1)


def _slide(slide: Any, number: int) -> Iterator[Block]:
    title = slide.shapes.title
    name = " ".join(title.text_frame.text.split()) if title is not None else ""
    headings = (name,) if name else ()
    said = False
    for shape in _shapes(slide.shapes):
        if title is not None and shape.shape_id == title.shape_id:
            continue
        for text in _texts(shape):
            said = True
            yield Block(text, headings, number)
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None:
        for text in _paragraphs(notes):
            said = True
            yield Block(text, headings, number)
    if name and not said:
        yield Block(name, (), number)


def _shapes(shapes: Any) -> Iterator[Any]:
    """All shapes, those in groups included."""
    waiting = list(shapes)[::-1]
    for _count in range(MAX_SHAPES):
        if not waiting:
            return
        shape = waiting.pop()
        if hasattr(shape, "shapes"):
            waiting += list(shape.shapes)[::-1]
        else:
            yield shape


def _texts(shape: Any) -> Iterator[str]:
    if shape.has_text_frame:
        yield from _paragraphs(shape.text_frame)
    elif shape.has_table:
        yield from label([cell.text for cell in row.cells] for row in shape.table.rows)
    elif shape.has_chart:
        yield from _chart(shape.chart)


def _chart(chart: Any) -> Iterator[str]:
    """What a chart is called, and the values that it shows, as rows of a table."""
    if chart.has_title and chart.chart_title.has_text_frame:
        yield from _paragraphs(chart.chart_title.text_frame)
    for plot in chart.plots:
        names, series = list(plot.categories)[:MAX_VALUES], list(plot.series)
        values = [list(each.values)[: len(names)] for each in series]
        rows = zip(names, *values, strict=False)
        heads = ["", *(each.name or "" for each in series)]
        yield from label([heads, *(list(map(_value, row)) for row in rows)])


def _value(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _paragraphs(frame: Any) -> Iterator[str]:
    for paragraph in frame.paragraphs:
        if text := paragraph.text.replace("\v", "\n").strip():
            yield text


def _has_picture(shape: Any) -> bool:
    return str(shape.element.tag).endswith(("}pic", "}graphicFrame"))
