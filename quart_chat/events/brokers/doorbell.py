"""Wakes the processes that wait for something in a folder: each has a socket there.

A datagram says no more than that there is something to read. One that does not arrive, because the
process has more of them than it takes, is not needed.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path

_SUFFIX = ".socket"
_MAX_ADDRESS = 100
"""Bytes that the address of a socket may have on every system."""


class Doorbell:
    """A socket in a folder, and a way to wake the owners of all that are there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}{_SUFFIX}"
        self._socket: socket.socket | None = None
        self._descriptor: int | None = None
        self._woken = asyncio.Event()

    def open(self) -> asyncio.Event:
        """Listen, and return the event that a ring sets.

        Called again, it sees to it that the socket is still there.

        Raises:
            OSError: The folder can't be written.
        """
        if self._socket is not None and (self._folder / self._name).exists():
            return self._woken
        self.close()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._woken = asyncio.Event()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        # Its file is there a moment before it can be reached: another process would take it for one
        # that a dead process has left, and remove it.
        new = self._folder / f"{self._name}.new"
        new.unlink(missing_ok=True)
        self._socket.bind(self._address(new.name))
        new.rename(self._folder / self._name)
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._hear, self._socket)
        return self._woken

    def ring(self) -> None:
        """Wake all, this process included; it neither waits nor raises."""
        if self._socket is None:
            return
        with suppress(OSError):
            for name in os.listdir(self._folder):  # noqa: PTH208 - names are all that is needed
                if name.endswith(_SUFFIX):
                    self._ring_at(self._socket, name)

    def _ring_at(self, sender: socket.socket, name: str) -> None:
        try:
            sender.sendto(b"!", self._address(name))
        except ConnectionRefusedError:
            # Its process is dead.
            (self._folder / name).unlink(missing_ok=True)
        except OSError:
            pass  # it has been woken more often than it has looked, or has just ended

    def close(self) -> None:
        """Listen no more; idempotent."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None
            with suppress(OSError):
                (self._folder / self._name).unlink(missing_ok=True)
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _address(self, name: str) -> str:
        path = os.path.join(self._folder, name)  # noqa: PTH118 - done for every datagram
        if len(os.fsencode(path)) <= _MAX_ADDRESS:
            return path
        # Linux: the folder by its descriptor, which is short however long its path is.
        if self._descriptor is None:
            self._descriptor = os.open(self._folder, os.O_RDONLY | os.O_CLOEXEC)
        return f"/proc/self/fd/{self._descriptor}/{name}"

    def _hear(self, listener: socket.socket) -> None:
        with suppress(BlockingIOError):
            while listener.recv(16):
                pass
        self._woken.set()
