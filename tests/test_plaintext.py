from __future__ import annotations

import asyncio

import pytest

from quart_chat.errors import InvalidInput
from quart_chat.markdown.rendering import render_html
from quart_chat.plaintext import clean_link, clean_title


async def test_a_text_is_rendered_beside_the_event_loop() -> None:
    loop = asyncio.get_running_loop()
    goes_on = asyncio.Event()

    def render(text: str) -> str:
        # Returns only if the event loop runs meanwhile.
        asyncio.run_coroutine_threadsafe(_set(goes_on), loop).result(timeout=10)
        return f"<p>{text}</p>"

    assert await render_html(render, "*a*") == "<p>*a*</p>"
    assert goes_on.is_set()


async def _set(event: asyncio.Event) -> None:
    event.set()


async def test_a_text_that_can_not_be_rendered_has_no_html() -> None:
    def render(text: str) -> str:
        raise ValueError(text)

    assert await render_html(render, "a") is None


@pytest.mark.parametrize(
    "text", ["", " \n", "\u200b", "\u200b\u2060 \ufeff", "\u2800", "\u3164", "\u202e"]
)
def test_a_text_without_anything_to_see_is_none(text: str) -> None:
    with pytest.raises(InvalidInput, match="write something"):
        clean_title(text, 200)


@pytest.mark.parametrize("text", ["a", "0", "🙂", "👩\u200d💻", "؟", "你好", "\u200bx"])
def test_a_text_with_something_to_see_is_one(text: str) -> None:
    assert clean_title(text, 200) == text


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("/documents/1?passage=2#p2", "/documents/1?passage=2#p2"),
        ("https://example.com/a", "https://example.com/a"),
        ("javascript:alert(1)", ""),
        (" java\nscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//example.com", ""),
        ("/\\example.com", ""),
        ("", ""),
    ],
)
def test_a_link_leads_to_this_server_or_to_a_page_elsewhere(url: str, link: str) -> None:
    assert clean_link(url) == link
