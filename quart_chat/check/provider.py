"""Looks at the provider of OpenID Connect: whether it answers, and has keys."""

from __future__ import annotations

import asyncio

from quart_chat.accounts.oidc.client import ProviderClient
from quart_chat.accounts.oidc.provider import Provider, Registration
from quart_chat.check.findings import Finding
from quart_chat.config import Settings
from quart_chat.errors import ProviderUnavailable

CURE = "Correct QUART_CHAT_OIDC_ISSUER, or start the provider."


def check_provider(settings: Settings) -> Finding:
    """Ask the provider where it is and what its keys are."""
    issuer = settings.oidc_issuer
    try:
        keys = asyncio.run(_count_keys(issuer))
    except ProviderUnavailable as error:
        cause = error.__cause__
        reason = f" ({cause})" if cause is not None and str(cause) else ""
        return Finding("provider", f"{issuer}: {error.message}{reason}", CURE)
    if not keys:
        return Finding("provider", f"{issuer} has no key that signs.", "Have it sign ID tokens.")
    text = f"{issuer} answers, with {keys} {'key' if keys == 1 else 'keys'}."
    return Finding("provider", text)


async def _count_keys(issuer: str) -> int:
    async with ProviderClient() as client:
        provider = Provider(Registration(issuer, "", "", ""), client)
        await provider.discover()
        return provider.keys
