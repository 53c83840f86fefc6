from __future__ import annotations

import struct

import pytest
from quart.typing import TestClientProtocol as Client

from quart_chat.web.pages.install import THEME

WORKER = "/service-worker.js"


async def test_the_manifest_has_its_type_and_icons_that_are_what_it_says(client: Client) -> None:
    response = await client.get("/manifest.webmanifest")
    assert response.mimetype == "application/manifest+json"
    manifest = await response.get_json(force=True)
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == (
        "/",
        "/",
        "standalone",
    )
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        served = await client.get(icon["src"])
        assert (served.status_code, served.mimetype) == (200, icon["type"])
        if icon["type"] == "image/png":
            content = await served.get_data(as_text=False)
            assert "{}x{}".format(*struct.unpack(">II", content[16:24])) == icon["sizes"]


async def test_the_manifest_is_in_the_readers_language(client: Client) -> None:
    response = await client.get("/manifest.webmanifest", headers={"Accept-Language": "de"})
    manifest = await response.get_json(force=True)
    assert manifest["lang"] == "de"
    assert manifest["shortcuts"][0]["name"] == "Neuer Chat"
    assert "Accept-Language" in response.headers["Vary"]


async def test_the_worker_stores_only_files_that_are_there_and_no_content(client: Client) -> None:
    response = await client.get(WORKER)
    assert response.mimetype == "text/javascript"
    assert response.headers["Cache-Control"] == "no-cache"
    source = await response.get_data(as_text=True)
    assert source.startswith('const SHELL = {"name": "quart-chat:en-')
    files = source.partition('"files": [')[2].partition("]")[0].replace('"', "").split(", ")
    assert files[0] == "/offline"
    for path in files:
        assert (await client.get(path)).status_code == 200
        assert path == "/offline" or path.startswith("/static/v/")


async def test_another_language_is_another_worker(client: Client) -> None:
    german = await client.get(WORKER, headers={"Accept-Language": "de"})
    assert (await german.get_data()) != await (await client.get(WORKER)).get_data()


@pytest.mark.parametrize("path", ["/", "/documents", "/handbook/", "/doctor", "/offline"])
async def test_every_page_names_the_manifest_the_icons_and_its_colours(
    client: Client, path: str
) -> None:
    page = await (await client.get(path)).get_data(as_text=True)
    assert 'rel="manifest" href="/manifest.webmanifest" crossorigin="use-credentials"' in page
    assert 'rel="apple-touch-icon"' in page
    for scheme, colour in THEME.items():
        tag = (
            f'<meta name="theme-color" content="{colour}" media="(prefers-color-scheme: {scheme})"'
        )
        assert tag in page
