"""The link for the first administrator."""

from __future__ import annotations

import pytest

from quart_chat.web.auth.opening import named_address

HOSTS = {"localhost", "127.0.0.1", "[::1]"}


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("http://127.0.0.1:8000", "http://localhost:8000"),
        ("http://[::1]:8000", "http://localhost:8000"),
        ("https://127.0.0.1", "https://localhost"),
        ("http://10.0.0.6:8000", "http://10.0.0.6:8000"),
        ("https://chat.example.org", "https://chat.example.org"),
        ("", ""),
    ],
)
def test_it_has_the_name_of_this_machine_as_passkeys_need_one(address: str, named: str) -> None:
    assert named_address(address, HOSTS) == named


def test_it_keeps_an_address_whose_name_the_server_refuses() -> None:
    assert named_address("http://127.0.0.1:8000", {"127.0.0.1"}) == "http://127.0.0.1:8000"
