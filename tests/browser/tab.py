"""A tab as a person has it before them."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field

from playwright.async_api import Locator, Page, expect

# Of several such lists a browser heeds the last: first are those that Playwright switches off, then
# two pages that each window would load for its address bar.
DISABLED = (
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"),
    *("HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding"),
    *("ThirdPartyStoragePartitioning", "OptimizationHints", "NetworkTimeServiceQuerying"),
    *("AimEnabled", "PreconnectToSearch", "WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    f"--disable-features={','.join(DISABLED)}",
]


def find_chromium(*, whole: bool = False) -> str | None:
    """The path of Chromium: of its build without windows, or else, or if so wanted, of the whole.

    The build without windows has no notifications, keeps no pages for the way back, and reads no
    preferences.
    """
    shell = None if whole else shutil.which("chromium-headless-shell")
    return shell or shutil.which("chromium")


# The one connection of a page.
STREAM = "**/api/stream?*"

# Milliseconds; what a test waits for takes a fraction of it.
PATIENCE = 30_000


@dataclass
class Tab:
    """A page of the chat.

    Attributes:
        quiet: Whether its complaints fail the test.
        complaints: What it said in its console, its errors, and requests to other hosts.
    """

    page: Page
    quiet: bool = True
    complaints: list[str] = field(default_factory=list)

    async def until_ready(self) -> None:
        """Wait for the scripts of a chat's page: one that was led to may still be loading them."""
        await self.page.wait_for_function("() => !!customElements.get('chat-app')")

    async def ask(self, prompt: str, assistant: str = "slow") -> None:
        """Write a question and send it."""
        await self.until_ready()
        await self.page.select_option("#assistant", assistant)
        await self.page.fill("#prompt", prompt)
        await self.page.press("#prompt", "Enter")

    async def choose(self, name: str) -> None:
        """Choose an item of the menu of the chat that is shown."""
        await self.until_ready()
        await self.page.locator("chat-heading .menu-button").click()
        await self.page.get_by_role("menuitem", name=name, exact=True).click()

    async def rename(self, title: str) -> None:
        """Click the title, and write another one."""
        await self.until_ready()
        await self.page.locator(".title-text").click()
        await self.page.fill(".heading .title-field", title)
        await self.page.keyboard.press("Enter")

    def round(self, number: int) -> Locator:
        return self.page.locator(f'chat-round[data-round="{number}"]')

    def answer(self, number: int = 1) -> Locator:
        """The text of an answer."""
        return self.round(number).locator(".answer .prose")

    def row(self, title: str) -> Locator:
        """A chat in the list."""
        return self.page.locator(".chat-row", has_text=title)

    async def until_ended(self, status: str, number: int = 1) -> None:
        """Wait for the end of a round: it has gone to the log."""
        locator = self.page.locator(f'.log > chat-round[data-round="{number}"]')
        await expect(locator).to_have_attribute("data-status", status)

    async def content(self) -> list[str]:
        """All that is shown of the chat, round by round."""
        rounds = self.page.locator("chat-round")
        return [" ".join(text.split()) for text in await rounds.all_text_contents()]


async def open_live(page: Page, path: str) -> None:
    """Open a page, and wait until its stream is open: now it is told what happens."""
    async with page.expect_response(re.compile(r"/api/(stream|shared/)")):
        await page.goto(path)


SLOW_TIMERS = """(least) => {
  const real = setTimeout;
  window.setTimeout = (call, ms = 0, ...rest) => real(call, ms < least ? ms : 100 * ms, ...rest);
}"""


async def slow_timers(page: Page, least: int = 1000) -> None:
    """Let a page wait a hundred times as long where it waits for so many milliseconds or more.

    What it takes away again then stays for a test that looks late, and a pause that is too long for
    it does not come from a machine that is busy. The next page has timers of its own.
    """
    await page.evaluate(SLOW_TIMERS, least)


async def note_notices(page: Page) -> None:
    """Have the page write down what its notice says, for some of it stays for a moment only."""
    await page.evaluate(
        """() => {
          window.noticed = [];
          const notice = document.querySelector(".notice");
          new MutationObserver(() => window.noticed.push(notice.textContent))
            .observe(notice, { childList: true, subtree: true });
        }"""
    )


async def expect_noticed(page: Page, text: str) -> None:
    """The notice says a text, or has said it since it is written down."""
    await page.wait_for_function("(text) => window.noticed.includes(text)", arg=text)


async def set_hidden(page: Page, hidden: bool) -> None:
    """Pretend that the tab is behind another one, or no longer."""
    await page.evaluate(
        """(hidden) => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


async def set_offline(page: Page, offline: bool) -> None:
    """Take the network from a page, or give it back.

    Chromium leaves connections that are open as they are, and a stream that the page opens anew as
    soon as it is told may still come through: so streams are refused before.
    """
    if offline:
        await page.route(STREAM, lambda route: route.abort())
    else:
        await page.unroute(STREAM)
    await page.context.set_offline(offline)


def watch(tab: Tab, url: str) -> None:
    """Write down what the tab complains about."""
    page = tab.page
    page.set_default_timeout(PATIENCE)
    page.on("console", lambda message: tab.complaints.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: tab.complaints.append(f"error: {error}"))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(url + "/")
            else tab.complaints.append(f"request: {request.url}")
        ),
    )


expect.set_options(timeout=PATIENCE)


async def bring(page: Page, target: str, way: str, name: str, text: str) -> None:
    """Drop or paste a Markdown file on an element."""
    await page.evaluate(
        """([target, way, name, text]) => {
          const data = new DataTransfer();
          data.items.add(new File([text], name, { type: "text/markdown" }));
          const init = { bubbles: true, cancelable: true };
          const event = way === "drop"
            ? new DragEvent("drop", { ...init, dataTransfer: data })
            : new ClipboardEvent("paste", { ...init, clipboardData: data });
          document.querySelector(target).dispatchEvent(event);
        }""",
        [target, way, name, text],
    )
