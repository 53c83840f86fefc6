from __future__ import annotations

import pytest
from quart.typing import TestClientProtocol as Client

from quart_chat.config import Settings
from quart_chat.errors import UnknownHost
from quart_chat.web.security import check_host, is_foreign

HOSTS = Settings().hosts


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]", "[::1]:8000"]
)
def test_a_name_of_this_server_is_answered_on_any_port(host: str) -> None:
    check_host(host, HOSTS)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "localhost.evil.example",
        "localhost@evil.example",
        "127.0.0.1:80:80",
        "[::1",
        "[::1]x",
        "localhost:",
        "localhost:\u0661",
        "localhost/",
        "local host",
    ],
)
def test_any_other_host_is_refused(host: str) -> None:
    with pytest.raises(UnknownHost):
        check_host(host, HOSTS)


@pytest.mark.parametrize(
    ("origin", "site"),
    [
        ("http://localhost:8000", "same-origin"),
        ("https://localhost:8000", None),  # behind a proxy that ends TLS
        ("HTTP://LOCALHOST:8000", None),
        (None, "same-origin"),
        (None, "none"),
        (None, None),
    ],
)
def test_a_page_of_this_server_and_a_program_may_ask(origin: str | None, site: str | None) -> None:
    assert not is_foreign(host="localhost:8000", origin=origin, site=site)


@pytest.mark.parametrize(
    ("origin", "site"),
    [
        ("http://evil.example", None),
        ("http://evil.example", "same-origin"),
        ("http://localhost:9000", "same-site"),
        ("http://localhost", None),
        ("null", None),
        ("", None),
        (None, "cross-site"),
        (None, "same-site"),
    ],
)
def test_a_page_of_another_origin_may_not(origin: str | None, site: str | None) -> None:
    assert is_foreign(host="localhost:8000", origin=origin, site=site)


async def test_a_foreign_host_gets_400(client: Client) -> None:
    response = await client.get("/api/chatbot/workflows", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert (await response.get_json())["error"]["code"] == "unknown_host"


async def test_another_origin_can_start_nothing(client: Client) -> None:
    response = await client.post(
        "/api/chatbot/start/stream",
        json={"prompt": "Hello"},
        headers={"Origin": "http://evil.example"},
    )
    assert response.status_code == 403
    assert (await response.get_json())["error"]["code"] == "forbidden"
    assert (await (await client.get("/api/chatbot/workflows")).get_json())["workflows"] == []


async def test_another_origin_can_post_no_form(client: Client) -> None:
    response = await client.post(
        "/chat", form={"prompt": "Hello"}, headers={"Origin": "http://evil.example"}
    )
    assert response.status_code == 403
    assert response.mimetype == "text/html"


async def test_another_site_can_hold_no_stream_open(client: Client) -> None:
    response = await client.get("/api/stream", headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403


async def test_another_site_may_link_to_a_page(client: Client) -> None:
    response = await client.get("/", headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/chatbot/workflows", "/nowhere", "/static/css/app.css"])
async def test_every_answer_carries_the_policy(client: Client, path: str) -> None:
    headers = (await client.get(path)).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


async def test_a_page_is_stored_nowhere(client: Client) -> None:
    assert (await client.get("/")).headers["Cache-Control"] == "no-store"
