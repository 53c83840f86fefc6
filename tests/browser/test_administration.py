"""The pages for administrators, as people see them."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx2
import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.people import PASSWORD, check, fill, set_up
from tests.server import Server

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


async def ask(page: Page, prompt: str) -> None:
    await page.select_option("#assistant", "slow")
    await page.fill("#prompt", prompt)
    await page.press("#prompt", "Enter")


async def test_an_administrator_sees_what_happens_and_stops_an_answer(
    team: Server,
    people: Callable[..., object],
) -> None:
    ada: Page = await people()  # type: ignore[misc]  # a page
    await set_up(ada, team)
    await ada.get_by_role("link", name="Administration").click()
    await ada.get_by_role("button", name="Create link").click()
    invite = await ada.get_by_label("Send this link").input_value()
    berta: Page = await people(locale="de-DE")  # type: ignore[misc]  # a page
    await berta.goto(invite)
    await fill(berta, name="Berta", password=PASSWORD, again=PASSWORD)
    await expect(berta.locator(".places")).to_contain_text("Abmelden")
    # By the keyboard from page to page
    navigation = ada.get_by_role("navigation", name="Administration")
    await navigation.get_by_role("link", name="Users").focus()
    await ada.keyboard.press("Tab")
    await ada.keyboard.press("Enter")
    await expect(ada.get_by_role("heading", level=1)).to_have_text("Usage")
    await check(ada)
    await navigation.get_by_role("link", name="Activity").click()
    await expect(ada.get_by_role("heading", level=1)).to_have_text("Activity")
    await expect(ada.locator(".account-list")).to_contain_text("Berta accepted an invite")
    await check(ada)
    await ada.select_option("#kind", "links")
    await ada.get_by_role("button", name="Show").click()
    await expect(ada.locator(".account-list")).not_to_contain_text("signed in")
    # The figures come and change by themselves
    await ada.get_by_role("link", name="Live", exact=True).click()
    await expect(ada.locator(".administration-state")).to_contain_text("every second")
    await expect(ada.locator("server-monitor")).to_contain_text("The list of chats of Berta")
    await expect(ada.locator("server-monitor")).to_contain_text("This page")
    await expect(ada.get_by_text("No answer is being written.")).to_be_visible()
    await check(ada)
    await ask(berta, "wait")
    row = ada.locator(".administration-rounds > li")
    await expect(row).to_contain_text("Berta · Slow")
    await expect(row).to_contain_text(re.compile(r"running for \d+:\d\d"))
    await check(ada)
    # A row that stays is the same element, so that what has the focus keeps it.
    stop = row.get_by_role("button", name="Stop the answer for Berta")
    await stop.focus()
    shown = await row.locator("[data-field=hint]").text_content()
    await expect(row.locator("[data-field=hint]")).not_to_have_text(shown or "")
    await expect(stop).to_be_focused()
    await ada.keyboard.press("Enter")
    await expect(ada.get_by_text("The answer was stopped.")).to_be_visible()
    await expect(row).to_have_count(0)
    await expect(berta.locator("chat-round")).to_have_attribute("data-status", "stopped")
    # The user is told who has done that
    await berta.goto("/settings/account")
    await expect(berta.locator("#activity")).to_contain_text(
        "Ada hat eine Antwort angehalten, die für Berta geschrieben wurde"
    )
    await check(berta)


async def test_the_page_in_german_without_accounts_follows_one_round(
    open_tab: OpenTab, server: Server
) -> None:
    tab = await open_tab("/admin/live", locale="de-DE")
    page = tab.page
    await expect(page.locator(".administration-state")).to_contain_text("jede Sekunde")
    await check(page)
    async with httpx2.AsyncClient(base_url=server.url, timeout=30) as client:
        asked = {"prompt": "wait", "assistant": "slow"}
        async with client.stream("POST", "/api/chatbot/start/stream", json=asked) as stream:
            await anext(stream.aiter_bytes())
        row = page.locator(".administration-rounds > li")
        await expect(row).to_contain_text("Ein Benutzer · Slow")
        await row.get_by_role("button").focus()
        chats = (await client.get("/api/chatbot/workflows")).json()["workflows"]
        await client.post(f"/api/chatbot/{chats[0]['id']}/stop")
    await expect(row).to_have_count(0)
    # The button that had the focus is gone; the heading of the list has it.
    await expect(page.get_by_role("heading", name="Antworten")).to_be_focused()


async def test_a_hidden_page_reads_no_figures(open_tab: OpenTab) -> None:
    tab = await open_tab("/admin/live")
    await expect(tab.page.locator("server-monitor")).to_have_attribute("data-state", "open")
    hide = """(hidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    await tab.page.evaluate(hide, True)
    await expect(tab.page.locator("server-monitor")).to_have_attribute("data-state", "paused")
    await tab.page.evaluate(hide, False)
    await expect(tab.page.locator("server-monitor")).to_have_attribute("data-state", "open")
