"""``quart-chat check``: each fault is found and has a cure, and what is well is said to be."""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import time

import pytest

from quart_chat.check import installation
from quart_chat.cli import main
from quart_chat.storage.postgres import inspection
from tests.cluster.nodes import SHARED
from tests.server import Server
from tests.services.postgres import (
    LOCKED,
    EventsDatabase,
    Pooler,
    PostgresServer,
    find_binaries,
)
from tests.services.redis import RedisServer

SECRET = "geheim%21"
PARTS = [
    *("settings", "folder", "documents", "disk", "server", "store"),
    *("clock", "broker", "epochs", "traces"),
]

Check = Callable[..., tuple[int, dict[str, str]]]


@pytest.fixture
def check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Check:
    """Runs the command with settings; the exit code, and the line of each part."""

    def run(**settings: object) -> tuple[int, dict[str, str]]:
        with monkeypatch.context() as patch:
            patch.setenv("QUART_CHAT_INSTANCE", str(tmp_path / "instance"))
            for name, value in settings.items():
                patch.setenv(f"QUART_CHAT_{name}".upper(), str(value))
            code = main(["check"])
        captured = capsys.readouterr()
        assert captured.err == ""
        assert "geheim" not in captured.out
        lines = captured.out.splitlines()
        return code, {line.split()[1]: line for line in lines}

    return run


def fault(found: tuple[int, dict[str, str]], part: str) -> str:
    """The line of the only part that is at fault."""
    code, lines = found
    assert code == 1
    assert [name for name, line in lines.items() if line.startswith("FAULT ")] == [part], lines
    return lines[part]


def all_well(found: tuple[int, dict[str, str]]) -> dict[str, str]:
    code, lines = found
    assert code == 0, lines
    assert list(lines) == PARTS
    assert all(re.match(r"ok +\w+ +[^ ].*\.$", line) for line in lines.values())
    return lines


def test_a_new_installation_is_well_and_nothing_is_made(check: Check, tmp_path: Path) -> None:
    lines = all_well(check())
    assert "does not exist yet; the server creates it" in lines["folder"]
    all_well(check(broker="bus"))
    assert list(tmp_path.iterdir()) == []


def test_one_that_runs_is_well_and_goes_on(check: Check, server: Server) -> None:
    lines = all_well(check(instance=server.instance))
    assert f"process {server.process.pid} on" in lines["server"]
    assert server.url in lines["server"]
    assert "this machine's clock" in lines["clock"]
    server.terminate()
    assert "No server runs here" in all_well(check(instance=server.instance))["server"]


def test_several_that_run_are_well(
    check: Check, start_server: Callable[..., Server], redis_server: RedisServer
) -> None:
    redis_server.empty()
    env = {**SHARED, "QUART_CHAT_BROKER": redis_server.url}
    node = start_server(env=env)
    start_server(instance=node.instance, env=env)
    lines = all_well(check(instance=node.instance, broker=redis_server.url))
    assert "2 servers share this store. All are on the same log." in lines["epochs"]
    assert re.search(r"an event came back after \d+ ms", lines["broker"])


def test_the_option_names_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--instance", str(tmp_path / "elsewhere")]) == 0
    assert str(tmp_path / "elsewhere") in capsys.readouterr().out


# Settings


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"port": "many"}, "QUART_CHAT_PORT='many' can't be used: Expected int"),
        ({"broker": f"http://:{SECRET}@host"}, "QUART_CHAT_BROKER can't be used"),
        ({"database": f"mysql://a:{SECRET}@host"}, "QUART_CHAT_DATABASE can't be used"),
        ({"nonsense": "1"}, "QUART_CHAT_NONSENSE is not a setting"),
        ({"assistants": "nowhere:assistant"}, "Correct QUART_CHAT_ASSISTANTS"),
    ],
)
def test_settings_that_can_not_be_used(
    check: Check, settings: dict[str, object], said: str
) -> None:
    assert said in fault(check(**settings), "settings")


# Folder and disk


def test_a_folder_that_is_a_file(check: Check, tmp_path: Path) -> None:
    (tmp_path / "instance").write_text("a file")
    code, lines = check()
    assert code == 1
    assert lines["folder"].startswith("FAULT ")
    assert "it is not a folder. Make it a folder that the server's user" in lines["folder"]


def test_documents_that_are_a_file(check: Check, tmp_path: Path) -> None:
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "documents").write_text("a file")
    assert "it is not a folder" in fault(check(), "documents")


def test_a_folder_that_can_not_be_written(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    # These tests may run as root, which ignores permissions.
    monkeypatch.setattr("os.access", lambda *_: False)
    code, lines = check()
    assert code == 1
    assert "can't be written" in lines["folder"]


def test_a_full_disk(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "LITTLE", 10**18)
    assert "Make room" in fault(check(), "disk")


# The store


@pytest.fixture
def file(server: Server) -> Path:
    """A store that no server has open."""
    server.terminate()
    return server.instance / "chat.sqlite"


def damage(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


def overwrite(file: Path) -> None:
    file.write_bytes(b"no database at all " * 1000)


def write_by_a_newer_program(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 9999")


def make_another(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE customers (name)")


@pytest.mark.parametrize(
    ("harm", "said", "cure"),
    [
        (damage, "damaged", "back-up.md"),
        (overwrite, "is not a database", "back-up.md"),
        (write_by_a_newer_program, "version 9999", "Install the newer program"),
        (make_another, "belongs to another program", "."),
    ],
)
def test_a_file_that_can_not_be_used(
    check: Check, file: Path, harm: Callable[[Path], None], said: str, cure: str
) -> None:
    harm(file)
    before = file.read_bytes()
    line = fault(check(instance=file.parent), "store")
    assert said in line
    assert cure in line
    assert file.read_bytes() == before


def test_a_file_that_is_locked(check: Check, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quart_chat.storage.sqlite.inspection._PATIENCE", 0.05)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "End the program that keeps it locked" in fault(check(instance=file.parent), "store")


def test_an_older_version_is_no_fault(check: Check, file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 3")
    assert "The next start brings it up to date" in all_well(check(instance=file.parent))["store"]


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgresServer]:
    """A PostgreSQL that the tests may stop and start."""
    found = find_binaries()
    with PostgresServer(found or pytest.skip("Needs PostgreSQL: 'apt install postgresql'")) as one:
        one.run(f"CREATE ROLE {LOCKED} LOGIN PASSWORD 'geheim!'")
        yield one


@pytest.fixture
def database(postgresql: PostgresServer) -> EventsDatabase:
    return EventsDatabase(postgresql)


def test_a_postgresql_that_is_well(
    check: Check, database: EventsDatabase, start_server: Callable[..., Server]
) -> None:
    settings = {"database": database.url, "broker": database.url}
    assert "still empty" in all_well(check(**settings))["store"]
    start_server(env={"QUART_CHAT_DATABASE": database.url, "QUART_CHAT_BROKER": database.url})
    lines = all_well(check(**settings))
    assert "PostgreSQL" in lines["store"]
    assert "The database's clock is 0.0 s" in lines["clock"]
    assert "1 server shares this store. All are on the same log." in lines["epochs"]


def test_a_postgresql_that_can_not_be_used(check: Check, database: EventsDatabase) -> None:
    server = database.server
    good = server.address(database.name, f"{LOCKED}:{SECRET}")
    line = fault(check(database=good), "store")
    assert "may not create or change tables" in line
    assert "use-postgresql.md" in line
    wrong = good.replace(SECRET, "x" + SECRET)
    assert "refuses the user or the password" in fault(check(database=wrong), "store")
    nowhere = good.replace(database.name, "nowhere")
    assert "no database of the name" in fault(check(database=nowhere), "store")
    away = good.replace(f":{server.port}", ":1")
    assert "can't be reached" in fault(check(database=away), "store")
    with server.standby():
        assert "read-only" in fault(check(database=database.url), "store")


@pytest.mark.parametrize(("seconds", "side"), [(3600, "behind"), (-5, "ahead of")])
def test_a_clock_that_goes_wrong(
    check: Check,
    database: EventsDatabase,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    side: str,
) -> None:
    monkeypatch.setattr(inspection, "time", lambda: time() + seconds)
    line = fault(check(database=database.url), "clock")
    assert f" s {side} this machine's" in line
    assert "timedatectl" in line


# The broker


def test_a_broker_that_can_not_be_used(
    check: Check, database: EventsDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quart_chat.events.brokers.log._OPEN", 1.0)
    for address, said in {
        f"redis://:{SECRET}@127.0.0.1:1": "redis://127.0.0.1:1",
        f"redis://:{SECRET}@127.0.0.1/first": "is not the number of a database",
        database.server.address(database.name, f"{LOCKED}:x{SECRET}"): "password authentication",
        f"postgresql://chat:{SECRET}@127.0.0.1/chat?tls=1": "invalid URI query parameter",
        f"postgresql://chat:%zz{SECRET}@127.0.0.1/chat": "encode special characters",
    }.items():
        line = fault(check(broker=address), "broker")
        assert said in line
        assert "QUART_CHAT_BROKER" in line


def test_a_pooler_that_brings_no_notifications(
    check: Check, database: EventsDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quart_chat.events.brokers.postgres.log._TIMEOUT", 1.0)
    with Pooler(database.server) as pooler:
        line = fault(check(broker=pooler.address(database.name)), "broker")
    assert "pooler in the mode 'transaction'" in line


def test_a_broker_whose_package_is_missing(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    monkeypatch.delitem(sys.modules, "quart_chat.events.brokers.redis", raising=False)
    assert "pip install 'quart-chat[redis]'" in fault(check(broker="redis://host"), "broker")


def test_a_bus_that_can_not_be_used(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quart_chat.events.brokers.log._OPEN", 0.5)
    bus = tmp_path / "instance" / "bus"
    bus.mkdir(parents=True)
    (bus / "events.sqlite").write_text("no database at all " * 100)
    line = fault(check(broker="bus"), "broker")
    assert "delete it if no server runs" in line


def test_a_broker_that_has_gone_under_servers_is_found(
    check: Check,
    start_server: Callable[..., Server],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("quart_chat.events.brokers.log._OPEN", 1.0)
    with RedisServer(tmp_path) as redis:
        node = start_server(env={**SHARED, "QUART_CHAT_BROKER": redis.url})
        redis.kill()
        line = fault(check(instance=node.instance, broker=redis.url), "broker")
    assert "Start the broker" in line


# Epochs


def test_servers_with_another_broker(
    check: Check, start_server: Callable[..., Server], redis_server: RedisServer
) -> None:
    redis_server.empty()
    node = start_server(env=SHARED)
    settings = {"instance": node.instance, "broker": redis_server.url, "node_lease": 0.5}
    line = fault(check(**settings), "epochs")
    assert "Not on the log of this broker, but of bus: 1." in line
    assert "Give all servers the same QUART_CHAT_BROKER" in line


def test_one_that_was_killed_is_told(check: Check, start_server: Callable[..., Server]) -> None:
    node = start_server(env={**SHARED, "QUART_CHAT_NODE_LEASE": "0.2"})
    node.kill()
    told = ""
    while "1 did not say that it ended" not in told:
        told = all_well(check(instance=node.instance, broker="bus", node_lease=0.2))["epochs"]


def test_an_epoch_that_has_just_changed_is_waited_for(
    check: Check, start_server: Callable[..., Server], redis_server: RedisServer
) -> None:
    env = {**SHARED, "QUART_CHAT_BROKER": redis_server.url}
    node = start_server(env=env)
    redis_server.empty()
    all_well(check(instance=node.instance, broker=redis_server.url))
