from __future__ import annotations

import re
from pathlib import Path
from typing import get_type_hints

import pytest
from msgspec.structs import asdict

from quart_chat import create_app
from quart_chat.config import ConfigError, Secret, Settings, load_settings, variable
from quart_chat.resources import resource_path

ROOT = Path(__file__).parent.parent
EXAMPLE = "http://localhost:11434/v1"


def test_defaults_hold_where_nothing_is_set() -> None:
    assert load_settings({}, {"PATH": "/bin"}) == Settings()


def test_the_environment_is_typed() -> None:
    settings = load_settings({}, {"QUART_CHAT_PORT": "9000", "QUART_CHAT_EVENTS_KEEPALIVE": "2.5"})
    assert (settings.port, settings.events_keepalive) == (9000, 2.5)


def test_the_mapping_wins_over_the_environment() -> None:
    settings = load_settings({"QUART_CHAT_PORT": 1}, {"QUART_CHAT_PORT": "2"})
    assert settings.port == 1


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("QUART_CHAT_PORT", "eighty", "Expected int, got str"),
        ("QUART_CHAT_PORT", "70000", "Expected int <= 65535"),
        ("QUART_CHAT_PORT", "8e3", "Expected a whole number, in the digits 0 to 9"),
        ("QUART_CHAT_WORKERS", "2.0", "Expected a whole number, in the digits 0 to 9"),
        ("QUART_CHAT_SHUTDOWN_TIMEOUT", "inf", "Expected a finite number"),
        ("QUART_CHAT_MAX_STREAMS", "0", "Expected int >= 1"),
        ("QUART_CHAT_INSTANCE", "", "Expected str of length >= 1"),
        ("QUART_CHAT_EVENTS_KEEPALIVE", "60", "Expected float <= 30.0"),
        ("OPENAI_BASE_URL", "localhost:11434/v1", f"Expected an address such as {EXAMPLE}"),
        ("OPENAI_BASE_URL", "http://host:99999", "Port out of range 0-65535"),
        ("OPENAI_BASE_URL", "http://a b", f"Expected an address such as {EXAMPLE}"),
    ],
)
def test_a_bad_value_is_named_with_its_reason(name: str, value: str, reason: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_settings({}, {name: value})
    assert str(error.value) == f"{name}={value!r} can't be used: {reason}."


@pytest.mark.parametrize(
    "value",
    ["none", "redsi://:geheim@host", "redis:geheim", "http://:geheim@host", "redis://geheim\x00"],
)
def test_a_broker_that_is_none_is_refused_without_its_password(value: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_settings({}, {"QUART_CHAT_BROKER": f" {value}"})
    assert str(error.value) == (
        "QUART_CHAT_BROKER can't be used: "
        "Expected bus or an address such as redis://localhost:6379/0."
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("bus", "bus"),
        ("redis://host", "redis://host"),
        ("rediss://user:geheim@host:1/2?ssl_ca_certs=x", "rediss://host:1/2"),
        ("redis://:ge@heim@host", "redis://host"),
        ("unix:///tmp/redis.sock?password=geheim", "unix:///tmp/redis.sock"),
        ("unix:///tmp/redis.sock?password=a@geheim", "unix://***"),
        ("redis://:ge/heim@host/1", "redis://host/1"),
        ("redis://:ge?heim@host/1", "redis://***"),
        ("redis://:ge#heim@host/1", "redis://host/1"),
        ("redis://:geheim", "redis://***"),
        ("postgresql://a:geheim@one:1,two:2/chat?sslmode=require", "postgresql://one:1,two:2/chat"),
    ],
)
def test_the_password_of_a_broker_is_not_shown(value: str, shown: str) -> None:
    settings = load_settings({}, {"QUART_CHAT_BROKER": f"{value} "})
    assert settings.broker == value
    assert f"broker={shown!r}" in repr(settings)
    assert "heim" not in repr(settings)


@pytest.mark.parametrize(
    "value",
    [
        "redis://:12/geheim@host/0",
        "redis://:geheim/12@host/0",
        "redis://user:geheim#12@host/0",
        "redis://user:12?geheim@host/0",
        "redis://:geheim",
        "rediss://host:geheim",
        "amqp://user:geheim/12@host/",
        "amqp://user:12/geheim@host/",
        "postgresql://user:12/geheim@host/chat",
        "postgresql://user:geheim/12@host/chat",
        "postgresql://user:12?geheim@host/chat",
        "postgresql://user:ge%zzheim@host/chat",
        "postgresql://host:geheim,host:2/chat",
    ],
)
def test_a_password_that_is_not_encoded_is_told_and_not_shown(value: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="encode special characters") as error:
        create_app({"QUART_CHAT_INSTANCE": tmp_path, "QUART_CHAT_BROKER": value})
    assert "heim" not in str(error.value)


@pytest.mark.parametrize("name", ["QUART_CHAT_DATABASE", "OPENAI_BASE_URL"])
@pytest.mark.parametrize("password", ["geheim/12", "12/geheim", "ge?heim", "ge#heim", "1@ge/heim"])
def test_one_of_another_address_is_not_shown_either(name: str, password: str) -> None:
    scheme = "postgresql" if name == "QUART_CHAT_DATABASE" else "http"
    with pytest.raises(ConfigError, match="encode special characters") as error:
        load_settings({}, {name: f"{scheme}://user:{password}@host/chat"})
    assert "heim" not in str(error.value)


def test_a_database_may_have_several_hosts() -> None:
    address = "postgresql://user@one:5432,two:5432/chat?target_session_attrs=read-write"
    assert load_settings({}, {"QUART_CHAT_DATABASE": address}).database.reveal() == address


def test_a_name_that_is_no_setting_is_refused() -> None:
    with pytest.raises(ConfigError, match="QUART_CHAT_PROT is not a setting"):
        load_settings({}, {"QUART_CHAT_PROT": "9000"})
    with pytest.raises(ConfigError, match="QUART_CHAT_OPENAI_MODEL is not a setting"):
        load_settings({}, {"QUART_CHAT_OPENAI_MODEL": "tiny"})


def test_the_endpoint_has_the_names_that_other_programs_know() -> None:
    settings = load_settings(
        {"OPENAI_MODEL": "large"},
        {"OPENAI_BASE_URL": f"{EXAMPLE}/", "OPENAI_MODEL": "tiny", "OPENAI_ORG_ID": "org"},
    )
    assert (settings.model_url, settings.openai_model) == (EXAMPLE, "large")


@pytest.mark.parametrize(
    ("environ", "url"), [({}, ""), ({"OPENAI_API_KEY": "sk-1"}, "https://api.openai.com/v1")]
)
def test_without_an_address_a_key_is_for_its_own_endpoint(
    environ: dict[str, str], url: str
) -> None:
    assert load_settings({}, environ).model_url == url


def test_a_key_is_seen_by_nobody_but_who_asks_for_it() -> None:
    settings = load_settings({}, {"OPENAI_API_KEY": " sk-1\n"})
    assert settings.openai_api_key.reveal() == "sk-1"
    for shown in (repr(settings), str(settings), f"{settings.openai_api_key}"):
        assert "sk-1" not in shown
    assert settings == load_settings({}, {"OPENAI_API_KEY": "sk-1"})
    assert len({settings.openai_api_key, Secret("sk-1"), Secret("sk-2")}) == 2


def test_a_key_that_can_not_be_sent_is_refused_unseen() -> None:
    with pytest.raises(ConfigError) as error:
        load_settings({}, {"OPENAI_API_KEY": "sk-ü"})
    assert str(error.value) == "OPENAI_API_KEY can't be used: Expected printable ASCII characters."


def test_a_database_is_shown_nowhere_and_has_to_be_one_of_postgresql() -> None:
    address = "postgresql://ada:ovenbird@127.0.0.1:5432/chat"
    settings = load_settings({}, {"QUART_CHAT_DATABASE": address})
    assert settings.store == address
    assert "ovenbird" not in f"{settings!r} {settings} {settings.database}"
    for wrong in (
        "mysql://ada:ovenbird@host/chat",
        "ovenbird",
        "postgresql://ovenbird@host:99999/",
    ):
        with pytest.raises(ConfigError, match="QUART_CHAT_DATABASE can't be used: ") as error:
            load_settings({}, {"QUART_CHAT_DATABASE": wrong})
        assert "ovenbird" not in str(error.value)


def test_without_an_address_the_store_is_a_file_of_the_instance(tmp_path: Path) -> None:
    settings = Settings(instance=str(tmp_path))
    assert settings.store == f"sqlite:{tmp_path / 'chat.sqlite'}"


def test_hosts_are_the_allowed_names_and_the_own_address() -> None:
    settings = Settings(host="192.0.2.7", allowed_hosts=" Chat.Example , [::1],")
    assert settings.hosts == {"192.0.2.7", "chat.example", "[::1]"}


def test_an_ipv6_address_is_a_host_name_in_brackets() -> None:
    assert "[2001:db8::1]" in Settings(host="2001:db8::1").hosts


@pytest.mark.parametrize("name", ["static", "templates", "docs"])
def test_resources_are_beside_the_package_in_a_checkout(name: str) -> None:
    assert resource_path(name) == ROOT / name


def test_the_readme_lists_every_setting_with_its_default_and_meaning() -> None:
    expected = []
    hints = get_type_hints(Settings, include_extras=True)
    for name, default in asdict(Settings()).items():
        meaning = hints[name].__metadata__[0].description
        expected.append((variable(name), f"`{default}`" if default else "none", meaning))
    row = re.compile(r"^\| `([A-Z_]+)` \| (.+?) \| (.+) \|$", re.MULTILINE)
    rows = row.findall((ROOT / "README.md").read_text())
    assert rows == expected
