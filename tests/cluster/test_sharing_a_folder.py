"""Who may serve a folder beside others, and who is refused."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from quart.testing.app import LifespanError

from quart_chat.errors import InstanceInUse
from quart_chat.serving.instance import hold_instance
from tests.app import create_test_app
from tests.cluster.conftest import StartNode
from tests.cluster.nodes import SHARED
from tests.server import ROOT, TEST_SERVER, Server
from tests.services.redis import RedisServer


async def test_a_server_that_does_not_share_is_refused(start_node: StartNode) -> None:
    node = start_node()
    app = create_test_app({"QUART_CHAT_INSTANCE": node.instance})
    with pytest.raises(LifespanError, match=f"process {node.process.pid} .*QUART_CHAT_BROKER"):
        async with app.test_app():
            pass


def test_one_that_shares_is_refused_beside_one_that_does_not(server: Server) -> None:
    second = subprocess.run(
        [*TEST_SERVER, "--port", "0"],
        cwd=server.instance.parent,
        env={
            **os.environ,
            **SHARED,
            "PYTHONPATH": str(ROOT),
            "QUART_CHAT_INSTANCE": str(server.instance),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    assert "Another server uses this folder" in second.stderr
    assert f"process {server.process.pid} on " in second.stderr
    assert "QUART_CHAT_BROKER=bus" in second.stderr


def refused(start_server: Callable[..., Server], node: Server, **env: str) -> str:
    """What a second server says that does not start beside a node."""
    with pytest.raises(RuntimeError) as error:
        start_server(instance=node.instance, env={**SHARED, **env})
    assert "has not started" in str(error.value)
    return str(error.value)


def test_one_that_has_another_broker_is_refused(
    start_node: StartNode, start_server: Callable[..., Server], redis_server: RedisServer
) -> None:
    node = start_node()
    said = refused(start_server, node, QUART_CHAT_BROKER=redis_server.url)
    assert f"a different broker: bus; this server has {redis_server.url}." in said
    assert "QUART_CHAT_BROKER" in said
    # Only what lives counts, and what was refused has left nothing behind.
    node.terminate()
    server = start_server(instance=node.instance, env={"QUART_CHAT_BROKER": redis_server.url})
    said = refused(start_server, server, QUART_CHAT_BROKER=f"{redis_server.url[:-1]}1")
    assert f"a different broker: {redis_server.url}; this server has" in said


def test_one_that_was_killed_keeps_no_other_broker_out(
    start_node: StartNode, start_server: Callable[..., Server], redis_server: RedisServer
) -> None:
    here, there = start_node(), start_node()
    here.kill()
    there.kill()
    env = {**SHARED, "QUART_CHAT_BROKER": redis_server.url}
    assert start_server(instance=here.instance, env=env).process.poll() is None


async def test_an_epoch_that_has_changed_since_is_the_same_broker(
    start_server: Callable[..., Server], tmp_path: Path, redis_server: RedisServer
) -> None:
    env = {**SHARED, "QUART_CHAT_BROKER": redis_server.url}
    start_server(instance=tmp_path / "one", env=env)
    redis_server.empty()
    assert start_server(instance=tmp_path / "one", env=env).process.poll() is None


@pytest.mark.parametrize("shared", [True, False])
def test_buses_of_two_folders_are_not_the_same(
    start_server: Callable[..., Server], postgres_database: str, shared: bool
) -> None:
    env = {**SHARED, "QUART_CHAT_DATABASE": postgres_database}
    node = start_server(env=env)
    if shared:
        start_server(instance=node.instance, env=env)
        return
    with pytest.raises(RuntimeError, match="connects only servers that share the folder"):
        start_server(env=env)


def test_the_first_is_alone_until_it_shares(tmp_path: Path) -> None:
    with hold_instance(tmp_path, shared=True) as first:
        assert first.alone
        first.share()
        with hold_instance(tmp_path, shared=True) as second:
            assert not second.alone
            second.share()
            with pytest.raises(InstanceInUse), hold_instance(tmp_path):
                pass
    with hold_instance(tmp_path, shared=True) as third:
        assert third.alone


def test_no_one_shares_before_the_first_has_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quart_chat.serving.instance._START", 0.05)
    with (
        hold_instance(tmp_path, shared=True),
        pytest.raises(InstanceInUse),
        hold_instance(tmp_path, shared=True),
    ):
        pass


def test_one_process_alone_has_neither_bus_nor_leases(server: Server) -> None:
    assert not (server.instance / "bus").exists()
