"""A document over HTTP: renamed, searched, asked about, and its file given back."""

from __future__ import annotations

from typing import Any

import pytest
from quart.typing import TestClientProtocol as Client

from quart_chat.documents.files import Files
from tests.documents import made
from tests.web.streams import open_stream
from tests.web.test_documents import KIWI, PATH, read, upload


async def page_of(client: Client, path: str) -> str:
    response = await client.get(path)
    assert response.status_code == 200
    return str(await response.get_data(as_text=True))


async def test_a_document_is_renamed_and_every_list_is_told(client: Client) -> None:
    document = await read(client, "fruit.md", KIWI)
    address = f"{PATH}/{document['id']}"
    async with open_stream(client, f"/api/stream?since={document['seq']}-0") as stream:
        response = await client.patch(address, json={"name": "Fruit & <vegetables>"})
        renamed = await response.get_json()
        told = await stream.until("document")
    assert response.status_code == 200
    assert told["item"] == renamed
    assert renamed["seq"] == document["seq"] + 1
    changed = {"name": "Fruit & <vegetables>", "seq": renamed["seq"]}
    assert renamed == {**document, **changed, "updatedAt": renamed["updatedAt"]}
    assert (await (await client.get(PATH)).get_json())["documents"] == [renamed]
    assert "Fruit &amp; &lt;vegetables&gt;" in await page_of(client, "/documents")


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 422), ({"name": ""}, 422), ({"name": None}, 422), ({"name": "x" * 121}, 422), ([], 422)],
)
async def test_what_is_no_name_is_refused(client: Client, body: Any, status: int) -> None:
    document = await read(client, "fruit.md", KIWI)
    response = await client.patch(f"{PATH}/{document['id']}", json=body)
    assert response.status_code == status
    assert (await response.get_json())["error"]["code"] == "invalid_input"
    assert (await (await client.get(PATH)).get_json())["documents"] == [document]


async def test_what_is_not_there_can_be_neither_renamed_nor_had(client: Client) -> None:
    for id_ in ("0" * 32, "none"):
        assert (await client.patch(f"{PATH}/{id_}", json={"name": "a"})).status_code == 404
        assert (await client.get(f"/documents/{id_}/original")).status_code == 404
        assert (await client.get(f"/documents/{id_}?find=kiwi")).status_code == 404


async def test_a_form_without_script_renames(client: Client) -> None:
    document = await read(client, "fruit.md", KIWI)
    address = f"/documents/{document['id']}"
    response = await client.post(f"{address}/rename", form={"name": "Lease 1/2"})
    assert (response.status_code, response.location) == (303, address)
    assert "Lease 1/2" in await page_of(client, address)
    response = await client.post(f"{address}/rename", form={"name": " "})
    assert response.status_code == 422


HTML = b"<!doctype html><script>alert(1)</script><p>The kiwi is green.</p>"


@pytest.mark.parametrize(
    ("name", "content", "file"),
    [
        ("page.html", HTML, "page.html"),
        ("script.svg.html", HTML, "script.svg.html"),
        (
            "Gr\u00f6\u00dfe \u5951\u7d04.txt",
            b"The kiwi is green.",
            "Gr%C3%B6%C3%9Fe%20%E5%A5%91%E7%B4%84.txt",
        ),
        ("kiwi.pdf", made.pdf(["The kiwi is green."]), "kiwi.pdf"),
    ],
)
async def test_a_file_is_given_back_as_it_came_and_can_not_run_here(
    client: Client, name: str, content: bytes, file: str
) -> None:
    document = await read(client, name, content)
    response = await client.get(f"/documents/{document['id']}/original")
    assert response.status_code == 200
    assert await response.get_data(as_text=False) == content
    disposition = response.headers["Content-Disposition"]
    assert disposition.startswith("attachment")
    assert file in disposition
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_renamed_file_keeps_the_ending_of_its_kind(client: Client) -> None:
    document = await read(client, "kiwi.pdf", made.pdf(["The kiwi is green."]))
    await client.patch(f"{PATH}/{document['id']}", json={"name": 'Report "2024/25"\t'})
    response = await client.get(f"/documents/{document['id']}/original")
    assert response.headers["Content-Disposition"] == 'attachment; filename="Report _2024_25_.pdf"'


async def test_a_document_that_failed_has_no_file(client: Client) -> None:
    _, answer = await upload(client, ("blank.txt", b" "))
    document = answer["documents"][0]
    await (await client.get(f"/api/events/document:{document['id']}")).get_data()
    response = await client.get(f"/documents/{document['id']}/original")
    assert response.status_code == 404
    assert "was not kept" in await response.get_data(as_text=True)
    page = await page_of(client, f"/documents/{document['id']}")
    assert f"/documents/{document['id']}/original" not in page
    assert f"?document={document['id']}" not in page


async def test_a_file_that_is_removed_as_it_is_asked_for_was_not_kept(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, answer = await upload(client, ("blank.txt", b" "))
    document = answer["documents"][0]
    await (await client.get(f"/api/events/document:{document['id']}")).get_data()
    address = f"/documents/{document['id']}/original"
    exists = Files.exists

    async def remove_behind(files: Files, document_id: str) -> bool:
        await exists(files, document_id)
        files.path(document_id).unlink(missing_ok=True)
        return True

    monkeypatch.setattr(Files, "exists", remove_behind)
    response = await client.get(address)
    assert response.status_code == 404
    assert "was not kept" in await response.get_data(as_text=True)


async def test_what_is_sought_is_marked_and_its_hits_are_linked(client: Client) -> None:
    document = await read(client, "fruit.md", KIWI)
    address = f"/documents/{document['id']}"
    page = await page_of(client, f"{address}?find=PLUM&hit=2")
    assert '<mark class="hit" data-hit="1">Plum</mark>s' in page
    assert '<mark class="hit" data-hit="2" id="hit" aria-current="true">plum</mark>' in page
    assert "2 of 2" in page
    assert f'href="{address}?find=PLUM&amp;hit=1#hit"' in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("find=plum&hit=9", "2 of 2"),
        ("find=%3Cb%3E", "Nothing found for “&lt;b&gt;”."),
        ("find=%20", "Search in this document"),
        ("find=%C2%AD", "Nothing found for “\u00ad”."),
        ("find=plum&passage=1", "1 of 2"),
        (f"find={'plum' * 100}", "Nothing found"),
    ],
)
async def test_any_search_in_a_document_is_answered(client: Client, query: str, shown: str) -> None:
    document = await read(client, "fruit.md", KIWI)
    assert shown in await page_of(client, f"/documents/{document['id']}?{query}")


@pytest.mark.parametrize("query", ["hit=0", "hit=x", "find=a&find=b"])
async def test_a_search_that_means_nothing_is_refused(client: Client, query: str) -> None:
    document = await read(client, "fruit.md", KIWI)
    response = await client.get(f"/documents/{document['id']}?{query}")
    assert response.status_code in (400, 422)


async def test_a_new_chat_begins_with_the_document_that_is_asked_about(client: Client) -> None:
    document = await read(client, "fruit.md", KIWI)
    page = await page_of(client, f"/?document={document['id']}")
    assert f'name="documentIds" value="{document["id"]}"' in page
    for other in ("0" * 32, "none", ""):
        page = await page_of(client, f"/?document={other}")
        assert 'class="chip" data-id="0' not in page
