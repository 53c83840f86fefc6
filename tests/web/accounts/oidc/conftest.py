"""A provider of OpenID Connect, and an app that signs users in there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from quart import Quart

from tests.accounts.oidc.provider import CLIENT_ID, CLIENT_SECRET, TestProvider, serve_provider
from tests.web.accounts.people import team_app


@pytest.fixture
async def provider() -> AsyncIterator[TestProvider]:
    async with serve_provider() as provider:
        yield provider


@pytest.fixture
def settings() -> dict[str, str]:
    """What a test sets beside the provider."""
    return {}


@pytest.fixture
def app(tmp_path: Path, provider: TestProvider, settings: dict[str, str]) -> Quart:
    known = {
        "QUART_CHAT_AUTH": "accounts,oidc",
        "QUART_CHAT_OIDC_ISSUER": provider.url,
        "QUART_CHAT_OIDC_CLIENT_ID": CLIENT_ID,
        "QUART_CHAT_OIDC_CLIENT_SECRET": CLIENT_SECRET,
        "QUART_CHAT_OIDC_USERS": "all",
        "QUART_CHAT_OIDC_LABEL": "the <School>",
        "QUART_CHAT_ALLOWED_HOSTS": "localhost,chat.example.org",
    }
    return team_app(tmp_path / "instance", **{**known, **settings})
