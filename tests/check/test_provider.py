"""``quart-chat check``: whether the provider of OpenID Connect answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from threading import Event, Thread
from typing import Any

import pytest

from tests.accounts.oidc.provider import TestProvider, serve_provider
from tests.check.test_check import SECRET, Check, check, fault

__all__ = ["check"]


@pytest.fixture
def provider() -> Iterator[TestProvider]:
    """A provider on a loop of its own, as the command runs one."""
    loop, done = asyncio.new_event_loop(), asyncio.Event()
    found: list[TestProvider] = []
    ready = Event()

    async def serve() -> None:
        async with serve_provider() as served:
            found.append(served)
            ready.set()
            await done.wait()

    thread = Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait()
    yield found[0]
    loop.call_soon_threadsafe(done.set)
    thread.join()
    loop.close()


def settings(url: str) -> dict[str, Any]:
    return {
        "auth": "oidc",
        "oidc_issuer": url,
        "oidc_client_id": "chat",
        "oidc_client_secret": SECRET,
        "oidc_users": "all",
    }


def test_a_provider_that_answers(check: Check, provider: TestProvider) -> None:
    code, lines = check(**settings(provider.url))
    assert code == 0
    assert f"{provider.url} answers, with 1 key." in lines["provider"]


def test_a_server_without_a_provider_says_nothing_of_one(check: Check) -> None:
    assert "provider" not in check()[1]


def test_a_provider_that_is_another_one(check: Check, provider: TestProvider) -> None:
    provider.metadata = {"issuer": "https://evil.example"}
    line = fault(check(**settings(provider.url)), "provider")
    assert "says that it is another provider" in line
    assert "Correct QUART_CHAT_OIDC_ISSUER" in line


def test_a_provider_without_keys(check: Check, provider: TestProvider) -> None:
    provider.keys = []
    assert "has no key that signs" in fault(check(**settings(provider.url)), "provider")


def test_a_provider_that_is_away(check: Check, provider: TestProvider) -> None:
    provider.metadata = {"jwks_uri": "http://127.0.0.1:9/keys"}
    line = fault(check(**settings(provider.url)), "provider")
    assert "127.0.0.1 can't be reached" in line


def test_a_setting_that_is_missing(check: Check) -> None:
    line = fault(check(auth="oidc"), "settings")
    assert "QUART_CHAT_OIDC_ISSUER is not set" in line
