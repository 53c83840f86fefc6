"""Exporting chats and importing them again."""

from __future__ import annotations

import errno
import json
import re
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import pytest
from quart import Quart
from quart.datastructures import FileStorage
from quart.typing import TestClientProtocol as Client

from quart_chat.chat.transfer.reading import read_file
from quart_chat.chat.views import MAX_STEPS
from tests.app import create_test_app
from tests.browser.nginx import run_nginx
from tests.chat.transfer.test_reading import EXPORT, chat, zipped
from tests.server import Server
from tests.web.streams import parse, workflow_id

NGINX = Path(__file__).parents[2] / "docs" / "how-to" / "run-behind-nginx.md"


async def ask(client: Client, prompt: str = "nest", **fields: Any) -> str:
    body = {"prompt": prompt, "assistant": "slow", **fields}
    response = await client.post("/api/chatbot/start/stream", json=body)
    return workflow_id(parse(await response.get_data(as_text=False)))


async def send(client: Client, *files: bytes, path: str = "/api/chatbot/import") -> Any:
    uploaded = {
        f"files{n}": FileStorage(BytesIO(data), filename=f"chats{n}.json")
        for n, data in enumerate(files)
    }
    return await client.post(path, files=uploaded)


async def take(client: Client, *files: bytes) -> dict[str, Any]:
    response = await send(client, *files)
    assert response.status_code == 200
    report: dict[str, Any] = await response.get_json()
    return report


async def export(client: Client, id_: str) -> dict[str, Any]:
    response = await client.get(f"/chat/{id_}/export.json")
    assert response.status_code == 200
    file: dict[str, Any] = await response.get_json()
    return file


async def htmls(client: Client, id_: str) -> list[str]:
    data = await (await client.get(f"/api/chatbot/{id_}/chatdata")).get_json()
    return [item["item"]["html"] for item in data["items"] if item["type"] == "message"]


def other_app(tmp_path: Path, **settings: Any) -> Quart:
    return create_test_app({"QUART_CHAT_INSTANCE": tmp_path / "other", **settings})


def folders(path: str) -> list[str]:
    return [entry.name for entry in Path(path).iterdir() if entry.is_dir()]


def everything(path: str) -> list[Path]:
    return sorted(Path(path).rglob("*"))


def without_ids(file: dict[str, Any]) -> dict[str, Any]:
    """A file without what an import makes anew: ids, in place of which stand their places."""
    for round_ in file["rounds"]:
        places = {log["id"]: n for n, log in enumerate(round_["logs"])}
        for log in round_["logs"]:
            log["id"], log["parentId"] = places[log["id"]], places.get(log["parentId"])
    del file["chat"]["id"]
    return file


async def test_a_chat_survives_export_and_import_with_all_its_branches(
    client: Client, tmp_path: Path
) -> None:
    id_ = await ask(client)
    await ask(client, "count 3 0ms", workflowId=id_)
    await ask(client, "How do I resume a stream?", workflowId=id_, assistant="librarian")
    await ask(client, "count 2 0ms", workflowId=id_, replaces=2)
    await client.patch(f"/api/chatbot/workflows/{id_}", json={"pinned": True, "title": "Ää/ö"})
    await client.patch(f"/api/chatbot/workflows/{id_}", json={"systemPrompt": "Be brief."})
    file = await export(client, id_)
    assert len(file["rounds"]) == 4
    data = json.dumps(file).encode()
    async with other_app(tmp_path).test_app() as running:
        other = running.test_client()
        (taken,) = (await take(other, data))["taken"]
        again = await export(other, taken["id"])
        page = await (await other.get(f"/chat/{taken['id']}")).get_data(as_text=True)
        items = await (await other.get(f"/api/chatbot/{taken['id']}/chatdata")).get_json()
    assert without_ids(again) == without_ids(file)
    assert "Ää/ö" in page
    assert '<ol class="sources-list">' in page or file["chat"]["headRound"] == 4
    assert items["seq"] == taken["seq"]
    seqs_are_contiguous = len(items["items"]) == items["seq"]
    assert seqs_are_contiguous


async def test_what_is_here_already_is_left_as_it_is(client: Client) -> None:
    id_ = await ask(client)
    data = json.dumps(await export(client, id_)).encode()
    assert (await take(client, data, data)) == {"taken": [], "known": 2, "refused": []}
    await client.delete(f"/api/chatbot/workflows/{id_}")
    (taken,) = (await take(client, data, data))["taken"]
    assert taken["id"] != id_
    # The copy is known by where it comes from, and by its own id.
    copy = json.dumps(await export(client, taken["id"])).encode()
    assert (await take(client, data, copy))["known"] == 2
    await client.delete(f"/api/chatbot/workflows/{taken['id']}")
    assert len((await take(client, data))["taken"]) == 1


async def test_all_chats_are_one_zip_that_can_be_imported(client: Client, tmp_path: Path) -> None:
    for prompt in ("../../etc/passwd", "count 3 0ms", "count 3 0ms"):
        await ask(client, prompt)
    response = await client.get("/transfer/chats.zip")
    assert response.headers["Content-Disposition"] == "attachment; filename=chats.zip"
    data = await response.get_data(as_text=False)
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        text = archive.read(next(n for n in names if "count" in n and n.endswith(".md"))).decode()
    assert len(set(names)) == 6
    assert not [name for name in names if ".." in name or name.count("/") != 1]
    assert "## Slow\n\n1 2 3" in text
    async with other_app(tmp_path).test_app() as running:
        assert len((await take(running.test_client(), data))["taken"]) == 3


async def test_an_empty_list_is_an_empty_zip(client: Client) -> None:
    data = await (await client.get("/transfer/chats.zip")).get_data(as_text=False)
    assert zipfile.ZipFile(BytesIO(data)).namelist() == []


async def test_the_markdown_is_the_branch_that_is_shown(client: Client) -> None:
    id_ = await ask(client, "count 3 0ms")
    await ask(client, "fail", workflowId=id_)
    await ask(client, "count 2 0ms", workflowId=id_, replaces=1)
    await client.patch(f"/api/chatbot/workflows/{id_}", json={"title": "A *b* [c]"})
    response = await client.get(f"/chat/{id_}/export.md")
    assert response.mimetype == "text/markdown"
    assert await response.get_data(as_text=True) == (
        "# A \\*b\\* \\[c\\]\n\n## You\n\ncount 2 0ms\n\n## Slow\n\n1 2\n"
    )
    await client.patch(f"/api/chatbot/workflows/{id_}", json={"head": 1})
    text = await (await client.get(f"/chat/{id_}/export.md")).get_data(as_text=True)
    assert text.endswith("## Slow\n\nWell\n\n*The words have run out.*\n")


async def test_a_name_of_any_letters_is_told_in_ascii(client: Client) -> None:
    id_ = await ask(client, "count 1 0ms")
    await client.patch(f"/api/chatbot/workflows/{id_}", json={"title": "Straße 語"})
    response = await client.get(f"/chat/{id_}/export.md")
    assert response.headers["Content-Disposition"] == (
        "attachment; filename=Strasse.md; filename*=UTF-8''Stra%C3%9Fe%20%E8%AA%9E.md"
    )


async def test_names_in_a_zip_fit_every_file_system(client: Client) -> None:
    id_ = await ask(client, "count 1 0ms")
    await client.patch(f"/api/chatbot/workflows/{id_}", json={"title": "\U00020000" * 100})
    data = await (await client.get("/transfer/chats.zip")).get_data(as_text=False)
    names = zipfile.ZipFile(BytesIO(data)).namelist()
    assert max(len(name.split("/")[1].encode()) for name in names) <= 150


@pytest.mark.parametrize("name", ["export.md", "export.json"])
async def test_a_chat_that_is_not_there_is_not_exported(client: Client, name: str) -> None:
    assert (await client.get(f"/chat/{'0' * 32}/{name}")).status_code == 404


async def test_a_chat_is_exported_while_it_is_answered_and_imported_as_stopped(
    client: Client, tmp_path: Path
) -> None:
    response = await client.post(
        "/chat", form={"prompt": "nest and wait", "assistant": "slow"}, follow_redirects=False
    )
    id_ = response.headers["Location"].rpartition("/")[2]
    file = await export(client, id_)
    assert file["rounds"][0]["status"] == "running"
    await client.post(f"/api/chatbot/{id_}/stop")
    async with other_app(tmp_path).test_app() as running:
        other = running.test_client()
        (taken,) = (await take(other, json.dumps(file).encode()))["taken"]
        assert taken["status"] == "idle"
        again = await export(other, taken["id"])
        assert again["rounds"][0]["status"] == "stopped"
        assert await ask(other, "count 1 0ms", workflowId=taken["id"]) == taken["id"]


async def test_the_export_of_chatgpt_is_taken_and_rendered_safely(client: Client) -> None:
    report = await take(client, zipped(conversations=EXPORT))
    assert [w["title"] for w in report["taken"]] == ["Cakes", "Ring"]
    assert [fault["error"]["message"] for fault in report["refused"]] == [
        "There is no message in it."
    ]
    page = await (await client.get(f"/chat/{report['taken'][0]['id']}")).get_data(as_text=True)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    again = await take(client, EXPORT)
    assert (again["taken"], again["known"]) == ([], 2)


async def test_what_chatgpt_has_answered_is_edited_and_answered_again(client: Client) -> None:
    (cakes, _ring) = (await take(client, EXPORT))["taken"]
    for changes in ({}, {"prompt": "Which cake?"}):
        body = {"workflowId": cakes["id"], "replaces": 3, **changes}
        response = await client.post("/api/chatbot/start/stream", json=body)
        assert response.status_code == 200
        await response.get_data()
    again = (await export(client, cakes["id"]))["rounds"][5:]
    assert [(r["parent"], r["assistant"]) for r in again] == [(1, "librarian")] * 2
    prompts = [r["messages"][0]["content"] for r in again]
    assert prompts == ["How is it made?", "Which cake?"]


async def test_a_model_of_an_assistant_that_has_none_keeps_no_prompt_out(client: Client) -> None:
    file = chat()
    file["chat"] |= {"assistant": "slow", "model": "gpt-4"}
    file["rounds"][0] |= {"assistant": "slow", "model": "gpt-4"}
    (taken,) = (await take(client, json.dumps(file).encode()))["taken"]
    for fields in ({}, {"replaces": 1}):
        body = {"prompt": "count 1 0ms", "workflowId": taken["id"], **fields}
        response = await client.post("/api/chatbot/start/stream", json=body)
        assert response.status_code == 200
        await response.get_data()


@pytest.mark.parametrize(
    ("title", "taken"),
    [
        ("- 5 degrees", "- 5 degrees"),
        ("# *hash* `code`", "# *hash* `code`"),
        ("x" * 200, "x" * 200),
        ("two\nlines", "two lines"),
        ("word " * 50, "word " * 39 + "word…"),
        ("\u200b", "Hello"),
    ],
)
async def test_a_title_is_taken_as_it_is(client: Client, title: str, taken: str) -> None:
    file = chat(chat={**chat()["chat"], "title": title})
    assert (await take(client, json.dumps(file).encode()))["taken"][0]["title"] == taken


async def test_a_chat_whose_last_answer_has_failed_says_so(client: Client) -> None:
    id_ = await ask(client, "fail")
    await ask(client, "count 1 0ms", workflowId=id_, replaces=1)
    whole = await export(client, id_)
    failed = {**whole, "chat": {**whole["chat"], "headRound": 1, "id": "f"}}
    whole["chat"]["id"] = "w"
    taken = (await take(client, json.dumps([whole, failed]).encode()))["taken"]
    assert [workflow["status"] for workflow in taken] == ["idle", "error"]


async def test_chats_without_an_id_are_told_apart_by_what_they_hold(client: Client) -> None:
    own = [chat(chat={**chat()["chat"], "id": "", "title": title}) for title in "ab"]
    others = [{**json.loads(EXPORT)[0], "conversation_id": "", "title": title} for title in "ab"]
    data = json.dumps([*own, *others]).encode()
    assert [w["title"] for w in (await take(client, data))["taken"]] == ["a", "b", "a", "b"]
    assert (await take(client, data))["known"] == 4


async def test_brackets_in_a_quote_are_no_citations_after_an_import_either(client: Client) -> None:
    await ask(client, "The zebrafish protocol, see [7] and [1] for the glockenspiel")
    id_ = await ask(client, "zebrafish glockenspiel protocol?", assistant="librarian")
    file = await export(client, id_)
    before = (await htmls(client, id_))[1]
    assert "see [7] and [1] for" in before
    # Files of an earlier version don't say whether brackets are citations.
    older = {**file, "chat": {**file["chat"], "id": "older"}}
    older["rounds"] = json.loads(json.dumps(file["rounds"]))
    del older["rounds"][0]["messages"][1]["checked"]
    await client.delete(f"/api/chatbot/workflows/{id_}")
    for taken in (await take(client, json.dumps([file, older]).encode()))["taken"]:
        assert (await htmls(client, taken["id"]))[1] == before


async def test_links_that_lead_to_scripts_are_not_taken(client: Client) -> None:
    file = chat()
    urls = ["javascript:alert(1)", "//evil.test", "/\\evil.test", "/documents/1", "https://a.test"]
    file["rounds"][0]["messages"][1]["sources"] = [
        {"number": n, "title": "T", "url": url} for n, url in enumerate(urls)
    ]
    (taken,) = (await take(client, json.dumps(file).encode()))["taken"]
    sources = (await export(client, taken["id"]))["rounds"][0]["messages"][1]["sources"]
    assert [source["url"] for source in sources] == ["", "", "", "/documents/1", "https://a.test"]


async def test_steps_that_are_part_of_themselves_or_too_deep_are_made_a_tree(
    client: Client,
) -> None:
    file = chat()
    ids = [str(n) for n in range(8)]
    file["rounds"][0]["logs"] = [
        {"id": id_, "message": id_, "timestamp": 1.0, "parentId": parent}
        for id_, parent in zip(ids, ["0", *ids[:-1]], strict=True)
    ]
    (taken,) = (await take(client, json.dumps(file).encode()))["taken"]
    logs = (await export(client, taken["id"]))["rounds"][0]["logs"]
    names = {log["id"]: log["message"] for log in logs}
    assert [names.get(log["parentId"]) for log in logs] == [
        None,
        "0",
        "1",
        "2",
        "2",
        "2",
        "2",
        "2",
    ]


async def test_a_page_shows_the_first_of_very_many_steps(client: Client) -> None:
    file = chat()
    # The last ones to begin are in the file first: steps are in the order of their times.
    file["rounds"][0]["logs"] = [
        {"id": str(n), "message": f"Step {n}.", "timestamp": n, "parentId": None}
        for n in reversed(range(MAX_STEPS + 50))
    ]
    (taken,) = (await take(client, json.dumps(file).encode()))["taken"]
    page = await (await client.get(f"/chat/{taken['id']}")).get_data(as_text=True)
    assert page.count('<span class="step-message">Step ') == MAX_STEPS
    assert f">Step {MAX_STEPS - 1}.<" in page
    assert f"Step 0 · {MAX_STEPS + 49} more steps<" in page
    assert "50 more steps are not shown" in page


async def test_one_chat_that_is_damaged_keeps_no_other_out(client: Client) -> None:
    report = await take(client, json.dumps([chat(), chat(rounds=[{}]), {"a": 1}]).encode())
    assert len(report["taken"]) == 1
    assert len(report["refused"]) == 2
    assert "is damaged" in report["refused"][0]["error"]["message"]


async def test_a_file_that_is_too_large_or_empty_is_refused(tmp_path: Path) -> None:
    app = other_app(tmp_path, QUART_CHAT_MAX_IMPORT_BYTES=2048)
    async with app.test_app() as running:
        client = running.test_client()
        for data, status, code in (
            (b" " * 2049, 413, "file_too_large"),
            (b"", 422, "empty_file"),
        ):
            response = await send(client, data)
            assert response.status_code == status
            assert (await response.get_json())["error"]["code"] == code
        response = await client.post("/api/chatbot/import", json={})
        assert response.status_code == 415
    assert folders(app.instance_path) == ["documents"]


async def test_a_disk_that_is_full_is_said(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    response = await send(client, EXPORT)
    assert response.status_code == 503
    error = (await response.get_json())["error"]
    assert (error["code"], "the disk is full" in error["message"]) == ("storage_unavailable", True)
    page = await send(client, EXPORT, path="/transfer")
    assert page.status_code == 503
    assert "the disk is full" in await page.get_data(as_text=True)


async def test_nothing_of_an_upload_would_outlive_the_server(
    app: Quart, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(app.instance_path)
    seen: list[list[Path]] = []

    def read(*args: Any) -> Any:
        seen.append(everything(app.instance_path))
        return read_file(*args)

    monkeypatch.setattr("quart_chat.chat.transfer.imports.read_file", read)
    assert len((await take(client, json.dumps(chat()).encode()))["taken"]) == 1
    assert seen == [before]


async def test_the_page_says_what_has_become_of_each_file(client: Client) -> None:
    page = await (await client.get("/transfer")).get_data(as_text=True)
    assert 'href="/transfer/chats.zip"' in page
    response = await send(client, EXPORT, b"{", path="/transfer")
    page = await response.get_data(as_text=True)
    assert "2 chats imported · 1 could not be read" in page
    assert "It is not valid JSON." in page
    response = await send(client, b"", path="/transfer")
    assert response.status_code == 422
    assert "The file is empty." in await response.get_data(as_text=True)


async def test_a_file_that_is_refused_hides_nothing_of_the_others(client: Client) -> None:
    file = json.dumps(chat()).encode()
    response = await send(client, EXPORT, b"", file, path="/transfer")
    assert response.status_code == 200
    page = await response.get_data(as_text=True)
    assert "2 chats imported" in page
    assert "chats1.json: The file is empty." in page
    assert "1 chat imported" in page
    report = await take(client, b"", file)
    assert (report["known"], report["refused"]) == (
        1,
        [{"name": "chats0.json", "error": {"code": "empty_file", "message": "The file is empty."}}],
    )
    response = await send(client, b"", b"", path="/transfer")
    assert (response.status_code, (await response.get_data(as_text=True)).count("is empty")) == (
        422,
        2,
    )


async def test_a_form_that_breaks_off_says_what_was_taken_of_it(client: Client) -> None:
    head = b'--B\r\nContent-Disposition: form-data; name="files"; filename="a.json"\r\n\r\n'
    for path in ("/api/chatbot/import", "/transfer"):
        response = await client.post(
            path,
            data=head + json.dumps(chat()).encode() + b"\r\n" + head + b"{",
            headers={"Content-Type": "multipart/form-data; boundary=B"},
        )
        assert response.status_code == 200
        assert "The form can" in await response.get_data(as_text=True)


def test_a_large_export_streams_through_a_real_server(server: Server) -> None:
    many = [
        chat(chat={**chat()["chat"], "id": f"{n:032x}", "title": "x" * 300}) for n in range(120)
    ]
    with httpx2.Client(base_url=server.url, trust_env=False, timeout=60) as http:
        files = {"files": ("all.json", json.dumps(many).encode())}
        report = http.post("/api/chatbot/import", files=files).json()
        assert len(report["taken"]) == 120
        data = http.get("/transfer/chats.zip").content
        assert (
            http.post("/api/chatbot/import", files={"files": ("a.zip", data)}).json()["known"]
            == 120
        )


@pytest.mark.parametrize(
    "location", re.findall(r"location / {(.*?)}", NGINX.read_text("utf-8"), re.DOTALL)
)
def test_an_upload_gets_through_nginx_as_the_handbook_sets_it_up(
    server: Server, tmp_path: Path, location: str
) -> None:
    own = ("proxy_pass", "auth_basic", "proxy_set_header Host")
    lines = [line for line in location.split("\n") if not line.strip().startswith(own)]
    file = json.dumps(chat()) + " " * 2_000_000
    with (
        run_nginx(server.url, tmp_path, "\n".join(lines)) as url,
        httpx2.Client(base_url=url, trust_env=False, timeout=60) as http,
    ):
        answer = http.post("/api/chatbot/import", files={"files": ("a.json", file)})
    assert answer.status_code == 200, answer.text
