"""nginx, Caddy and Apache in front of the application below a path.

Each is tried as the handbook configures it, and as it takes the path off.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx2
import pytest

from tests.chaos.client import plain_client
from tests.server import Server
from tests.services import below
from tests.web.test_proxies import LARGE, origin, stop_when_it_waits

PROXIES = [
    *(below.nginx, below.caddy, below.apache),
    *(below.stripping_nginx, below.stripping_caddy, below.stripping_apache),
]


@pytest.fixture(params=PROXIES, ids=lambda run: run.__name__)
async def http(
    request: pytest.FixtureRequest, start_server: Callable[..., Server], tmp_path: Path
) -> AsyncIterator[httpx2.AsyncClient]:
    server = start_server(env={"QUART_CHAT_ROOT_PATH": below.PATH})
    folder = tmp_path / "proxy"
    folder.mkdir()
    folder.chmod(0o755)
    with request.param(server, folder) as url:
        async with plain_client(base_url=url, timeout=30) as client:
            yield client


async def test_a_stream_arrives_piece_by_piece_until_it_is_stopped(
    http: httpx2.AsyncClient,
) -> None:
    await stop_when_it_waits(http, "/chat")


async def test_pages_files_uploads_and_shared_chats_are_below_the_path(
    http: httpx2.AsyncClient,
) -> None:
    page = await http.get("/chat/")
    assert page.status_code == 200
    files = re.findall(r'(?:href|src)="(/[^"]*\.(?:css|js|svg|webmanifest))"', page.text)
    assert len(files) > 3
    for file in {*files, "/chat/service-worker.js"}:
        assert (await http.get(file)).status_code == 200, file
    uploaded = await http.post(
        "/chat/documents",
        files={"files": ("long.txt", LARGE, "text/plain")},
        headers=origin(http),
        follow_redirects=False,
    )
    assert (uploaded.status_code, uploaded.headers["Location"]) == (303, "/chat/documents")
    form = {"prompt": "count 3 0ms", "assistant": "slow"}
    asked = await http.post("/chat/chat", data=form, headers=origin(http), follow_redirects=False)
    chat = asked.headers["Location"].removeprefix("/chat/chat/")
    assert (await http.get(asked.headers["Location"])).status_code == 200
    await http.get(f"/chat/api/chatbot/{chat}/stream")
    share = f"/chat/api/chatbot/workflows/{chat}/share"
    link = (await http.post(share, headers=origin(http))).json()["path"]
    assert link.startswith("/chat/shared/")
    assert "1 2 3" in (await http.get(link)).text


async def test_a_redirect_of_the_framework_leads_back_through_the_proxy(
    http: httpx2.AsyncClient,
) -> None:
    moved = await http.get("/chat/handbook", follow_redirects=False)
    base = str(http.base_url).rstrip("/")
    assert moved.headers["Location"].removeprefix(base) == "/chat/handbook/"


async def test_nothing_beside_the_path_is_the_applications(http: httpx2.AsyncClient) -> None:
    for path in ("/documents", "/static/favicon.svg", "/chatter/"):
        assert "quart-chat" not in (await http.get(path)).text
