"""The chat below a path, behind each proxy, as people use it.

No request may leave the path: what is beside it on the host belongs to others.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.tab import Tab, watch
from tests.browser.test_install import STORED, be_ready
from tests.server import Server
from tests.services import below

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

PASSWORD = "a walnut under the bridge"
KEYS = "[...Object.keys(localStorage), ...Object.keys(sessionStorage)]"

Enter = Callable[..., Awaitable[Tab]]


@pytest_asyncio.fixture(loop_scope="session")
async def enter(browser: Browser) -> AsyncIterator[Enter]:
    """Opens a browser of one person at an address below the paths of the servers."""
    contexts: list[BrowserContext] = []
    strays: list[str] = []

    async def open_(url: str, *paths: str) -> Tab:
        context = await browser.new_context(reduced_motion="reduce")
        contexts.append(context)
        below_them = tuple(f"{path}/" for path in paths or (below.PATH,))

        def check(address: str) -> None:
            path = urlsplit(address).path
            if not path.startswith(below_them) and path not in (paths or (below.PATH,)):
                strays.append(address)

        context.on("request", lambda request: check(request.url))
        tab = Tab(await context.new_page())
        parts = urlsplit(url)
        watch(tab, f"{parts.scheme}://{parts.netloc}")
        await tab.page.goto(url)
        return tab

    yield open_
    for context in contexts:
        await context.close()
    assert strays == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "proxy"
    folder.mkdir()
    folder.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    "run",
    [below.nginx, below.caddy, below.apache, below.stripping_apache],
    ids=lambda run: run.__name__,
)
async def test_all_that_people_do_stays_below_the_path(
    start_server: Callable[..., Server], folder: Path, enter: Enter, run: below.Run
) -> None:
    server = start_server(
        env={"QUART_CHAT_ROOT_PATH": below.PATH, "QUART_CHAT_EVENTS_KEEPALIVE": "1"}
    )
    with ExitStack() as stack:
        url = stack.enter_context(run(server, folder)) + below.PATH
        tab = await enter(f"{url}/")
        page = tab.page
        # Ask, and follow a link into the handbook
        await tab.ask("How do I resume a stream?", "librarian")
        await tab.until_ended("complete")
        chat = page.url
        assert re.fullmatch(rf"{url}/chat/[0-9a-f]{{32}}", chat)
        await lead_to_the_handbook(page, url)
        await page.reload()
        await lead_to_the_handbook(page, url)
        await page.locator(".answer .prose a").first.click()
        await expect(page).to_have_url(re.compile(rf"{url}/handbook/"))
        await expect(page.locator(".prose h1")).to_be_visible()
        await page.go_back()
        # Read on as it is written, and stop it
        await tab.ask("wait")
        await expect(page.locator(".stop")).to_be_visible()
        await page.keyboard.press("Escape")
        await tab.until_ended("stopped", 2)
        # Share it with another person
        await tab.choose("Share…")
        await page.get_by_role("button", name="Create link").click()
        link = await page.get_by_label("Link", exact=True).input_value()
        assert link.startswith(f"{url}/shared/")
        reader = await enter(link)
        await lead_to_the_handbook(reader.page, url)
        # Upload a document, and ask about it
        await page.goto(f"{url}/documents")
        file = {"name": "plan.md", "mimeType": "text/markdown", "buffer": b"# Plan\n\nA roof.\n"}
        await page.set_input_files("#files", file)  # type: ignore[arg-type]  # a payload
        row = page.get_by_role("link", name="plan.md")
        await expect(row).to_have_attribute("href", re.compile(r"^/chat/documents/[0-9a-f]{32}$"))
        await row.click()
        await page.get_by_role("link", name="Ask about this").click()
        await expect(page).to_have_url(re.compile(rf"{url}/\?document="))
        # Find a chat by its name, and go there
        await tab.until_ready()
        await page.keyboard.press("Control+k")
        await page.get_by_role("combobox", name="Find chats").fill("resume")
        await page.get_by_role("option", name="How do I resume").click()
        # By its title, or by what was found in it.
        await expect(page).to_have_url(re.compile(rf"{chat}(\?q=resume.*)?$"))
        # Settings, and the language
        await page.goto(f"{url}/settings")
        await page.get_by_text("Dark", exact=True).click()
        await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        await expect(page.get_by_text("Saved.")).to_be_visible()
        async with page.expect_navigation():
            await page.locator(".languages, .settings-row").get_by_role("button").first.click()
        await expect(page).to_have_url(re.compile(rf"{url}/settings"))
        # What the browser keeps is of this installation
        await page.goto(f"{url}/")
        await page.fill("#prompt", "A draft")
        await page.wait_for_function("() => localStorage.length > 0")
        assert {key.partition("~")[2] for key in await page.evaluate(KEYS)} == {"chat"}
        names = [cookie.get("name", "") for cookie in await page.context.cookies()]
        assert "theme~chat" in names
        assert all(name.endswith("~chat") for name in names)
        # The installed application, also while the proxy is away
        await be_ready(page)
        ready = "navigator.serviceWorker.ready.then(({ scope }) => scope)"
        assert await page.evaluate(ready) == f"{url}/"
        stored = await page.evaluate(STORED)
        assert "/chat/offline" in stored
        assert all(path.startswith("/chat/") for path in stored)
        await page.reload()
        assert [each for each in tab.complaints if "favicon" not in each] == []
        # A proxy that is told to end waits for streams; the offline page has none
        await reader.page.close()
        await page.goto(f"{url}/offline")
        stack.close()
        await page.goto(f"{url}/documents")
        await expect(page.locator("h1")).to_have_text("The server can't be reached.")
        await expect(page.locator("html")).to_have_attribute("data-root", "/chat")


async def lead_to_the_handbook(page: Page, url: str) -> None:
    """All links of the answer and of its sources lead to pages below the path."""
    links = page.locator(".answer .prose a, .answer .source-link")
    await expect(links.first).to_be_attached()
    found = await links.evaluate_all("(links) => links.map(({ href }) => href)")
    assert found
    assert [link for link in found if not link.startswith(f"{url}/handbook/")] == []


async def test_two_installations_on_one_host_do_not_meet_in_the_browser(
    start_server: Callable[..., Server], folder: Path, enter: Enter
) -> None:
    servers = {
        path: start_server(env={"QUART_CHAT_ROOT_PATH": path, "QUART_CHAT_AUTH": "accounts"})
        for path in ("/chat", "/chat-2")
    }
    with below.nginx_for_several(servers, folder) as url:
        tab = await enter(url + setup_path(servers["/chat"]), *servers)
        await set_up(tab.page, "Ada")
        await draft(tab.page, "A draft of Ada")
        await tab.page.goto(url + setup_path(servers["/chat-2"]))
        await set_up(tab.page, "Berta")
        await expect(tab.page.locator("#prompt")).to_have_value("")
        await be_ready(tab.page)
        # Both are signed in, each as another user
        await tab.page.goto(f"{url}/chat/")
        await expect(tab.page.locator(".places")).to_contain_text("Ada")
        await expect(tab.page.locator("#prompt")).to_have_value("A draft of Ada")
        # A page that is asked for without a session is shown after signing in
        reader = await enter(f"{url}/chat/documents?q=roof", *servers)
        await expect(reader.page).to_have_url(
            f"{url}/chat/sign-in?next=%2Fchat%2Fdocuments%3Fq%3Droof"
        )
        await reader.page.fill("[name=name]", "Ada")
        await reader.page.fill("[name=password]", PASSWORD)
        await reader.page.press("[name=password]", "Enter")
        await expect(reader.page).to_have_url(f"{url}/chat/documents?q=roof")
        # Signing out of one leaves the other, and what it has stored
        await tab.page.goto(f"{url}/chat-2/")
        await draft(tab.page, "A draft of Berta")
        await tab.page.get_by_role("button", name="Sign out").click()
        await expect(tab.page).to_have_url(re.compile(rf"{url}/chat-2/sign-in"))
        await tab.page.wait_for_function(f"() => !{KEYS}.some((key) => key.endsWith('~chat-2'))")
        await tab.page.goto(f"{url}/chat/")
        await expect(tab.page.locator(".places")).to_contain_text("Ada")
        await expect(tab.page.locator("#prompt")).to_have_value("A draft of Ada")
        assert not [key for key in await tab.page.evaluate(KEYS) if key.endswith("~chat-2")]


def setup_path(server: Server) -> str:
    """The path of the link that the server has printed for its first administrator."""
    found = re.search(r"http\S+/set-up/\S+", "".join(server.output))
    assert found is not None, server.output
    return urlsplit(found[0]).path


async def draft(page: Page, text: str) -> None:
    """Write a question, and wait until the browser has stored it."""
    await page.wait_for_function("() => customElements.get('chat-app')")
    await page.fill("#prompt", text)
    stored = "(text) => Object.values(localStorage).some((value) => value.includes(text))"
    await page.wait_for_function(stored, arg=text)


async def set_up(page: Page, name: str) -> None:
    await page.fill("[name=name]", name)
    await page.fill("[name=password]", PASSWORD)
    await page.fill("[name=again]", PASSWORD)
    await page.press("[name=again]", "Enter")
    await expect(page.locator(".places")).to_contain_text(name)
