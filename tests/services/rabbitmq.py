"""A real RabbitMQ of its own, in a folder of its own; it takes a quarter of a minute to start."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Self

import pytest
from aio_pika import connect
from aiormq.exceptions import ConnectionInternalError

from quart_chat.events.brokers.rabbitmq import QUEUE
from tests.server import ROOT, free_port
from tests.services.spawning import spawn

START_TIMEOUT = 120.0
TLS = ROOT / "tests/assistants/openai/tls"
"""A certificate for 127.0.0.1 and its key, good for tests alone."""

_CONFIG = """
listeners.ssl.1 = 127.0.0.1:{port}
ssl_options.certfile = {files}/certificate.pem
ssl_options.keyfile = {files}/key.pem
ssl_options.verify = verify_none
"""

SCRIPTS = Path("/usr/lib/rabbitmq/bin")

ELECTION = 90.0
"""Seconds that the server may take to elect what coordinates its streams."""


class RabbitMQServer:
    """Runs ``rabbitmq-server``, and the ``epmd`` by which its tools find it.

    It keeps its ports and its folder when it is started again.

    Attributes:
        url: Its address.
        tls_url: Its address with TLS.
        port: The port of it.
        data: The folder that holds its queues.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "mnesia"
        self.port, self._epmd_port = port, _ = free_port(), free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{port}/"
        (folder / "plugins").write_text("[].")
        tls_port = free_port()
        self.tls_url = f"amqps://guest:guest@127.0.0.1:{tls_port}/"
        (folder / "rabbitmq.conf").write_text(_CONFIG.format(port=tls_port, files=TLS))
        self._env = {
            **os.environ,
            "HOME": str(folder),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_MNESIA_BASE": str(self.data),
            "RABBITMQ_NODENAME": f"qc-{port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }

    def __enter__(self) -> Self:
        program = SCRIPTS / "rabbitmq-server"
        if not program.exists():
            pytest.skip("Needs RabbitMQ: on Debian 'apt install rabbitmq-server'")
        epmd = shutil.which("epmd")
        assert epmd is not None
        self._epmd = spawn(
            [epmd, "-address", "127.0.0.1", "-port", str(self._epmd_port)], env=self._env
        )
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()
        self._epmd.kill()
        self._epmd.wait()

    def start(self) -> None:
        """Start it, with what its folder holds, and return once it takes connections."""
        with (self.folder / "output").open("ab") as output:
            self._process = spawn(
                [SCRIPTS / "rabbitmq-server"],
                cwd=self.folder,
                env=self._env,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        deadline = monotonic() + START_TIMEOUT
        while not self._listens():
            printed = (self.folder / "output").read_text()
            assert self._process.poll() is None, printed
            assert monotonic() < deadline, printed
            sleep(0.1)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
        except ConnectionRefusedError:
            return False
        return True

    def stop(self) -> None:
        """Let it end by itself, with all stored."""
        self._process.terminate()
        self._process.wait()

    def kill(self) -> None:
        """End it at once, with all that it has started."""
        self._signal(signal.SIGKILL)
        self._process.wait()
        while self._listens():
            sleep(0.01)

    def control(self, *arguments: str) -> None:
        """Run ``rabbitmqctl``."""
        subprocess.run(
            [SCRIPTS / "rabbitmqctl", *arguments], env=self._env, check=True, capture_output=True
        )

    def empty(self) -> None:
        """Delete the queue of the events."""

        async def delete() -> None:
            async with await connect(self.url) as connection:
                await (await connection.channel()).queue_delete(QUEUE)

        deadline = monotonic() + ELECTION
        while True:
            try:
                asyncio.run(delete())
            except ConnectionInternalError as error:
                # What coordinates the streams is being elected, and can't delete one meanwhile.
                if "coordinator_unavailable" not in str(error) or monotonic() > deadline:
                    raise
            else:
                return

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
