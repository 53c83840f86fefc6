"""Documents on a folder that two processes share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import httpx2
import orjson

from tests.chaos.client import plain_client
from tests.cluster.conftest import StartNode
from tests.cluster.nodes import query
from tests.server import Server
from tests.waiting import until

LINE = b"The zebra knows pomegranates, and every one of them by its own name.\n\n"
BOUNDARY = "boundary"
HEAD = (
    f"--{BOUNDARY}\r\n"
    'Content-Disposition: form-data; name="files"; filename="zebra.txt"\r\n'
    "Content-Type: text/plain\r\n\r\n"
).encode()
TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()
SECONDS = 20.0


def large(number: int) -> bytes:
    """A text that takes a while to read; each number makes another."""
    return b"".join(
        b"Chapter %d of book %d. " % (chapter, number) + LINE for chapter in range(20_000)
    )


async def upload(node: Server, content: bytes) -> str:
    async with plain_client(base_url=node.url, timeout=60) as http:
        answer = await http.post("/api/documents", files={"files": ("zebra.txt", content)})
    return str(answer.json()["documents"][0]["id"])


def status(node: Server, document_id: str) -> str:
    return str(query(node, "SELECT status FROM documents WHERE id = ?", document_id)[0][0])


async def test_an_upload_survives_the_start_of_another_node(start_node: StartNode) -> None:
    here = start_node()
    go_on = asyncio.Event()

    async def body() -> AsyncGenerator[bytes, None]:
        yield HEAD + LINE * 5_000
        await go_on.wait()
        yield LINE + TAIL

    async with plain_client(base_url=here.url, timeout=60) as http:
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        sending = asyncio.create_task(http.post("/api/documents", content=body(), headers=headers))
        folder = here.instance / "documents"
        await until(lambda: list(folder.glob("*.part")))
        there = await asyncio.to_thread(start_node)
        go_on.set()
        answer = await sending
    assert answer.status_code < 300, answer.text
    document_id = answer.json()["documents"][0]["id"]
    await until(lambda: status(there, document_id) == "ready", SECONDS)


async def test_what_a_killed_node_was_reading_another_reads_once(
    start_node: StartNode,
) -> None:
    here, there = start_node(), start_node()
    document_ids = [await upload(here, large(number)) for number in range(2)]
    passages = "SELECT count(*) FROM document_passages WHERE document_id = ?"
    await until(lambda: query(there, passages, document_ids[0])[0][0] > 0)
    (here.instance / "documents" / f"left.{node_id(there, document_ids[0])}.part").touch()
    here.process.kill()
    await until(lambda: all(status(there, id_) == "ready" for id_ in document_ids), 50)
    for document_id in document_ids:
        numbers = query(
            there,
            "SELECT count(*), count(DISTINCT number), max(number) FROM document_passages"
            " WHERE document_id = ?",
            document_id,
        )[0]
        assert len(set(numbers)) == 1
        stored = query(there, "SELECT passages FROM documents WHERE id = ?", document_id)
        assert stored[0][0] == numbers[0]
    await until(lambda: not list((there.instance / "documents").glob("*.part")))


def node_id(node: Server, document_id: str) -> str:
    return str(query(node, "SELECT node_id FROM documents WHERE id = ?", document_id)[0][0])


async def test_a_document_that_another_node_reads_is_deleted(start_node: StartNode) -> None:
    here, there = start_node(), start_node()
    document_id = await upload(here, large(1))
    await until(lambda: status(there, document_id) == "reading")
    async with plain_client(base_url=there.url, timeout=30) as http:
        assert (await http.delete(f"/api/documents/{document_id}")).status_code < 300
    rows = (
        "SELECT id FROM documents WHERE status <> 'deleted'"
        " UNION SELECT document_id FROM document_passages"
    )
    await until(lambda: query(here, rows) == [])
    # The queue goes on with the next one.
    following = await upload(here, LINE)
    await until(lambda: status(there, following) == "ready", SECONDS)
    assert query(here, rows) == [(following,)]


async def test_the_reading_is_told_on_the_other_node(start_node: StartNode) -> None:
    here, there = start_node(), start_node()
    document_id = await upload(here, large(3))
    async with (
        httpx2.AsyncClient(base_url=there.url, timeout=60) as http,
        http.stream("GET", f"/api/events/document:{document_id}") as response,
    ):
        types = [
            orjson.loads(line[6:])["type"]
            async for line in response.aiter_lines()
            if line.startswith("data: ")
        ]
    assert types[-1] == "complete"
    assert "progress" in types


async def test_the_list_on_the_other_node_follows_a_reading(start_node: StartNode) -> None:
    here, there = start_node(), start_node()
    async with (
        httpx2.AsyncClient(base_url=there.url, timeout=60) as http,
        http.stream("GET", "/api/stream", params={"since": "0-0"}) as response,
    ):
        document_id = await upload(here, large(4))
        items = []
        async for line in response.aiter_lines():
            payload = orjson.loads(line[6:]) if line.startswith("data: ") else {}
            if payload.get("type") == "document" and payload["item"]["id"] == document_id:
                items.append(payload["item"])
                if items[-1]["status"] == "ready":
                    break
    seqs = [item["seq"] for item in items]
    assert seqs == sorted(seqs)
    assert [item for item in items if item["progress"] is not None]
