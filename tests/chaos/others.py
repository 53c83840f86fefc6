"""Event-stream clients that others wrote, each run as its users run it.

They are programs in ``clients``, and pages in a browser. Each is given an address and writes the
events it is given, one a line: the id, a tab, the data.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from playwright.async_api import Browser, Error, Route

CLIENTS = Path(__file__).parent / "clients"

Write = Callable[[str], None]
"""Takes a line."""

_LONGEST_LINE = 16 * 1024 * 1024


@dataclass(frozen=True)
class Other:
    """A client by others.

    Attributes:
        follow: Follows a stream until it is cancelled.
        eager: Whether it comes back at once, and not when the format's ``retry`` says.
        spared: What it must not be cut off right after.
    """

    follow: Callable[[str, Write], Awaitable[None]]
    eager: bool = True
    spared: re.Pattern[bytes] | None = None


def program(*command: str) -> Callable[[str, Write], Awaitable[None]]:
    """A client that is a program."""

    async def follow(url: str, write: Write) -> None:
        process = await asyncio.create_subprocess_exec(
            *command,
            url,
            cwd=CLIENTS,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
            limit=_LONGEST_LINE,
        )
        assert process.stdout
        try:
            async for line in process.stdout:
                write(line.decode().rstrip("\n"))
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        raise AssertionError(f"{command[0]} has ended with {process.returncode}")

    return follow


def page(browser: Browser, name: str) -> Callable[[str, Write], Awaitable[None]]:
    """A client that is a page of the origin that it follows."""

    async def serve(route: Route) -> None:
        path = CLIENTS / urlsplit(route.request.url).path.removeprefix("/clients/")
        # The package's own scripts leave the ending out.
        await route.fulfill(path=path if path.suffix else path.with_suffix(".js"))

    async def follow(url: str, write: Write) -> None:
        said: asyncio.Queue[str | Error] = asyncio.Queue()
        context = await browser.new_context()
        try:
            tab = await context.new_page()
            await tab.route("**/clients/**", serve)
            # Its other messages are about connections that were cut off.
            tab.on("console", lambda it: said.put_nowait(it.text) if it.type == "log" else None)
            tab.on("pageerror", said.put_nowait)
            origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
            await tab.goto(f"{origin}/clients/{name}.html?url={quote(url, safe='')}")
            while isinstance(line := await said.get(), str):
                write(line)
            raise line
        finally:
            await context.close()

    return follow


def are_installed() -> bool:
    """Whether Node and what comes from npm are there."""
    return shutil.which("node") is not None and (CLIENTS / "node_modules").is_dir()


def all_others(browser: Browser) -> dict[str, Other]:
    """Every client, by its name."""
    return {
        # It takes an id for the last one as soon as it has read that line, before the event: cut
        # off between the two, no order of the lines could keep it from losing the event.
        "@microsoft/fetch-event-source": Other(
            page(browser, "fetch-event-source"), spared=re.compile(rb"\nid: [^\n]*\n\Z")
        ),
        "eventsource": Other(program("node", "eventsource.js"), eager=False),
        "httpx-sse": Other(program(sys.executable, "with_httpx_sse.py")),
        "sseclient-py": Other(program(sys.executable, "with_sseclient.py")),
        "curl": Other(program("./curl.sh")),
        "Chromium": Other(page(browser, "chromium"), eager=False),
    }
