"""The documentation as pages, which the Librarian's sources link to."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from quart import Blueprint, redirect, render_template

from quart_chat import texts
from quart_chat.errors import NotFound
from quart_chat.markdown import render_markdown
from quart_chat.resources import resource_path
from quart_chat.search.passages import anchors, page_language
from quart_chat.texts import N_, _
from quart_chat.web.paths import lead_links, path_to

if TYPE_CHECKING:
    from quart.typing import ResponseReturnValue

SECTIONS = {
    "": "",
    "how-to": N_("How to"),
    "reference": N_("Reference"),
    "discussion": N_("Discussion"),
    "de": "Auf Deutsch",
}
"""Titles of the sections by folder, in reading order."""

blueprint = Blueprint("handbook", __name__, url_prefix="/handbook")

_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
_HEADING = re.compile(r"<h([1-6])>")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the handbook: the file ``how-to/resume.md`` is at ``/handbook/how-to/resume``."""

    place: str
    title: str
    path: Path

    @property
    def url(self) -> str:
        return f"/handbook/{'' if self.place == 'index' else self.place}"

    @property
    def section(self) -> str:
        return self.place.rpartition("/")[0]

    @property
    def section_title(self) -> str:
        return _(SECTIONS[self.section])

    @property
    def language(self) -> str:
        return page_language(self.place)


@blueprint.get("/")
@blueprint.get("/<path:place>")
async def read_page(place: str = "index") -> ResponseReturnValue:
    """Show a page; a link to its file, as the files have among each other, leads to it."""
    page = contents().get(place.removesuffix(".md"))
    if page is None:
        raise NotFound(_("The handbook has no such page."))
    if place.endswith(".md"):
        return redirect(path_to(page.url), 308)
    return await render_template(
        "handbook.html",
        title=page.title,
        html=lead_links(await asyncio.to_thread(render_page, page.path.read_text("utf-8"))),
        page=page,
        contents=_in_reading_order(texts.language()),
    )


@cache
def contents() -> dict[str, Page]:
    """The pages by place, in reading order."""
    folder = resource_path("docs")
    pages = [_read(folder, path) for path in folder.rglob("*.md")]
    pages.sort(
        key=lambda page: ([*SECTIONS].index(page.section), page.place != "index", page.title)
    )
    return {page.place: page for page in pages}


def _in_reading_order(spoken: str) -> list[Page]:
    """All pages, those in the reader's language first; the first page stays the first."""
    first, *others = contents().values()
    ours = [page for page in others if page.language == spoken != "en"]
    return [first, *ours, *(page for page in others if page not in ours)]


def render_page(source: str) -> str:
    """A page's HTML, each heading with the anchor that links to it use."""
    places = iter(anchors(source))
    return _HEADING.sub(lambda match: f'<h{match[1]} id="{next(places)}">', render_markdown(source))


def _read(folder: Path, path: Path) -> Page:
    place = path.relative_to(folder).with_suffix("").as_posix()
    title = _TITLE.search(path.read_text("utf-8"))
    return Page(place, title[1] if title else place, path)
