"""The bus: how its readers are woken."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import aclosing, closing
from pathlib import Path
from typing import Any

import pytest

from quart_chat.events.brokers import bus as bus_module
from quart_chat.events.brokers.bus import SQLiteBus
from quart_chat.events.brokers.doorbell import Doorbell
from tests.waiting import until


def sockets(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("*.socket")]


async def test_a_socket_that_was_removed_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_module, "_IDLE", 0.01)
    reader, writer = SQLiteBus(tmp_path), SQLiteBus(tmp_path)
    async with aclosing(writer.tail(None)) as others, aclosing(reader.tail(None)) as batches:
        assert [(await anext(each))[1] for each in (others, batches)] == [None, None]
        for name in sockets(tmp_path):
            (tmp_path / name).unlink()

        async def read() -> bytes:
            async for _, body in batches:
                if body is not None:
                    return body
            raise AssertionError("it does not end")

        reading = asyncio.create_task(read())
        await until(lambda: sockets(tmp_path))
        # From here on, nothing but a datagram wakes it.
        monkeypatch.setattr(bus_module, "_IDLE", 3600)
        await writer.append(b"heard")
        while not reading.done():
            writer._doorbell.ring()
            await asyncio.sleep(0)
        assert await reading == b"heard"
    await reader.close()
    await writer.close()


async def test_a_socket_is_seen_once_it_can_be_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that rings meanwhile takes none that is about to listen for one that is dead."""
    here, other = Doorbell(tmp_path), Doorbell(tmp_path)
    with closing(here), closing(other):
        here.open()
        bind = socket.socket.bind

        def bind_late(listener: socket.socket, address: Any) -> None:
            # What others find between the file and the socket: a file at which nothing listens.
            with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as file:
                bind(file, address)
            here.ring()
            assert os.path.exists(address)  # noqa: PTH110 - a string, as sockets take it
            os.unlink(address)  # noqa: PTH108
            bind(listener, address)

        monkeypatch.setattr(socket.socket, "bind", bind_late)
        woken = other.open()
        here.ring()
        await woken.wait()
