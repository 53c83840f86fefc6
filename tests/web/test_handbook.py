from __future__ import annotations

import re

import pytest
from quart.typing import TestClientProtocol as Client

from quart_chat.resources import resource_path
from quart_chat.search.passages import anchors, read_handbook
from quart_chat.web.pages.handbook import contents, render_page

PLACES = sorted(contents())


@pytest.mark.parametrize("place", PLACES)
async def test_every_page_is_shown(client: Client, place: str) -> None:
    response = await client.get(contents()[place].url)
    page = await response.get_data(as_text=True)
    assert response.status_code == 200
    for anchor in anchors(contents()[place].path.read_text("utf-8")):
        assert f'id="{anchor}"' in page


async def test_the_first_page_is_the_index() -> None:
    assert next(iter(contents().values())).url == "/handbook/"


async def test_a_link_between_files_leads_to_the_page(client: Client) -> None:
    response = await client.get("/handbook/reference/events.md")
    assert (response.status_code, response.location) == (308, "/handbook/reference/events")


async def test_a_link_to_the_index_file_leads_to_the_first_page(client: Client) -> None:
    assert (await client.get("/handbook/index.md")).location == "/handbook/"


@pytest.mark.parametrize(
    "place", ["../README", "..%2f..%2fetc%2fpasswd", "how-to", "%00", "%00.md", "nothing.md"]
)
async def test_nothing_else_is_shown(client: Client, place: str) -> None:
    assert (await client.get(f"/handbook/{place}")).status_code == 404


def test_every_source_of_the_librarian_leads_to_a_heading() -> None:
    urls = {page.url: page for page in contents().values()}
    shown = {url: render_page(page.path.read_text("utf-8")) for url, page in urls.items()}
    for passage in read_handbook(resource_path("docs")):
        page, _, anchor = passage.url.partition("#")
        assert page in urls
        if anchor:
            assert f'id="{anchor}"' in shown[page]


def test_every_link_between_files_has_a_target() -> None:
    folder = resource_path("docs")
    for page in contents().values():
        for link in re.findall(r"\]\(([^)#:]+\.md)", page.path.read_text("utf-8")):
            assert (page.path.parent / link).resolve().is_relative_to(folder)
            assert (page.path.parent / link).is_file(), f"{page.place}: {link}"
