"""The application below a path, asked as each kind of proxy asks it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quart import Quart
from quart.typing import TestClientProtocol as Client
from werkzeug.routing import Map, Rule

from quart_chat import create_app
from quart_chat.config import ConfigError, load_settings
from quart_chat.web.paths.middleware import BelowPath
from tests.app import create_test_app

ROOTS = ["/chat", "/a/b", "/static", "/x.y_z-1"]
WORDS = ["chat", "api", "static", "documents", "settings"]


@pytest.mark.parametrize(
    ("value", "root"),
    [
        ("", ""),
        ("/", ""),
        ("/chat", "/chat"),
        (" /chat/ ", "/chat"),
        ("/a/b", "/a/b"),
        ("/Team-1/x_y.z", "/Team-1/x_y.z"),
    ],
)
def test_a_path_loses_its_last_slash(value: str, root: str) -> None:
    assert load_settings({}, {"QUART_CHAT_ROOT_PATH": value}).root_path == root


@pytest.mark.parametrize(
    "value",
    [
        *(
            "chat",
            "//x",
            "/chat//",
            "/a//b",
            "/a b",
            "/chat?x=1",
            "/chat#x",
            "/..",
            "/a/../b",
            "/.",
        ),
        *(
            "/ä",
            "/a%20b",
            "/a~b",
            "/<b>",
            '/"',
            "http://example.org/chat",
            "/a\n/b",
            "/" + "x" * 200,
        ),
    ],
)
def test_what_is_no_path_is_refused_with_an_example(value: str) -> None:
    with pytest.raises(ConfigError, match="Expected a path such as /chat") as error:
        load_settings({}, {"QUART_CHAT_ROOT_PATH": value})
    assert str(error.value).startswith("QUART_CHAT_ROOT_PATH=")


@pytest.mark.parametrize("value", ["/documents", "/settings", "/api", "/handbook", "/doctor"])
def test_a_path_at_which_there_is_a_page_is_refused(value: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"QUART_CHAT_ROOT_PATH='{value}' can't be used: "):
        create_app({"QUART_CHAT_INSTANCE": tmp_path, "QUART_CHAT_ROOT_PATH": value})


def routes(*rules: str) -> Map:
    return Map([Rule(rule) for rule in rules])


async def seen(root: str, path: str, **scope: Any) -> tuple[str, str]:
    """The path and the root path that an application sees."""
    found: list[tuple[str, str]] = []

    async def app(scope: Any, _receive: object, _send: object) -> None:
        found.append((scope["path"], scope["root_path"]))

    async def unused(*_: object) -> None:
        raise AssertionError("The middleware has answered by itself")

    below = BelowPath(app, root, routes("/", *(f"/{word}/<path:rest>" for word in WORDS)))
    await below({"type": "http", "method": "POST", "path": path, **scope}, unused, unused)
    return found[0]


ids = st.text("0123456789abcdef", min_size=32, max_size=32)
paths = st.one_of(
    st.just("/"),
    st.tuples(st.sampled_from(WORDS), ids).map(lambda parts: f"/{parts[0]}/{parts[1]}"),
    st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS), ids).map(
        lambda parts: f"/{parts[0]}/{parts[2]}/{parts[1]}"
    ),
)


@given(path=paths, root=st.sampled_from(ROOTS), times=st.integers(0, 3))
async def test_it_does_not_matter_who_has_taken_the_path_off_or_put_it_in_front(
    path: str, root: str, times: int
) -> None:
    # A server with a root path of its own says so, whether or not its path begins with it.
    for said in ({}, {"root_path": root}):
        assert await seen(root, root * times + path, **said) == (root + path, root)


@given(path=paths, slashes=st.lists(st.integers(1, 3), min_size=1, max_size=3))
async def test_it_does_not_matter_how_many_slashes_are_in_front(
    path: str, slashes: list[int]
) -> None:
    written = "/chat".join("/" * (more - 1) for more in (*slashes, 1)) + path
    for form in (written, f"http://example.org{written}"):
        assert await seen("/chat", form) == ("/chat" + path, "/chat")


async def test_a_path_that_only_begins_with_the_same_letters_is_another() -> None:
    assert await seen("/chat", "/chatter/api/x") == ("/chat/chatter/api/x", "/chat")


@pytest.fixture
def app(tmp_path: Path) -> Quart:
    """The app below a path that begins as the address of a chat does."""
    return create_test_app(
        {"QUART_CHAT_INSTANCE": tmp_path / "instance", "QUART_CHAT_ROOT_PATH": "/chat"}
    )


@pytest.fixture(params=["/chat", ""], ids=["kept", "stripped"])
def before(request: pytest.FixtureRequest) -> str:
    """What a proxy leaves in front of the path of a page."""
    return str(request.param)


@pytest.fixture
async def client(app: Quart) -> AsyncIterator[Client]:
    async with app.test_app():
        yield app.test_client()


UNSET = {"/send", "/edit", "/remove"}
"""Ends of addresses in a template, which a script completes."""

PAGES = ["/", "/documents", "/handbook/", "/handbook/how-to/deploy", "/settings", "/doctor"]

_LINK = re.compile(r"""\b(?:href|src|action|formaction|data-(?:path|idle|running))="(/[^"]*)\"""")


@pytest.mark.parametrize("page", [*PAGES, "/transfer", "/offline", "/settings/delete-all", "/nope"])
async def test_all_addresses_of_a_page_are_below_the_path(
    client: Client, before: str, page: str
) -> None:
    response = await client.get(before + page)
    assert response.status_code == (404 if page == "/nope" else 200)
    html = await response.get_data(as_text=True)
    assert 'data-root="/chat"' in html
    found = _LINK.findall(html)
    assert found
    found = [link for link in found if link not in UNSET]
    assert [link for link in found if not link.startswith("/chat/")] == []
    # None has it twice: what follows is the path of a route.
    assert [link for link in found if link.startswith("/chat/chat/chat")] == []


async def test_the_path_itself_leads_to_the_first_page(client: Client) -> None:
    response = await client.get("/chat?q=roof")
    assert (response.status_code, response.headers["Location"]) == (308, "/chat/?q=roof")


async def test_it_does_so_with_more_slashes(client: Client) -> None:
    for path in ("//chat", "http://localhost/chat", "http://localhost//chat"):
        response = await client.get(path)
        assert (response.status_code, response.headers["Location"]) == (308, "/chat/"), path


async def test_a_question_without_scripts_leads_to_its_chat(client: Client, before: str) -> None:
    form = {"prompt": "count 2 0ms", "assistant": "slow"}
    response = await client.post(f"{before}/chat", form=form)
    chat = response.headers["Location"]
    assert re.fullmatch(r"/chat/chat/[0-9a-f]{32}", chat)
    page = await client.get(before + chat.removeprefix("/chat"))
    assert page.status_code == 200


async def test_a_redirect_of_the_framework_stays_below_the_path(
    client: Client, before: str
) -> None:
    response = await client.get(f"{before}/handbook")
    assert response.headers["Location"].endswith("/chat/handbook/")


async def test_links_of_answers_are_stored_without_the_path(client: Client, before: str) -> None:
    form = {"prompt": "How do I resume a stream?", "assistant": "librarian"}
    chat = (await client.post(f"{before}/chat", form=form)).headers["Location"]
    workflow = chat.rpartition("/")[2]
    # Read to its end, which is when the answer is complete.
    await client.get(f"{before}/api/chatbot/{workflow}/stream")
    stored = await client.get(f"{before}/api/chatbot/{workflow}/chatdata")
    text = await stored.get_data(as_text=True)
    assert "/handbook/" in text
    assert "/chat/handbook/" not in text
    page = await (await client.get(before + chat.removeprefix("/chat"))).get_data(as_text=True)
    cited = set(re.findall(r'<a [^>]*href="([^"]*/handbook/how-to/[^"]*)"', page))
    assert cited
    assert all(link.startswith("/chat/handbook/") for link in cited)


async def test_the_installed_application_keeps_to_the_path(client: Client, before: str) -> None:
    manifest = await (await client.get(f"{before}/manifest.webmanifest")).get_json(force=True)
    assert {manifest[name] for name in ("id", "start_url", "scope")} == {"/chat/"}
    addresses = [each["src"] for each in manifest["icons"]]
    addresses += [each["url"] for each in manifest["shortcuts"]]
    assert all(address.startswith("/chat/") for address in addresses)
    worker = await (await client.get(f"{before}/service-worker.js")).get_data(as_text=True)
    shell = json.loads(worker.partition("const SHELL = ")[2].partition(";\n")[0])
    assert shell["name"].startswith(shell["family"])
    for address in (shell["offline"], *shell["files"]):
        assert address.startswith("/chat/")
        assert (await client.get(address)).status_code == 200


async def test_the_document_of_the_api_says_where_it_is(client: Client, before: str) -> None:
    document = await (await client.get(f"{before}/openapi.json")).get_json()
    assert document["servers"] == [{"url": "/chat"}]
    assert "/api/chatbot/workflows" in document["paths"]


async def test_cookies_are_for_this_installation_alone(client: Client, before: str) -> None:
    headers = {"Referer": "http://localhost/chat/documents?q=a"}
    response = await client.post(f"{before}/language", form={"language": "de"}, headers=headers)
    assert response.headers["Location"] == "/chat/documents?q=a"
    assert re.match(r"language~chat=de; .*Path=/chat/(;|$)", response.headers["Set-Cookie"])
    page = await client.get("/chat/", headers={"Cookie": "language~chat=de; list~chat=folded"})
    html = await page.get_data(as_text=True)
    assert 'lang="de"' in html
    assert "data-folded" in html
    other = await client.get("/chat/", headers={"Cookie": "language=de; list=folded"})
    html = await other.get_data(as_text=True)
    assert 'lang="en"' in html
    assert "data-folded" not in html


@pytest.mark.parametrize(
    "referrer",
    [
        *("http://localhost/documents", "http://localhost/chatter/", "http://localhost/chat//evil"),
        *(
            "http://evil.example/chat/documents",
            "http://localhost/chat/nope",
            "http://localhost/chat",
        ),
        "http://localhost/chat/\\evil.example",
    ],
)
async def test_the_way_back_leads_nowhere_else(client: Client, referrer: str) -> None:
    response = await client.post(
        "/chat/language", form={"language": "en"}, headers={"Referer": referrer}
    )
    assert response.headers["Location"] == "/chat/"


async def test_probes_are_answered_with_and_without_the_path(client: Client, before: str) -> None:
    headers = {"Host": "10.0.0.9"}
    assert (await client.get(f"{before}/healthz", headers=headers)).status_code == 200
