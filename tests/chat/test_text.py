from __future__ import annotations

import asyncio

from quart_chat.chat.text import render_html


async def test_a_text_is_rendered_beside_the_event_loop() -> None:
    loop = asyncio.get_running_loop()
    goes_on = asyncio.Event()

    def render(text: str) -> str:
        # Returns only if the event loop runs meanwhile.
        asyncio.run_coroutine_threadsafe(_set(goes_on), loop).result(timeout=10)
        return f"<p>{text}</p>"

    assert await render_html(render, "a") == "<p>a</p>"
    assert goes_on.is_set()


async def _set(event: asyncio.Event) -> None:
    event.set()


async def test_a_text_that_can_not_be_rendered_has_no_html() -> None:
    def render(text: str) -> str:
        raise ValueError(text)

    assert await render_html(render, "a") is None
