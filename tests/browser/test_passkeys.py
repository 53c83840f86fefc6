"""Passkeys as people meet them, and all that a team does, in both languages."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Enter, address
from tests.browser.people import PASSWORD, Device, check, fill, set_up, setup_link
from tests.browser.tab import open_live
from tests.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

WORDS = {
    "en": {
        "locale": "en-GB",
        "accept": "Create account with a passkey",
        "add": "Add a passkey",
        "by passkey": "Sign in with a passkey",
        "cancelled": "The passkey was not used",
        "change": "Change",
        "create": "Create link",
        "create token": "Create token",
        "decline": "Don't offer this again",
        "device": "Name of the device or key",
        "link": "Send this link",
        "name": "Name",
        "disabled": "An administrator has disabled this account.",
        "disable": "Disable",
        "enable": "Enable",
        "ended": "This session was ended.",
        "remove": "Remove",
        "rename": "Rename",
        "sign out": "Sign out",
        "users": "Administration",
    },
    "de": {
        "locale": "de-DE",
        "accept": "Konto mit einem Passkey anlegen",
        "add": "Passkey hinzufügen",
        "by passkey": "Mit einem Passkey anmelden",
        "cancelled": "Der Passkey wurde nicht verwendet",
        "change": "Ändern",
        "create": "Link erstellen",
        "create token": "Token erstellen",
        "decline": "Nicht mehr vorschlagen",
        "device": "Name des Geräts oder Schlüssels",
        "link": "Schicken Sie diesen Link",
        "name": "Name",
        "disabled": "Die Verwaltung hat dieses Konto gesperrt.",
        "disable": "Sperren",
        "enable": "Entsperren",
        "ended": "Diese Sitzung wurde beendet.",
        "remove": "Entfernen",
        "rename": "Umbenennen",
        "sign out": "Abmelden",
        "users": "Verwaltung",
    },
}


NO_COMPLETION = "PublicKeyCredential.isConditionalMediationAvailable = async () => false"
"""A device that is touched all the time answers as soon as the browser completes a form."""


async def add_passkey(page: Page, say: dict[str, str], name: str) -> None:
    await page.get_by_label(say["device"]).fill(name)
    await page.get_by_role("button", name=say["add"]).click()
    await expect(page.locator("#passkeys .account-list")).to_contain_text(name)


async def sign_in_by_passkey(page: Page, say: dict[str, str]) -> None:
    await page.get_by_role("button", name=say["by passkey"]).click()
    await expect(page.locator(".places")).to_contain_text(say["sign out"])


@pytest.mark.parametrize("language", WORDS)
async def test_a_team_comes_in_with_passkeys(team: Server, people: Enter, language: str) -> None:
    say = WORDS[language]
    # The first start: the link of the server, and the offer of a passkey
    ada = await people(locale=say["locale"])
    await ada.add_init_script(NO_COMPLETION)
    await ada.goto(setup_link(team))
    await check(ada)
    await fill(ada, name="Ada", password=PASSWORD, again=PASSWORD)
    await expect(ada.get_by_role("button", name=say["decline"])).to_be_visible()
    await check(ada)
    await ada.get_by_role("link", name=say["add"]).click()
    device = await Device.attach(ada)
    await device.touch()
    await check(ada)
    await add_passkey(ada, say, "Laptop")
    (key,) = await device.keys()
    assert (key["rpId"], key["isResidentCredential"]) == ("localhost", True)
    await check(ada)
    await ada.goto("/")
    await expect(ada.get_by_role("button", name=say["decline"])).to_have_count(0)
    # Signing out, and in without a name
    await ada.locator(".places").get_by_role("button", name=say["sign out"]).click()
    await expect(ada.get_by_role("button", name=say["by passkey"])).to_be_visible()
    await check(ada)
    await sign_in_by_passkey(ada, say)
    # An invite, which another accepts, who wants no passkey
    await ada.get_by_role("link", name=say["users"]).click()
    await ada.get_by_role("button", name=say["create"]).click()
    invite = await ada.get_by_label(say["link"]).input_value()
    assert invite.startswith(f"{address(team)}/invite/")
    await check(ada)
    berta = await people(locale=say["locale"])
    await berta.goto(invite)
    await check(berta)
    await fill(berta, name="Berta", password=PASSWORD, again=PASSWORD)
    await berta.get_by_role("button", name=say["decline"]).click()
    await expect(berta.locator(".places")).to_contain_text("Berta")
    await expect(berta.get_by_role("button", name=say["decline"])).to_have_count(0)
    # A token, shown once
    await berta.get_by_role("link", name="Berta").click()
    await berta.fill("#token-name", "Backup")
    await berta.get_by_role("button", name=say["create token"]).click()
    secret = await berta.locator("#secret").input_value()
    assert secret.startswith("qc_")
    await check(berta)
    await open_live(berta, "/")
    # The administrator disables the user: the open page ends at once and says why
    await ada.goto("/admin/users")
    row = ada.locator(".account-list > li", has_text="Berta")
    await row.locator("summary").click()
    await check(ada)
    await row.get_by_role("button", name=say["disable"]).click()
    dialog = berta.get_by_role("alertdialog")
    await expect(dialog).to_contain_text(say["disabled"])
    await check(berta)
    headers = {"Authorization": f"Bearer {secret}"}
    refused = await berta.request.get("/api/chatbot/workflows", headers=headers)
    assert refused.status == 401


async def set_up_with_passkey(
    page: Page, team: Server, say: dict[str, str], passkey: str
) -> Device:
    """Become the first administrator, and add a passkey of a device, which is touched."""
    await set_up(page, team)
    device = await Device.attach(page)
    await device.touch()
    await page.goto("/settings/account")
    await add_passkey(page, say, passkey)
    return device


@pytest.mark.parametrize("language", WORDS)
async def test_removing_a_passkey_ends_the_pages_that_it_opened(
    team: Server, people: Enter, language: str
) -> None:
    say = WORDS[language]
    ada = await people(locale=say["locale"])
    device = await set_up_with_passkey(ada, team, say, "Telephone")
    lost = await people(locale=say["locale"])
    await lost.add_init_script(NO_COMPLETION)
    # The same keys, as in a device that was found by another person
    other = await Device.attach(lost)
    await other.touch()
    await other.copy(await device.keys())
    await lost.goto("/sign-in")
    await sign_in_by_passkey(lost, say)
    await open_live(lost, "/")
    row = ada.locator("#passkeys .account-list > li")
    await row.locator("summary").click()
    await row.get_by_label(say["name"]).fill("Lost telephone")
    await check(ada)
    await row.get_by_role("button", name=say["rename"]).click()
    await expect(row).to_contain_text("Lost telephone")
    await row.locator("summary").click()
    await row.get_by_role("button", name=say["remove"]).click()
    await expect(row).to_have_count(0)
    await expect(lost.get_by_role("alertdialog")).to_contain_text(say["ended"])
    await lost.goto("/sign-in")
    await lost.get_by_role("button", name=say["by passkey"]).click()
    await expect(lost.locator("#passkey [role=alert]")).not_to_be_empty()
    await check(lost)


async def test_a_passkey_is_chosen_where_the_browser_completes_the_name(
    team: Server, people: Enter
) -> None:
    say = WORDS["en"]
    ada = await people()
    device = await set_up_with_passkey(ada, team, say, "Laptop")
    await device.touch(False)
    await ada.locator(".places").get_by_role("button", name=say["sign out"]).click()
    name = ada.get_by_label(say["name"], exact=True)
    await expect(name).to_have_attribute("autocomplete", "username webauthn")
    # The page that is left has asked for a passkey, too.
    await ada.goto("about:blank")
    await device.touch()
    await ada.goto("/sign-in?next=/documents")
    await ada.wait_for_url("/documents")
    await ada.goto("/settings/account")
    await expect(ada.locator("#passkeys .account-list")).to_contain_text("last used")


async def test_what_goes_wrong_is_said_in_plain_words(team: Server, people: Enter) -> None:
    say = WORDS["en"]
    ada = await people()
    await ada.add_init_script(NO_COMPLETION)
    device = await set_up_with_passkey(ada, team, say, "Laptop")
    # The same device once more
    refusal = ada.locator("#add-passkey [role=alert]")
    await ada.get_by_role("button", name=say["add"]).click()
    await expect(refusal).to_contain_text("has a passkey for your account already")
    # The device has lost the key that the account knows, and then the account the device's
    await ada.locator(".places").get_by_role("button", name=say["sign out"]).click()
    await device.forget()
    await ada.get_by_role("button", name=say["by passkey"]).click()
    await expect(ada.locator("#passkey [role=alert]")).to_contain_text(say["cancelled"])
    await check(ada)


@pytest.mark.parametrize(
    ("path", "part"), [("/sign-in", "#passkey"), ("/settings/account", "#passkeys")]
)
async def test_without_a_host_name_the_page_says_what_to_open(
    team: Server, people: Enter, path: str, part: str
) -> None:
    ada = await people(base_url=team.url)
    await ada.goto(setup_link(team).replace("localhost", "127.0.0.1"))
    await fill(ada, name="Ada", password=PASSWORD, again=PASSWORD)
    await expect(ada.locator(".places")).to_contain_text("Ada")
    await expect(ada.get_by_role("link", name="Add a passkey")).to_have_count(0)
    if path == "/sign-in":
        await ada.locator(".places").get_by_role("button", name="Sign out").click()
    await ada.goto(path)
    await expect(ada.locator(part)).to_contain_text(f"Open {address(team)}/ instead")
    await expect(ada.get_by_role("button", name=re.compile("passkey"))).to_have_count(0)
    await check(ada)


async def test_without_passkeys_in_the_browser_the_page_says_so(
    team: Server, people: Enter
) -> None:
    ada = await people()
    await ada.add_init_script("delete window.PublicKeyCredential")
    await ada.goto("/sign-in")
    await expect(ada.locator("#passkey")).to_contain_text("This browser has no passkeys")
    await expect(ada.get_by_role("button", name="Sign in with a passkey")).to_have_count(0)


@pytest.mark.parametrize("language", WORDS)
async def test_an_invite_is_accepted_with_a_passkey_alone(
    team: Server, people: Enter, language: str
) -> None:
    say = WORDS[language]
    ada = await people(locale=say["locale"])
    await set_up(ada, team)
    await ada.get_by_role("link", name=say["users"]).click()
    await ada.get_by_role("button", name=say["create"]).click()
    invite = await ada.get_by_label(say["link"]).input_value()
    berta = await people(locale=say["locale"])
    await berta.add_init_script(NO_COMPLETION)
    device = await Device.attach(berta)
    await device.touch()
    await berta.goto(invite)
    button = berta.get_by_role("button", name=say["accept"])
    await expect(button).to_be_visible()
    await check(berta)
    # Without a name the browser asks for it, and the device is not; a name that is taken is told.
    await button.click()
    await expect(berta.get_by_label(say["name"])).to_be_focused()
    await berta.keyboard.type("ada")
    await button.press("Enter")
    await expect(berta.locator("#passkey [role=alert]")).not_to_be_empty()
    assert await device.keys() == []
    await check(berta)
    await berta.get_by_label(say["name"]).fill("Berta")
    await button.press("Enter")
    await expect(berta.locator(".places")).to_contain_text("Berta")
    (key,) = await device.keys()
    assert key["isResidentCredential"]
    await berta.locator(".places").get_by_role("button", name=say["sign out"]).click()
    await sign_in_by_passkey(berta, say)
    # In a browser without passkeys, the form is all there is.
    await ada.get_by_role("button", name=say["create"]).click()
    other = await ada.get_by_label(say["link"]).input_value()
    carl = await people(locale=say["locale"])
    await carl.add_init_script("delete window.PublicKeyCredential")
    await carl.goto(other)
    await expect(carl.locator("[name=password]")).to_be_visible()
    await expect(carl.get_by_role("button", name=say["accept"])).to_be_hidden()
