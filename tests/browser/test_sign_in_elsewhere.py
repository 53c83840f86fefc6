"""Signing in at a provider of OpenID Connect, as people see it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import address
from tests.browser.people import check, set_up
from tests.browser.test_page import violations
from tests.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Server]:
    command = (sys.executable, "-m", "oidc_provider_mock", "--require-nonce", "true")
    with Server(instance=tmp_path / "provider", command=command) as server:
        yield server


@pytest.fixture
def team(provider: Server, start_server: Callable[..., Server]) -> Server:
    return start_server(
        env={
            "QUART_CHAT_AUTH": "accounts,oidc",
            "QUART_CHAT_OIDC_ISSUER": provider.url,
            "QUART_CHAT_OIDC_CLIENT_ID": "chat",
            "QUART_CHAT_OIDC_CLIENT_SECRET": "geheim-und-lang",
            "QUART_CHAT_OIDC_USERS": "all",
            "QUART_CHAT_OIDC_LABEL": "Example Org",
        }
    )


async def test_a_user_signs_in_elsewhere_and_comes_back(browser: Browser, team: Server) -> None:
    async with await browser.new_context(base_url=team.url, locale="de-DE") as context:
        page = await context.new_page()
        await page.goto("/documents")
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            assert await violations(page, scheme) == []
        await page.get_by_role("link", name="Mit Example Org anmelden").click()
        await page.fill("input[name=sub]", "ada")
        await page.press("input[name=sub]", "Enter")
        await expect(page).to_have_url(f"{team.url}/documents")
        await expect(page.locator(".places")).to_contain_text("ada")
        # Back in the history is the provider's page, whose answer counts no second time.
        await page.get_by_role("button", name="Abmelden").click()
        await expect(page).to_have_url(re.compile("/sign-in"))
        await page.goto("/sign-in/oidc/callback?code=a&state=b")
        await expect(page.locator("#refused")).to_contain_text("in einem anderen Fenster")
        assert "geheim" not in "".join(team.output)


WORDS = {
    "en-GB": ("Connect with Example Org", "Disconnect", "known there as"),
    "de-DE": ("Mit Example Org verbinden", "Verbindung trennen", "dort bekannt als"),
}


@pytest.mark.parametrize("locale", WORDS)
@pytest.mark.parametrize("has_scripts", [True, False])
async def test_an_account_is_connected_and_disconnected(
    browser: Browser, team: Server, locale: str, has_scripts: bool
) -> None:
    connect, disconnect, known = WORDS[locale]
    async with await browser.new_context(
        base_url=address(team), locale=locale, java_script_enabled=has_scripts
    ) as context:
        page = await context.new_page()
        await set_up(page, team)
        await page.goto("/settings/account")
        if has_scripts:
            await check(page)
        await page.get_by_role("link", name=connect).focus()
        await page.keyboard.press("Enter")
        await page.fill("input[name=sub]", "ada-there")
        await page.press("input[name=sub]", "Enter")
        await expect(page).to_have_url(f"{address(team)}/settings/account?saved=provider#provider")
        await expect(page.locator("#provider")).to_contain_text(f"{known} ada-there")
        if has_scripts:
            await check(page)
        await page.get_by_role("button", name=disconnect).focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("link", name=connect)).to_be_visible()
        await expect(page.locator("#activity")).to_contain_text("ada-there")
