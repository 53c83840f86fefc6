"""Pages in Chromium that follow a chat at a front, beside the clients of these tests."""

from __future__ import annotations

from playwright.async_api import Browser, Page, Request, Response

from tests.cluster.front import NODE, Front

_REMEMBER = """
() => {
  window.shown = "";
  const look = () => {
    const answer = document.querySelector('chat-round[data-round="1"] .answer .prose');
    const text = answer ? answer.textContent : "";
    if (text.length > window.shown.length) window.shown = text;
  };
  look();
  new MutationObserver(look).observe(document.body, {
    subtree: true, childList: true, characterData: true,
  });
}
"""
_ENDED = "document.querySelector('.log > chat-round[data-round=\"1\"]')?.dataset.status"
STREAM = "/api/stream"


class WatchedPage:
    """A page that shows a chat of one round.

    Attributes:
        node: The address of the node that streams to it; empty while none does.
    """

    def __init__(self, page: Page) -> None:
        self.node = ""
        self._page = page
        page.on("response", self._begin)
        page.on("requestfailed", self._end)
        page.on("requestfinished", self._end)

    @classmethod
    async def open(cls, browser: Browser, front: Front, chat: str) -> WatchedPage:
        page = await browser.new_page()
        watched = cls(page)
        await page.goto(f"{front.url}/chat/{chat}")
        await page.evaluate(_REMEMBER)
        return watched

    async def close(self) -> None:
        await self._page.close()

    async def shown(self) -> str:
        """The longest text of the answer that it has shown."""
        return str(await self._page.evaluate("window.shown"))

    async def text(self) -> str:
        """The text of the answer that it shows now."""
        return await self._page.locator('chat-round[data-round="1"] .answer .prose').inner_text()

    async def end(self) -> str | None:
        """How the round has ended, where the page knows."""
        ended: str | None = await self._page.evaluate(_ENDED)
        return ended

    def _begin(self, response: Response) -> None:
        if STREAM in response.url and response.status == 200:
            self.node = response.headers[NODE.lower()].rpartition(", ")[2]

    def _end(self, request: Request) -> None:
        if STREAM in request.url:
            self.node = ""
