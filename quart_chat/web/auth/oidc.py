"""The provider of OpenID Connect of a running server."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from quart_chat.accounts.oidc.client import ProviderClient
from quart_chat.accounts.oidc.provider import Provider, Registration

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from quart_chat.config import Settings


@asynccontextmanager
async def open_provider(settings: Settings) -> AsyncGenerator[Provider]:
    """Hold connections to the provider; it is asked only when a user signs in."""
    registration = Registration(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        secret=settings.oidc_client_secret.reveal(),
        scopes=settings.oidc_scopes,
    )
    async with ProviderClient() as client:
        yield Provider(registration, client)
