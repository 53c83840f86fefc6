"""Who may serve a folder beside others, and who is refused."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from quart.testing.app import LifespanError

from quart_chat.errors import InstanceInUse
from quart_chat.instance import hold_instance
from tests.app import create_test_app
from tests.cluster.conftest import StartNode
from tests.cluster.nodes import SHARED
from tests.server import ROOT, TEST_SERVER, Server


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
    monkeypatch.setattr("quart_chat.instance._START", 0.05)
    with (
        hold_instance(tmp_path, shared=True),
        pytest.raises(InstanceInUse),
        hold_instance(tmp_path, shared=True),
    ):
        pass


def test_one_process_alone_has_neither_bus_nor_leases(server: Server) -> None:
    assert not (server.instance / "bus").exists()
