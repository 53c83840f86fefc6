"""Who takes part. A contestant is a command that serves on a port of the loopback interface:

- ``GET /stream/<context>`` streams a context;
- ``GET /start/<context>`` emits an event into it and streams it, that event first;
- ``POST /emit?<plan>`` begins to emit, inside the server, as an application does.

nginx has no application inside: ``POST /publish/<context>`` takes one event from outside.

In the chat part it answers ``POST /api/chatbot/start/stream``, whose body names a ``prompt`` and a
``model``, with what the model of ``OPENAI_BASE_URL`` says.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

OURS = "quart_chat"
OURS_ASGI = "quart_chat-asgi"
RIVAL = "sse-starlette"
BARE = "bare-protocol"
OUR_CHAT = "quart-chat"
WITH_ACCOUNTS = "quart-chat-accounts"
RIVAL_CHAT = "openai"
JUDGED = {OURS, RIVAL, BARE, OUR_CHAT, WITH_ACCOUNTS, RIVAL_CHAT}

NCHAN_MODULES = (
    Path("/usr/lib/nginx/modules/ngx_nchan_module.so"),
    Path("/usr/lib64/nginx/modules/ngx_nchan_module.so"),
)


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way to serve event streams.

    Attributes:
        command: Makes the command line, of a port and an empty folder of its own.
        published: Whether events are published to it over HTTP; else it emits by itself.
        answers: Whether it streams a model's answers; else events.
        stores: Whether it keeps what it streams, in ``chat.sqlite`` in its folder.
        crowded: Whether it is tried with a crowd of idle streams, too.
    """

    name: str
    title: str
    command: Callable[[int, Path], list[str]]
    environment: Mapping[str, str] = field(default_factory=dict)
    published: bool = False
    answers: bool = False
    stores: bool = False
    crowded: bool = False


def _hypercorn(module: str) -> Callable[[int, Path], list[str]]:
    return lambda port, _: [
        *(sys.executable, "-m", "hypercorn", "--worker-class", "uvloop", "--workers", "0"),
        *("--log-level", "WARNING", "--bind", f"127.0.0.1:{port}", f"{module}:app"),
    ]


def _uvicorn(module: str) -> Callable[[int, Path], list[str]]:
    return lambda port, _: [
        *(sys.executable, "-m", "uvicorn", "--loop", "uvloop", "--http", "httptools"),
        *("--no-access-log", "--log-level", "critical"),
        *("--host", "127.0.0.1", "--port", str(port), f"{module}:app"),
    ]


def _nginx(module: Path, redis: str = "") -> Callable[[int, Path], list[str]]:
    upstream = f"upstream redis {{ nchan_redis_server {redis}; }}" if redis else ""
    through = "nchan_redis_pass redis;" if redis else ""

    def command(port: int, folder: Path) -> list[str]:
        template = Path(__file__).with_name("nchan.conf").read_text()
        config = folder / "nginx.conf"
        config.write_text(
            template.format(
                folder=folder, port=port, module=module, upstream=upstream, through=through
            )
        )
        return ["nginx", "-p", str(folder), "-c", str(config)]

    return command


def events_contestants() -> list[Contestant]:
    """All that can stream events here, ours first."""
    found = [
        Contestant(
            OURS,
            "quart_chat.events on hypercorn",
            _hypercorn("benchmarks.contestants.quart_chat_events"),
            crowded=True,
        ),
        Contestant(
            OURS_ASGI,
            "the same, all bytes through ASGI",
            _hypercorn("benchmarks.contestants.quart_chat_events"),
            {"THROUGH_ASGI": "1"},
            crowded=True,
        ),
        Contestant(
            BARE,
            "a bare Protocol on uvloop",
            lambda port, _: [
                *(sys.executable, "-m", "benchmarks.contestants.bare_protocol", str(port)),
            ],
            crowded=True,
        ),
        Contestant(
            RIVAL,
            "Starlette + sse-starlette on uvicorn",
            _uvicorn("benchmarks.contestants.sse_starlette_app"),
        ),
        Contestant(
            "sse-starlette-once",
            "the same, each event encoded once",
            _uvicorn("benchmarks.contestants.sse_starlette_app"),
            {"ENCODE_ONCE": "1"},
        ),
        Contestant(
            "plain-quart",
            "a queue a reader on Quart, hypercorn",
            _hypercorn("benchmarks.contestants.plain_quart"),
        ),
    ]
    module = next((path for path in NCHAN_MODULES if path.exists()), None)
    if module is not None and shutil.which("nginx"):
        found.append(Contestant("nchan", "nginx with nchan", _nginx(module), published=True))
    return found


def cluster_contestant(broker: str, bus: Path) -> Contestant:
    """A node of ours, with a broker between it and others."""
    return Contestant(
        broker.partition(":")[0],
        "quart_chat.events",
        _hypercorn("benchmarks.contestants.quart_chat_events"),
        {"BROKER": broker, "BUS": str(bus)},
    )


def pubsub_contestant(redis: str) -> Contestant:
    """A node as it is written by hand, with Redis' publish and subscribe between it and others."""
    return Contestant(
        "pubsub",
        "Starlette, Redis publish/subscribe",
        _uvicorn("benchmarks.contestants.redis_pubsub_app"),
        {"REDIS": redis},
    )


def nchan_contestant(redis: str) -> Contestant | None:
    """nginx with nchan and a Redis between it and others; None where it is not installed."""
    module = next((path for path in NCHAN_MODULES if path.exists()), None)
    if module is None or not shutil.which("nginx"):
        return None
    return Contestant("nchan", "nginx with nchan and Redis", _nginx(module, redis), published=True)


def chat_contestants() -> list[Contestant]:
    """Those that stream a model's answers, ours first."""
    return [
        Contestant(
            OUR_CHAT,
            "quart-chat serve, every item stored",
            lambda port, folder: [
                *(str(Path(sys.executable).with_name("quart-chat")), "serve"),
                *("--port", str(port), "--instance", str(folder)),
            ],
            # The rival gives no titles: they are a request of their own to the model.
            environment={"QUART_CHAT_MODEL_TITLES": "off"},
            answers=True,
            stores=True,
        ),
        Contestant(
            WITH_ACCOUNTS,
            "the same, each user signed in",
            lambda port, folder: [
                *(sys.executable, "-m", "benchmarks.contestants.with_accounts"),
                *(str(port), str(folder)),
            ],
            environment={"QUART_CHAT_MODEL_TITLES": "off", "QUART_CHAT_AUTH": "accounts"},
            answers=True,
            stores=True,
        ),
        Contestant(
            RIVAL_CHAT,
            "Starlette + AsyncOpenAI on uvicorn",
            _uvicorn("benchmarks.contestants.openai_app"),
            answers=True,
        ),
    ]


def endpoint() -> Contestant:
    """The model that they ask; it takes no part itself."""
    return Contestant(
        "endpoint",
        "a model's endpoint",
        lambda port, _: [sys.executable, "-m", "benchmarks.endpoint", str(port)],
    )
