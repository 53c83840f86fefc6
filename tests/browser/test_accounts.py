"""First start, invite, sign-in, token, and the end of a session, as people see them."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Enter, address
from tests.browser.people import PASSWORD, check, fill, set_up, setup_link
from tests.browser.tab import open_live
from tests.server import Server

STORED = ["quart-chat:written:berta", "another-program", "quart-chat:written:ada~chat"]
"""Drafts of this installation, and what others on the same host have stored."""

GERMAN = "ein Nussbaum unter der Brücke"

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


async def test_a_team_is_let_in(team: Server, people: Enter) -> None:
    # The first administrator
    ada = await people()
    await ada.goto(setup_link(team))
    await expect(ada.get_by_role("heading", level=1)).to_have_text("Set up quart-chat")
    await check(ada)
    await fill(ada, name="Ada", password="short", again="short")
    await expect(ada.get_by_role("alert")).to_contain_text("at least 12 characters")
    await fill(ada, password=PASSWORD, again=PASSWORD)
    await expect(ada.locator(".places")).to_contain_text("Ada")
    await ada.fill("#prompt", "Hello")
    # An invite, which a German accepts
    await ada.get_by_role("link", name="Administration").click()
    await ada.get_by_role("button", name="Create link").click()
    invite = await ada.get_by_label("Send this link").input_value()
    assert invite.startswith(f"{address(team)}/invite/")
    await check(ada)
    berta = await people(locale="de-DE")
    await berta.goto("/documents")
    await expect(berta).to_have_url(re.compile(r"/sign-in\?next=%2Fdocuments"))
    await expect(berta.get_by_role("heading", level=1)).to_have_text("Anmelden")
    await check(berta)
    await berta.goto(invite)
    await expect(berta.get_by_role("heading", level=1)).to_have_text("Konto anlegen")
    await check(berta)
    await fill(berta, name="Berta", password=GERMAN, again=GERMAN)
    await expect(berta.locator(".places")).to_contain_text("Abmelden")
    # Signing out and in, and back to where one wanted to go
    await berta.evaluate(
        f"{STORED}.forEach((key) => (localStorage[key] = sessionStorage[key] = 1))"
    )
    await berta.get_by_role("button", name="Abmelden").click()
    await expect(berta.get_by_role("status")).to_have_text("Sie haben sich abgemeldet.")
    # Her drafts are gone, and none of other installations below paths of the host.
    for storage in ("localStorage", "sessionStorage"):
        left = f"() => Object.keys({storage}).sort().join() === {sorted(STORED[1:])}.join()"
        await berta.wait_for_function(left)
    await berta.goto("/documents")
    await fill(berta, name="berta", password="ganz falsch geraten")
    await expect(berta.locator("#refused")).to_be_visible()
    await check(berta)
    await fill(berta, password=GERMAN)
    await expect(berta).to_have_url(f"{address(team)}/documents")
    # A token, shown once
    await berta.get_by_role("link", name="Berta").click()
    await berta.fill("#token-name", "Sicherung")
    await berta.get_by_role("button", name="Token erstellen").click()
    secret = await berta.get_by_label("Das Token „Sicherung“").input_value()
    assert secret.startswith("qc_")
    await check(berta)
    # The administrator disables the user, whose open page ends within a second and says why
    await open_live(berta, "/")
    await ada.goto("/admin/users")
    row = ada.locator(".account-list > li", has_text="Berta")
    await row.locator("summary").click()
    await check(ada)
    await row.get_by_role("button", name="Disable").click()
    dialog = berta.get_by_role("alertdialog")
    await expect(dialog).to_contain_text("Die Verwaltung hat dieses Konto gesperrt.")
    await check(berta)
    await dialog.get_by_role("link", name="Anmelden").click()
    await fill(berta, name="Berta", password=GERMAN)
    await expect(berta.locator("#refused")).to_be_visible()
    # The administrator deletes the user, and is asked first
    row = ada.locator(".account-list > li", has_text="Berta")
    await row.locator("summary").click()
    await row.get_by_role("link", name="Delete…").click()
    await expect(ada.get_by_role("alertdialog")).to_contain_text("Delete Berta?")
    await check(ada)
    await ada.get_by_role("button", name="Delete user").click()
    await expect(ada.locator(".account-list")).not_to_contain_text("Berta")


async def test_a_page_that_was_hidden_when_its_session_ended_says_so(
    team: Server, people: Enter
) -> None:
    """The stream is refused with 401 once the page is shown again."""
    ada = await people()
    await set_up(ada, team)
    other = await people()
    await other.goto("/sign-in")
    await fill(other, name="Ada", password=PASSWORD)
    await expect(other.locator(".places")).to_contain_text("Ada")
    hide = """(hidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    await other.evaluate(hide, True)
    await ada.goto("/settings/account")
    await ada.get_by_role("button", name="Sign out everywhere").click()
    await expect(ada).to_have_url(re.compile("/sign-in"))
    await other.evaluate(hide, False)
    dialog = other.get_by_role("alertdialog")
    await expect(dialog).to_contain_text("You are signed out")
    await expect(dialog.get_by_role("link", name="Sign in")).to_have_attribute(
        "href", re.compile(r"^/sign-in")
    )
