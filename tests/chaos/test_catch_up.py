"""Clients that ask for a long chat and read nothing cost the server little, and end exact."""

from __future__ import annotations

import asyncio
import http.client
import os
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.long_chat import write_long_chat
from tests.server import Server
from tests.waiting import until

pytestmark = pytest.mark.long

CLIENTS = 60
SIZE = 27 * 1024 * 1024
GROWTH = 60 * 1024 * 1024
READERS = int(os.environ.get("CATCH_UP_READERS", "4"))
"""How many of the clients read in the end; all of them show no more, and take minutes."""


def peak_memory(pid: int) -> int:
    """The most memory that a process has had since it was last forgotten (proc(5): "VmHWM")."""
    status = Path(f"/proc/{pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def count_descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def write_chat(instance: Path, rounds: int) -> str:
    """A chat whose answers, and what they look like as HTML, make 27 MiB together."""
    chat = write_long_chat(instance, rounds)
    text = "0123456789abcde " * (SIZE // rounds // 2 // 16)
    with closing(sqlite3.connect(instance / "chat.sqlite")) as database, database:
        database.execute(
            "UPDATE messages SET content = ? || seq, html = ? || seq"
            " WHERE workflow_id = ? AND role = 'assistant'",
            (text, text, chat),
        )
    return chat


class StalledClient:
    """Asks for a chat and reads nothing of it until it is told to.

    Attributes:
        items: What it has, by id: the line of its latest frame.
        connections: How often it has connected.
    """

    def __init__(self, url: str, chat: str) -> None:
        self.items: list[bytes] = []
        self.connections = 0
        self._address = ("127.0.0.1", urlsplit(url).port or 0)
        self._path = f"/api/chatbot/{chat}/stream"
        self._last_id = b""
        self.connect()

    def connect(self) -> None:
        self.connections += 1
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        self._socket.connect(self._address)
        last_id = b"Last-Event-ID: %b\r\n" % self._last_id if self._last_id else b""
        head = b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\n%b\r\n" % (self._path.encode(), last_id)
        self._socket.sendall(head)

    def has_begun(self) -> bool:
        """Whether more waits for it than the head of the answer and a first line."""
        return len(self._socket.recv(4096, socket.MSG_PEEK)) == 4096

    def close(self) -> None:
        self._socket.close()

    def read_all(self) -> None:
        """Read to the end, and come back where the connection ends before."""
        while not self._read():
            self._socket.close()
            self.connect()

    def _read(self) -> bool:
        response = http.client.HTTPResponse(self._socket)
        response.begin()
        if response.status == http.HTTPStatus.NO_CONTENT:
            return True
        data = b""
        with suppress(http.client.IncompleteRead, ConnectionError), response:
            for line in response:
                if line.startswith(b"data: "):
                    data = line
                elif line.startswith(b"id: "):
                    self._last_id = line[4:].strip()
                elif line == b"\n":
                    self.items.append(data)
            return True
        return False


@pytest.mark.parametrize(
    ("rounds", "keepalive", "most"),
    [
        (700, "15", GROWTH),
        (700, "0.5", GROWTH),
        (12, "15", GROWTH),
        # One or two at a time are read and encoded, and all share one that is.
        (1, "0.5", 8 * SIZE),
    ],
    ids=["small answers", "small answers, given up", "large answers", "one answer, given up"],
)
async def test_clients_that_read_nothing_cost_little_and_end_exact(
    start_server: Callable[..., Server],
    record_property: Callable[[str, object], None],
    rounds: int,
    keepalive: str,
    most: int,
) -> None:
    server = start_server(env={"QUART_CHAT_EVENTS_KEEPALIVE": keepalive})
    chat = await asyncio.to_thread(write_chat, server.instance, rounds)
    pid = server.process.pid
    first = StalledClient(server.url, chat)
    await asyncio.to_thread(first.read_all)
    assert sum(map(len, first.items)) > SIZE
    descriptors = count_descriptors(pid)
    forget_peak(pid)
    before = peak_memory(pid)

    clients = [StalledClient(server.url, chat) for _ in range(CLIENTS)]
    for client in clients:
        await asyncio.to_thread(client.has_begun)
    if keepalive != "15":
        await until(lambda: count_descriptors(pid) <= descriptors)
    growth = peak_memory(pid) - before
    record_property("figures", f"{growth / 1024 / 1024:.1f} MB more")
    assert growth < most, f"{growth / 1024 / 1024:.1f} MB"

    for client in clients[:READERS]:
        await asyncio.to_thread(client.read_all)
        assert client.items == first.items
        assert keepalive == "15" or client.connections > 1
    for client in (first, *clients):
        client.close()
