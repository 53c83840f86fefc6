"""Uploads over HTTP: streamed, checked, listed, streamed again as events, shown on pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat.documents import files
from quart_chat.documents.service import DocumentService
from quart_chat.web.api import uploads
from tests.app import create_test_app
from tests.documents import made
from tests.server import Server
from tests.waiting import until
from tests.web.streams import ask, open_stream, parse

PATH = "/api/documents"
FORM = {"Content-Type": "multipart/form-data; boundary=edge"}
KIWI = b"# Fruit\n\nThe kiwi is green.\n\n## Plums\n\nThe plum is blue.\n"


def form(*files: tuple[str, bytes]) -> bytes:
    parts = [
        b'--edge\r\nContent-Disposition: form-data; name="files"; filename="%b"\r\n\r\n%b\r\n'
        % (name.encode(), content)
        for name, content in files
    ]
    return b"".join(parts) + b"--edge--\r\n"


async def upload(client: Client, *files: tuple[str, bytes], path: str = PATH) -> tuple[int, Any]:
    response = await client.post(path, data=form(*files), headers=FORM)
    return response.status_code, await response.get_json()


async def read(client: Client, name: str, content: bytes) -> dict[str, Any]:
    """Upload a document and follow its events to their end."""
    status, answer = await upload(client, (name, content))
    assert status == 201, answer
    document = answer["documents"][0]
    response = await client.get(f"/api/events/document:{document['id']}")
    told = parse(await response.get_data(as_text=False))
    last: dict[str, Any] = told[-1]
    assert last["type"] == "complete", last
    item: dict[str, Any] = last["item"]
    return item


def stored(app: Quart) -> list[str]:
    folder = Path(app.instance_path) / "documents"
    return [path.name for path in folder.iterdir()]


async def test_a_document_is_uploaded_listed_read_and_deleted(app: Quart, client: Client) -> None:
    document = await read(client, "fruit.md", KIWI)
    listed = await (await client.get(PATH)).get_json()
    assert listed == {"documents": [document]}
    shown = await (await client.get(f"{PATH}/{document['id']}?after=1")).get_json()
    assert shown["document"] == document
    assert shown["passages"] == [
        {
            "number": 2,
            "page": None,
            "form": "markdown",
            "headings": ["Fruit", "Plums"],
            "text": "The plum is blue.",
        }
    ]
    assert shown["next"] is None
    assert (await client.delete(f"{PATH}/{document['id']}")).status_code == 204
    assert (await client.get(f"{PATH}/{document['id']}")).status_code == 404
    assert await (await client.get(PATH)).get_json() == {"documents": []}
    assert stored(app) == []


SPELLINGS = ["/{}", "//{}", "////{}", "http://localhost/{}", "http://localhost//{}"]


@pytest.mark.parametrize(
    ("root", "said", "spellings"),
    [
        ("", "", SPELLINGS),
        (
            "/chat",
            "",
            [*SPELLINGS, "/chat/{}", "/chat//{}", "//chat/{}", "http://localhost/chat/{}"],
        ),
        ("/chat", "/chat", ["/chat/{}", "/chat///{}", "//chat//chat//{}"]),
        # The root path of a server alone.
        ("", "/chat", ["/chat/{}", "/chat//{}", "/chat{}", "http://localhost/chat//{}"]),
        ("", "/chat/", ["/chat/{}", "/chat//{}"]),
    ],
)
async def test_an_upload_is_taken_wherever_its_route_is_found(
    tmp_path: Path, root: str, said: str, spellings: list[str]
) -> None:
    settings = {"QUART_CHAT_INSTANCE": tmp_path / "instance", "QUART_CHAT_ROOT_PATH": root}
    app, scope = create_test_app(settings), {"root_path": said} if said else {}
    expected = {"api/documents": 201, "documents": 303, "api/chatbot/import": 200, "transfer": 200}
    assert {f"/{page}" for page in expected} == uploads.PATHS
    async with app.test_app():
        for page, status in expected.items():
            for path in (spelling.format(page) for spelling in spellings):
                response = await app.test_client().post(
                    path, data=form(("a.txt", b"One")), headers=FORM, scope_base=scope
                )
                assert response.status_code == status, path


async def test_several_files_come_at_once_and_each_is_taken_or_refused(client: Client) -> None:
    status, answer = await upload(
        client, ("a.txt", b"One"), ("b.pdf", made.PNG), ("", b"no file"), ("c.txt", b"Three")
    )
    assert status == 201
    assert [document["name"] for document in answer["documents"]] == ["a.txt", "c.txt"]
    (refused,) = answer["refused"]
    assert (refused["name"], refused["error"]["code"]) == ("b.pdf", "mislabelled_file")


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("malformed.pdf", b"%PDF-1.7\nnothing of the kind", 422, "malformed_file"),
        ("encrypted.pdf", made.encrypted_pdf("secret"), 422, "encrypted_file"),
        ("empty.txt", b"", 422, "empty_file"),
        ("bomb.docx", partial(made.zip_bomb, 150_000_000), 422, "oversized_content"),
        ("mislabelled.pdf", made.PNG, 415, "mislabelled_file"),
        ("picture.png", made.PNG, 415, "unsupported_file"),
        ("large.txt", b"0123456789abc" * 2_000_000, 413, "file_too_large"),
    ],
    ids=["malformed", "encrypted", "empty", "zip bomb", "mislabelled", "unsupported", "26 MB"],
)
async def test_what_can_not_be_taken_is_an_error_and_leaves_nothing(
    app: Quart,
    client: Client,
    name: str,
    content: bytes | Callable[[], bytes],
    status: int,
    code: str,
) -> None:
    content = content() if callable(content) else content
    assert (await upload(client, (name, content)))[0] == status
    _, answer = await upload(client, (name, content))
    assert answer["error"]["code"] == code
    assert answer["error"]["message"].endswith(".")
    assert stored(app) == []
    assert await (await client.get(PATH)).get_json() == {"documents": []}


async def test_a_form_that_breaks_off_says_what_was_taken_of_it(client: Client) -> None:
    body = form(("a.txt", b"One"), ("b.txt", b"Two"))[:-12]
    response = await client.post(PATH, data=body, headers=FORM)
    answer = await response.get_json()
    assert response.status_code == 201
    assert [document["name"] for document in answer["documents"]] == ["a.txt"]
    assert [refused["name"] for refused in answer["refused"]] == ["b.txt"]
    body = form(("a.txt", b"One"))[: -len(b"--edge--\r\n")] + b"--edge\r\nno header\r\n\r\n"
    response = await client.post("/documents", data=body, headers=FORM)
    page = await response.get_data(as_text=True)
    assert response.status_code == 422
    assert "The rest: The form can" in page
    assert page.count("a.txt") >= 2


async def test_an_upload_that_is_too_large_keeps_the_others(client: Client) -> None:
    status, answer = await upload(client, ("large.txt", b"a " * 13_000_000), ("a.txt", b"One"))
    assert status == 201
    assert [document["name"] for document in answer["documents"]] == ["a.txt"]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", {"Content-Type": "application/json"}, 415),
        (b"", {"Content-Type": "multipart/form-data"}, 415),
        (form(), FORM, 422),
        (form(("a.txt", b"One"))[:-12], FORM, 422),
        (b"no form", FORM, 422),
        (b"--edge\r\nNo-Disposition: x\r\n\r\n\r\n--edge--", FORM, 422),
        (form(*[("", b"x")] * 101), FORM, 413),
        (b"--edge\r\nX: " + b"x" * 2_000_000, FORM, 413),
    ],
    ids=["json", "no boundary", "no file", "torn", "no form", "no name", "parts", "headers"],
)
async def test_what_is_no_upload_is_refused(
    app: Quart, client: Client, body: bytes, headers: dict[str, str], status: int
) -> None:
    response = await client.post(PATH, data=body, headers=headers)
    assert response.status_code == status
    assert stored(app) == []


async def test_a_name_in_another_encoding_is_told(client: Client) -> None:
    body = form(("Größe.txt", b"One")).decode().encode("latin-1")
    response = await client.post(PATH, data=body, headers=FORM)
    assert response.status_code == 422
    error = (await response.get_json())["error"]
    assert error["message"].startswith("The name of a file can't be read.")


async def test_far_too_much_is_not_read_to_its_end(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_DISCARDED", 100_000)
    response = await client.post(PATH, data=form(("", b"x" * 300_000)), headers=FORM)
    assert response.status_code == 413


async def test_a_sender_that_falls_silent_is_given_up(
    app: Quart, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "SILENCE", 0.0)
    async with client.request(PATH, method="POST", headers=FORM) as connection:
        await connection.send(form(("a.txt", b"One"))[:-20])
        await connection.receive()
        assert (await connection.as_response()).status_code == 408
        await connection.disconnect()
    assert stored(app) == []


async def test_an_upload_that_breaks_off_leaves_nothing(app: Quart, client: Client) -> None:
    async with client.request(PATH, method="POST", headers=FORM) as connection:
        await connection.send(form(("a.txt", b"One" * 100_000))[:-20])
        await until(lambda: stored(app))
        await connection.disconnect()
    await until(lambda: not stored(app))


async def test_little_of_an_upload_waits_in_memory(app: Quart) -> None:
    """No more is received from the server than the disk takes."""
    waiting: list[int] = []
    folder = Path(app.instance_path) / "documents"
    taken_by = app.asgi_app

    async def counting(scope: Any, receive: Any, send: Any) -> None:
        received = 0

        async def counted() -> Any:
            nonlocal received
            written = sum(path.stat().st_size for path in folder.iterdir())
            waiting.append(received - written)
            message = await receive()
            received += len(message.get("body", b""))
            return message

        await taken_by(scope, counted if scope["type"] == "http" else receive, send)

    app.asgi_app = counting  # type: ignore[method-assign]
    content = form(("a.txt", b"One two. " * 1_000_000))
    async with app.test_app() as running:
        client = running.test_client()
        async with client.request(PATH, method="POST", headers=FORM) as connection:
            for start in range(0, len(content), 64_000):
                await connection.send(content[start : start + 64_000])
            await connection.send_complete()
            await connection.receive()
            assert (await connection.as_response()).status_code == 201
            await connection.disconnect()
    assert len(waiting) > 100
    assert max(waiting) <= files.WRITE + 4 * uploads.CHUNK


async def test_an_upload_below_a_path_of_a_proxy_is_taken(app: Quart, client: Client) -> None:
    response = await client.post(
        f"/chats{PATH}", data=form(("a.txt", b"One")), headers=FORM, root_path="/chats"
    )
    assert response.status_code == 201


async def test_a_client_that_leaves_while_its_form_is_read_is_seen(
    app: Quart, client: Client
) -> None:
    """What had come whole stays, and the part of a file goes."""
    async with client.request(PATH, method="POST", headers=FORM) as connection:
        await connection.send(form(("a.txt", b"One"), ("b.txt", b"Two " * 50_000))[:-20])
        await until(lambda: len(stored(app)) == 2)
        await connection.disconnect()
    await until(lambda: len(stored(app)) == 1)
    listed = await (await client.get(PATH)).get_json()
    assert [document["name"] for document in listed["documents"]] == ["a.txt"]


async def test_the_quota_is_a_setting(tmp_path: Path) -> None:
    app = create_test_app({"QUART_CHAT_INSTANCE": tmp_path, "QUART_CHAT_MAX_DOCUMENTS_BYTES": 100})
    async with app.test_app() as running:
        status, answer = await upload(running.test_client(), ("a.txt", b"x" * 101))
    assert (status, answer["error"]["code"]) == (413, "quota_exceeded")


async def test_the_list_of_documents_is_live(client: Client) -> None:
    async with open_stream(client, "/api/events/user:local?categories=document") as stream:
        document = await read(client, "fruit.md", KIWI)
        seen = [await stream.until("document")]
        while seen[-1]["item"]["status"] != "ready":
            seen.append(await stream.until("document"))
    assert seen[-1]["item"] == document


async def test_a_page_that_was_away_is_sent_the_documents_that_changed(
    app: Quart, client: Client
) -> None:
    kept = await read(client, "kept.md", KIWI)
    gone = await read(client, "gone.md", KIWI)
    async with open_stream(client, "/api/stream?since=0-0") as stream:
        while (await stream.until("document"))["item"]["id"] != gone["id"]:
            pass
        cursor = stream.parser.last_event_id
    assert cursor == f"{gone['seq']}-0"
    await client.delete(f"{PATH}/{gone['id']}")
    added = await read(client, "added.md", KIWI)
    manager = app.extensions["quart_chat.events"].manager
    await manager.close()  # as after a restart, nothing is held of what was emitted
    await manager.open()
    headers = {"Last-Event-ID": cursor}
    async with open_stream(client, "/api/stream", headers=headers) as stream:
        await stream.until("pulse")
    told = [item["item"] for item in stream.items if item["type"] == "document"]
    assert told == [{"id": gone["id"], "deleted": True}, added]
    assert stream.parser.last_event_id == f"{added['seq']}-0"
    assert kept["seq"] < gone["seq"] < added["seq"]


async def test_a_stream_of_chats_goes_on_beside_documents(client: Client) -> None:
    async with open_stream(client, "/api/stream") as stream:
        await read(client, "fruit.md", KIWI)
        assert (await stream.until("document"))["item"]["name"] == "fruit.md"
        await ask(client, "count 1 0ms")
        await stream.until("workflow")


async def test_who_asks_late_is_told_how_it_ended(app: Quart, client: Client) -> None:
    document = await read(client, "fruit.md", KIWI)
    manager = app.extensions["quart_chat.events"].manager
    await manager.close()
    await manager.open()
    response = await client.get(f"/api/events/document:{document['id']}")
    told = parse(await response.get_data(as_text=False))
    assert [(event["type"], event["item"]) for event in told] == [("complete", document)]


@pytest.mark.parametrize("id_", ["0" * 32, "x", "../chat.sqlite", ""])
async def test_what_is_not_there_is_not_found(client: Client, id_: str) -> None:
    page = f"/documents/{id_ or 'x'}"
    for path in (f"/api/events/document:{id_}", f"{PATH}/{id_ or 'x'}", page, f"{page}/delete"):
        assert (await client.get(path)).status_code == 404
    start = {"prompt": "Hello", "documentIds": [id_]}
    assert (await client.post("/api/chatbot/start/stream", json=start)).status_code == 404


async def test_documents_of_another_user_are_not_found(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = await read(client, "fruit.md", KIWI)
    for module in ("api.documents", "api.streams", "api.chatbot", "pages.documents.library"):
        monkeypatch.setattr(f"quart_chat.web.{module}.user_id", lambda: "bob")
    start = {"prompt": "kiwi", "documentIds": [document["id"]]}
    assert (await client.post("/api/chatbot/start/stream", json=start)).status_code == 404
    assert (await client.get(f"/api/events/document:{document['id']}")).status_code == 404
    assert (await client.delete(f"{PATH}/{document['id']}")).status_code == 404
    assert await (await client.get(PATH)).get_json() == {"documents": []}


async def test_a_question_may_name_the_documents_to_answer_from(client: Client) -> None:
    green = await read(client, "green.md", KIWI)
    await read(client, "red.md", b"# Fruit\n\nThe kiwi is red.\n")
    items = await ask(client, "What is the kiwi?", assistant="librarian", documentIds=[green["id"]])
    answer = [item["item"] for item in items if item["type"] == "message"][-1]
    assert [source["url"] for source in answer["sources"]] == [
        f"/documents/{green['id']}?passage=1#p1"
    ]


# Pages


async def test_a_page_shows_a_quote_and_its_source_to_the_letter(client: Client) -> None:
    text = r"The kiwi costs $5$ (net), see [7] and \(x\)."
    await read(client, "prices [v2] (net).txt", text.encode())
    items = await ask(client, "What does the kiwi cost?", assistant="librarian")
    chat = next(item["item"]["id"] for item in items if item["type"] == "workflow")
    page = await (await client.get(f"/chat/{chat}")).get_data(as_text=True)
    assert f"<blockquote>\n<p>{text}</p>\n</blockquote>" in page
    assert f'<q class="source-quote" dir="auto">{text}</q>' in page
    assert page.count(">prices [v2] (net).txt</a>") == 2


async def test_the_page_lists_documents_with_what_can_be_done(client: Client) -> None:
    document = await read(client, "<fruit>.md", KIWI)
    page = await (await client.get("/documents")).get_data(as_text=True)
    assert f'href="/documents/{document["id"]}"' in page
    assert "&lt;fruit&gt;.md" in page
    assert "2 passages" in page
    assert 'enctype="multipart/form-data"' in page


@pytest.mark.parametrize("place", ["list", "document"])
async def test_what_changes_while_a_page_is_made_is_streamed_to_it(
    client: Client, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """The position that the page goes on from is not later than what it shows."""
    _, answer = await upload(client, ("first.md", KIWI))
    first = answer["documents"][0]["id"]
    name = {"list": "documents", "document": "passages"}[place]
    find = getattr(DocumentService, name)

    async def find_before_a_change(*args: Any) -> Any:
        found = await find(*args)
        monkeypatch.setattr(DocumentService, name, find)
        assert (await client.delete(f"{PATH}/{first}")).status_code == 204
        return found

    monkeypatch.setattr(DocumentService, name, find_before_a_change)
    path = {"list": "/documents", "document": f"/documents/{first}"}[place]
    page = await (await client.get(path)).get_data(as_text=True)
    assert "first.md" in page
    since = page.partition('data-since="')[2].partition('"')[0]
    async with open_stream(client, f"/api/stream?since={since}") as stream:
        while not (told := await stream.until("document"))["item"].get("deleted"):
            pass
    assert told["item"]["id"] == first
    assert "reset" not in {item["type"] for item in stream.items}


async def test_a_form_without_script_uploads_and_deletes(client: Client) -> None:
    response = await client.post("/documents", data=form(("a.md", KIWI)), headers=FORM)
    assert (response.status_code, response.headers["Location"]) == (303, "/documents")
    (document,) = (await (await client.get(PATH)).get_json())["documents"]
    address = f"/documents/{document['id']}/delete"
    asking = await (await client.get(address)).get_data(as_text=True)
    assert "Delete “a.md”?" in asking
    assert f'method="post" action="{address}"' in asking
    response = await client.post(address)
    assert (response.status_code, response.headers["Location"]) == (303, "/documents")
    page = await (await client.get("/documents")).get_data(as_text=True)
    assert "No documents yet" in page


async def test_a_form_that_is_refused_says_why_on_the_page(client: Client) -> None:
    response = await client.post("/documents", data=form(("a.pdf", made.PNG)), headers=FORM)
    assert response.status_code == 415
    assert "is not what its name says" in await response.get_data(as_text=True)
    response = await client.post("/documents", data=form(), headers=FORM)
    assert response.status_code == 422


async def test_a_page_of_a_document_has_an_anchor_for_each_passage(client: Client) -> None:
    document = await read(client, "a.txt", b"".join(b"%d " % n * 200 + b"\n\n" for n in range(450)))
    page = await (await client.get(f"/documents/{document['id']}?after=200")).get_data(as_text=True)
    assert 'id="p201"' in page
    assert 'id="p200"' not in page
    assert 'href="?after=0"' in page
    assert 'href="?after=400"' in page


async def test_a_document_that_failed_says_why(client: Client) -> None:
    _, answer = await upload(client, ("blank.txt", b" "))
    document = answer["documents"][0]
    await (await client.get(f"/api/events/document:{document['id']}")).get_data()
    for path in ("/documents", f"/documents/{document['id']}"):
        page = await (await client.get(path)).get_data(as_text=True)
        assert "There is no text in it." in page


async def test_the_chats_lead_to_the_documents(client: Client) -> None:
    assert 'href="/documents"' in await (await client.get("/")).get_data(as_text=True)


# A server of its own


@pytest.fixture
async def http(server: Server) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=server.url, timeout=60) as client:
        yield client


async def test_an_upload_over_a_real_connection(http: httpx2.AsyncClient) -> None:
    content = b"Some words and some more. " * 800_000
    response = await http.post(PATH, files={"files": ("big.txt", content)})
    assert response.status_code == 201, response.text
    document = response.json()["documents"][0]
    assert document["size"] == len(content)
    refused = await http.post(PATH, files={"files": ("big.txt", content * 2)})
    assert refused.json()["error"]["code"] == "file_too_large"
    assert (await http.delete(f"{PATH}/{document['id']}")).status_code == 204


async def test_a_server_that_was_killed_reads_the_document_again(
    start_server: Callable[..., Server],
) -> None:
    server = start_server()
    content = b"".join(b"Passage %d says that the kiwi is green.\n\n" % n for n in range(50_000))
    async with httpx2.AsyncClient(timeout=60) as http:
        response = await http.post(f"{server.url}{PATH}", files={"files": ("a.txt", content)})
        document = response.json()["documents"][0]
        address = f"/api/events/document:{document['id']}"
        async with http.stream("GET", server.url + address) as stream:
            async for line in stream.aiter_lines():
                if '"progress"' in line and '"progress":0.0' not in line:
                    break
        server.restart()
        told = (await http.get(server.url + address)).content
        assert parse(told)[-1]["type"] == "complete"
        shown = (await http.get(f"{server.url}{PATH}/{document['id']}")).json()
    numbers = [passage["number"] for passage in shown["passages"]]
    assert numbers == list(range(1, 201))
    assert shown["document"]["status"] == "ready"
