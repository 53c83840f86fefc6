"""What people do on the pages of a server with accounts."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import CDPSession, Page, expect

from tests.browser.test_page import violations
from tests.server import Server

PASSWORD = "a walnut under the bridge"


async def fill(page: Page, **fields: str) -> None:
    """Fill in the fields of a form, and send it."""
    for name, value in fields.items():
        await page.fill(f"[name={name}]", value)
    await page.press("[name=" + list(fields)[-1] + "]", "Enter")


def setup_link(team: Server) -> str:
    """The link that the server has printed for the first administrator."""
    found = re.search(r"http\S+/set-up/\S+", "".join(team.output))
    assert found is not None, team.output
    return found[0]


async def set_up(page: Page, team: Server) -> None:
    """Become the first administrator of a server, as Ada."""
    await page.goto(setup_link(team))
    await fill(page, name="Ada", password=PASSWORD, again=PASSWORD)
    await expect(page.locator(".places")).to_contain_text("Ada")
    await page.wait_for_load_state()  # with the scripts, for what is asked next


async def check(page: Page) -> None:
    """Axe finds nothing, and nothing sticks out on a phone."""
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert await violations(page, scheme) == []
    size = page.viewport_size
    await page.set_viewport_size({"width": 360, "height": 740})
    widths = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    content, window = await page.evaluate(widths)
    assert content <= window
    assert size is not None
    await page.set_viewport_size(size)


class Device:
    """A device of one person that keeps passkeys, in the place of a real one."""

    def __init__(self, session: CDPSession, id_: str) -> None:
        self._session = session
        self._id = id_

    @classmethod
    async def attach(cls, page: Page, *, verifies: bool = True) -> Device:
        """Give a page a device; one that does not verify its user has no PIN."""
        session = await page.context.new_cdp_session(page)
        await session.send("WebAuthn.enable", {"enableUI": False})
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": verifies,
            "isUserVerified": verifies,
            "automaticPresenceSimulation": False,
        }
        added = await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return cls(session, added["authenticatorId"])

    async def touch(self, touched: bool = True) -> None:
        """Have the user confirm what the device asks, from now on, or no longer."""
        await self._send("setAutomaticPresenceSimulation", enabled=touched)

    async def keys(self) -> list[dict[str, Any]]:
        """The passkeys in it."""
        found: list[dict[str, Any]] = (await self._send("getCredentials"))["credentials"]
        return found

    async def copy(self, keys: list[dict[str, Any]]) -> None:
        """Put the passkeys of another device into this one."""
        for key in keys:
            await self._send("addCredential", credential=key)

    async def forget(self) -> None:
        """Erase the passkeys in it."""
        await self._send("clearCredentials")

    async def _send(self, command: str, **options: Any) -> Any:
        return await self._session.send(
            f"WebAuthn.{command}", {"authenticatorId": self._id, **options}
        )
