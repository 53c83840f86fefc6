"""A real PostgreSQL server of the tests' own: in a temporary folder, on a port of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Self

import psycopg
import pytest

from tests.server import free_port
from tests.services.spawning import spawn

OWNER = "chat"
"""The user that the tests connect as; it needs no password."""

LOCKED = "locked"
"""A user that needs one."""

START_TIMEOUT = 30.0
_SYSTEM_USER = "postgres"
_HBA = f"host all {LOCKED} 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "100",
    "lc_messages": "C",
}


def find_binaries() -> Path | None:
    """The folder of the server's programs: of the newest version that is installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    versions = sorted(folders, key=lambda folder: int(folder.parent.name), reverse=True)
    return next((folder for folder in versions if (folder / "initdb").exists()), None)


class PostgresServer:
    """A server, from ``with`` to its end. Root runs it as another user, since it refuses root."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._names = (f"test_{number}" for number in count(1))
        self._as: dict[str, Any] = {}
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="quart-chat-postgres-"))
        if os.getuid() == 0:
            self._as = {"user": _SYSTEM_USER, "group": _SYSTEM_USER, "extra_groups": []}
            shutil.chown(self._folder, _SYSTEM_USER)
        self._run("initdb", "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        (self._folder / "data" / "pg_hba.conf").write_text(_HBA)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: str) -> None:
        command = [self._program(program), *self._data, *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=self._folder, **self._as)

    def _program(self, name: str) -> str:
        return str(self._binaries / name)

    @property
    def _data(self) -> tuple[str, str]:
        return "-D", str(self._folder / "data")

    def start(self) -> None:
        """Start it, and return once it answers."""
        options = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        with (self._folder / "log").open("a") as log:
            self._process = spawn(
                [self._program("postgres"), *self._data, "-p", str(self.port), *options],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                **self._as,
            )
        deadline = monotonic() + START_TIMEOUT
        while True:
            try:
                psycopg.connect(self.address("postgres")).close()
            except psycopg.OperationalError:
                if self._process.poll() is not None or monotonic() > deadline:
                    raise
                sleep(0.02)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT ends its connections first, SIGQUIT is as good as a crash."""
        self._process.send_signal(how)
        self._process.wait(START_TIMEOUT)

    def save(self) -> Path:
        """Copy all that it holds while it is stopped; the copy is used by :meth:`put_back`."""
        self.stop()
        copy = self._folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        self._copy(self._folder / "data", copy)
        self.start()
        return copy

    def put_back(self, copy: Path) -> None:
        """Have it hold what it held when the copy was made."""
        self.stop()
        shutil.rmtree(self._folder / "data")
        self._copy(copy, self._folder / "data")
        self.start()

    def _copy(self, source: Path, target: Path) -> None:
        subprocess.run(["cp", "-a", source, target], check=True)

    @contextmanager
    def standby(self) -> Generator[Self]:
        """Have it be a server that only reads, as one that follows another is, for the block."""
        self.stop()
        signal_file = self._folder / "data" / "standby.signal"
        signal_file.touch()
        self.start()
        try:
            yield self
        finally:
            self.stop()
            signal_file.unlink()
            self.start()

    def signal_all(self, number: signal.Signals) -> None:
        """Send a signal to the server and to all its connections, such as to freeze them."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        for pid in (self._process.pid, *map(int, children.read_text().split())):
            os.kill(pid, number)

    def address(self, database: str, user: str = OWNER) -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        """Connect as the owner."""
        return psycopg.connect(self.address(database), autocommit=True)

    def run(self, sql: str, database: str = "postgres", *parameters: Any) -> list[tuple[Any, ...]]:
        """Run a statement as the owner."""
        with self.connect(database) as connection:
            cursor = connection.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def create(self, template: str = "template0") -> str:
        """Make a database like another one; its name."""
        name = next(self._names)
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        self.run(f"DROP DATABASE {name} WITH (FORCE)")


class EventsDatabase:
    """A database for the events of one cluster after the other.

    Attributes:
        name: Its name.
        url: Its address.
    """

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self.name = server.create()
        self.url = server.address(self.name)

    def run(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.server.run(sql, self.name, *parameters)

    def empty(self) -> None:
        """Leave nothing of the log."""
        self.run("DROP TABLE IF EXISTS qc_head, qc_log")

    def cut(self) -> None:
        """End all connections to it."""
        sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        self.server.run(sql, "postgres", self.name)


class Pooler:
    """A PgBouncer in the mode "transaction" before a server, from ``with`` to its end."""

    def __init__(self, server: PostgresServer) -> None:
        self.port = free_port()
        self._target = server.port

    def __enter__(self) -> Self:
        program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
        if program is None:
            pytest.skip("Needs PgBouncer: on Debian 'apt install pgbouncer'")
        self._folder = Path(tempfile.mkdtemp(prefix="quart-chat-pgbouncer-"))
        self._folder.chmod(0o755)
        settings, users = self._folder / "pgbouncer.ini", self._folder / "users"
        users.write_text(f'"{OWNER}" ""\n')
        settings.write_text(
            f"[databases]\n* = host=127.0.0.1 port={self._target}\n[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\n"
            "ignore_startup_parameters = extra_float_digits\n"
            f"pool_mode = transaction\nauth_type = trust\nauth_file = {users}\n"
        )
        self._process = spawn(
            [program, "-q", str(settings)], user=_SYSTEM_USER if os.getuid() == 0 else None
        )
        deadline = monotonic() + START_TIMEOUT
        while not self._listens():
            assert self._process.poll() is None
            assert monotonic() < deadline
            sleep(0.02)
        return self

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
        except ConnectionRefusedError:
            return False
        return True

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder)

    def address(self, database: str) -> str:
        return f"postgresql://{OWNER}@127.0.0.1:{self.port}/{database}"
