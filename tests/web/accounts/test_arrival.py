"""Without accounts the server is for its own machine alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from quart_chat.cli import main
from quart_chat.config import ConfigError, load_settings
from quart_chat.config.access import Networks, is_loopback
from tests.app import create_test_app
from tests.web.accounts.people import HOST


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "chat.example.org", "[::]"])
def test_the_command_refuses_to_listen_where_others_are(
    host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--host", host, "--port", "0", "--instance", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "QUART_CHAT_AUTH=accounts" in said
    assert "QUART_CHAT_AUTH=proxy" in said
    assert "QUART_CHAT_AUTH=oidc" in said
    assert "127.0.0.1" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        *((host, True) for host in ("localhost", "127.0.0.1", "127.8.9.1", "::1", "[::1]")),
        *((host, False) for host in ("", "0.0.0.0", "::", "localhost.evil.example", "128.0.0.1")),
        ("::ffff:127.0.0.1", True),
        ("::ffff:10.0.0.1", False),
    ],
)
def test_what_a_host_is(host: str, is_here: bool) -> None:
    assert is_loopback(host) is is_here


@pytest.mark.parametrize(
    ("server", "status"),
    [
        (("127.0.0.1", 8000), 200),
        (("::1", 8000), 200),
        (("/run/chat.sock", None), 200),
        (None, 200),
        (("192.168.1.5", 8000), 403),
        (("0.0.0.0", 8000), 403),
        (("fe80::1%eth0", 8000), 403),
    ],
)
async def test_other_servers_answer_only_what_arrives_at_their_own_machine(
    tmp_path: Path, server: tuple[str, int | None] | None, status: int
) -> None:
    app = create_test_app({"QUART_CHAT_INSTANCE": tmp_path / "instance"})
    async with app.test_app():
        response = await app.test_client().get("/", headers=HOST, scope_base={"server": server})
        assert response.status_code == status
        if status == 403:
            assert "QUART_CHAT_AUTH=accounts" in await response.get_data(as_text=True)


@pytest.mark.parametrize("value", ["", "all", "none,accounts", "proxy,proxy", "accounts;proxy"])
def test_what_is_no_way_in_stops_the_start(value: str) -> None:
    with pytest.raises(ConfigError, match="QUART_CHAT_AUTH"):
        load_settings({}, {"QUART_CHAT_AUTH": value})


@pytest.mark.parametrize("value", ["Cookie", "authorization", "Remote User", "", "Remote_User"])
def test_what_can_name_no_user_stops_the_start(value: str) -> None:
    with pytest.raises(ConfigError, match="QUART_CHAT_AUTH_HEADER"):
        load_settings({}, {"QUART_CHAT_AUTH_HEADER": value})


@pytest.mark.parametrize("value", ["10.0.0.0/33", "proxy.example.org", "10.0.0.1/8", "::1 ::2"])
def test_what_is_no_address_stops_the_start(value: str) -> None:
    with pytest.raises(ConfigError, match="QUART_CHAT_TRUSTED_PROXIES"):
        load_settings({}, {"QUART_CHAT_TRUSTED_PROXIES": value})


def test_networks_hold_their_addresses_alone() -> None:
    networks = Networks("10.0.0.0/8, ::1")
    assert networks.contains("10.255.0.1")
    assert networks.contains("::ffff:10.1.1.1")
    assert not networks.contains("11.0.0.1")
    assert not networks.contains("")
    assert not networks.contains("localhost")
    assert not Networks("").contains("127.0.0.1")
