"""The command ``quart-chat``."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config as ServerConfig
from hypercorn.utils import LifespanFailureError
from quart import Quart

from quart_chat import create_app
from quart_chat.administration import parser as users
from quart_chat.assistants import InvalidAssistant
from quart_chat.config import ConfigError, Settings, load_settings, variable
from quart_chat.config.access import is_loopback
from quart_chat.copying.command import add_parser, run_copy
from quart_chat.copying.installation import CannotCopy
from quart_chat.errors import InstanceInUse, StorageUnavailable
from quart_chat.events import collect_rarely
from quart_chat.events.quart import Events
from quart_chat.resources import program_version
from quart_chat.serving.standard_streams import fill_standard_streams, say
from quart_chat.serving.workers import Workers, stop_signals, stop_with_parent
from quart_chat.web.auth.arrival import CURE
from quart_chat.web.monitoring.logs import configure_logging
from quart_chat.web.serving.descriptors import too_few_descriptors
from quart_chat.web.serving.lifespan import SERVER_ADDRESS, start_failure

# Connections that may wait to be accepted: enough for every tab to come back after a restart.
BACKLOG = 1024

_GRACE = 2.0
"""Seconds beyond the time to shut down, after which a process is killed."""

Factory = Callable[[Mapping[str, Any]], "Quart"]


class CannotServe(Exception):
    """Why the server can't start, in a sentence."""


def main(argv: Sequence[str] | None = None, *, factory: Factory = create_app) -> int:
    """Run the command and return its exit code."""
    fill_standard_streams()
    options = _parser().parse_args(argv)
    try:
        if options.command == "copy":
            return run_copy(options)
        if options.command in {"backup", "restore"}:
            from quart_chat.backup.command import run_backup, run_restore

            run = run_backup if options.command == "backup" else run_restore
            return run(options, _config(options))
        if options.command == "check":
            # A server does not load what it takes.
            from quart_chat.check.command import run_check

            return run_check(_config(options))
        if options.command == "users":
            from quart_chat.administration.command import run_users

            return run_users(options, _config(options))
        return _serve(_config(options), factory)
    except (ConfigError, CannotServe, CannotCopy) as error:
        return _fail(error)


def _config(options: argparse.Namespace) -> dict[str, Any]:
    return {
        variable(name): getattr(options, name)
        for name in ("host", "port", "instance", "workers")
        if getattr(options, name, None) is not None
    }


def _fail(error: Exception) -> int:
    print(f"quart-chat: {error}", file=sys.stderr)  # noqa: T201 - a command prints
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("quart-chat", description="A streaming chat for the browser.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {program_version()}")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("serve", help="serve the chat until it is stopped")
    command.add_argument("--host", help="address to listen on (default: 127.0.0.1)")
    command.add_argument("--port", help="port to listen on, 0 for any free one (default: 8000)")
    command.add_argument("--instance", help="folder of the database (default: ./instance)")
    command.add_argument("--workers", help="processes to serve with (default: 1)")
    add_parser(commands)
    for name, text in {
        "backup": "write all chats and documents to one file, also while the server runs",
        "restore": "restore a backup to a store that is empty",
    }.items():
        command = commands.add_parser(name, help=text)
        command.add_argument("file", metavar="FILE", type=Path, help="the backup")
        command.add_argument("--instance", help="folder of the database (default: ./instance)")
    users.add_parser(commands)
    command = commands.add_parser("check", help="check everything that the server needs")
    command.add_argument("--instance", help="folder of the database (default: ./instance)")
    return parser


def _serve(config: Mapping[str, Any], factory: Factory) -> int:
    """Serve until a signal comes, in this process or in several, and return an exit code."""
    settings = load_settings(config, os.environ)
    if not settings.auth.is_on and not is_loopback(settings.host):
        raise CannotServe(
            f"without accounts, everyone who reaches {settings.host} could read all chats. {CURE}"
            f" Or listen on 127.0.0.1 ({variable('host')})."
        )
    if (limit := too_few_descriptors()) is not None:
        cure = "Raise the limit with `ulimit -n`."
        raise CannotServe(f"{limit} file descriptors are too few. {cure}")
    listener = _listen(settings)
    address = _address(settings.host, listener) + settings.root_path
    work = partial(_work, config, factory, address)

    def announce() -> None:
        # The last step of the start, and the socket listens already: who reads this can connect.
        say(f"quart-chat is at {address} (Ctrl+C stops it)")

    if settings.workers == 1:
        return work(listener, announce)
    configure_logging(settings)
    with listener:
        patience = settings.shutdown_timeout + _GRACE
        return Workers(work, settings.workers, listener, patience).run(announce)


def _work(
    config: Mapping[str, Any],
    factory: Factory,
    address: str,
    listener: socket.socket,
    ready: Callable[[], None],
) -> int:
    """Serve in this process until a signal comes, and return an exit code."""
    settings = load_settings(config, os.environ)
    configure_logging(settings)
    # Assistants that a setting names are found where the server starts, as `python -m` would.
    sys.path.append(str(Path.cwd()))
    try:
        app = factory(config)
        app.config[SERVER_ADDRESS] = address
        _run_app(app, settings, listener, ready)
    except (ConfigError, CannotServe, InvalidAssistant) as error:
        return _fail(error)
    return 0


def _run_app(
    app: Quart, settings: Settings, listener: socket.socket, ready: Callable[[], None]
) -> None:
    @app.while_serving
    async def announce() -> AsyncGenerator[None, None]:
        collect_rarely()
        ready()
        yield

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        try:
            runner.run(_run(app, _server_config(listener)))
        except LifespanFailureError as error:
            raise (_explain(app, settings) or error) from error


async def _run(app: Quart, server: ServerConfig) -> None:
    """Run the server until a signal comes, and let the streams end as soon as it has come."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in stop_signals():
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    stop_with_parent(stop.set)

    async def wait_for_signal() -> None:
        await stop.wait()
        events: Events = app.extensions["quart_chat.events"]
        events.begin_shutdown()

    await serve(app, server, shutdown_trigger=wait_for_signal)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server(
            (settings.host.strip("[]"), settings.port), family=family, backlog=BACKLOG
        )
    except (OSError, UnicodeError) as error:
        # A name with a label that is empty or too long is no name, says the encoding.
        text = error.strerror if isinstance(error, OSError) else "Name or service not known"
        reason = (text or "unknown").partition(" (while attempting")[0]
        raise CannotServe(
            f"can't listen on {settings.host} port {settings.port}: {reason}."
        ) from error


def _address(host: str, listener: socket.socket) -> str:
    name = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"http://{name}:{listener.getsockname()[1]}"


def _server_config(listener: socket.socket) -> ServerConfig:
    server = ServerConfig()
    server.bind = [f"fd://{listener.detach()}"]
    server.backlog = BACKLOG
    server.errorlog = logging.getLogger("hypercorn")
    return server


def _explain(app: Quart, settings: Settings) -> CannotServe | None:
    """Why the start failed, where the services say so."""
    events: Events = app.extensions["quart_chat.events"]
    if events.failure is not None:
        return CannotServe(f"{variable('broker')}: {str(events.failure).rstrip('.')}.")
    failure = start_failure(app)
    if isinstance(failure, StorageUnavailable):
        return CannotServe(f"{failure.message} (The folder is {settings.documents_path}.)")
    if isinstance(failure, InstanceInUse) and not settings.database:
        return CannotServe(f"{failure.message} (The folder is {settings.instance_path}.)")
    if failure is not None and settings.database:
        return CannotServe(failure.message)
    if failure is not None:
        return CannotServe(f"{failure.message} (The database is {settings.database_path}.)")
    return None


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # there is none for Windows
        return None
    return uvloop.new_event_loop
