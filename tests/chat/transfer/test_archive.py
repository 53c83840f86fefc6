"""Many chats as one zip, and what the files of chats are called."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.chat.service import ChatService
from quart_chat.chat.transfer import archive
from quart_chat.chat.transfer.archive import ascii_name, file_name, write_zip
from quart_chat.chat.transfer.file import ChatFile, to_file
from tests.chat.parts import USER, ask
from tests.chat.scripted import ScriptedAssistant


@pytest.mark.parametrize(
    ("title", "name", "plain"),
    [
        ("Straße für Ärzte", "Straße für Ärzte", "Strasse fuer Aerzte"),
        ("Café", "Café", "Cafe"),
        ("日本語", "日本語", "chat"),
        ("../a:b*", "a-b", "a-b"),
        ("con", "chat con", "chat con"),
        ("Lpt1 .x", "chat Lpt1 .x", "chat Lpt1 .x"),
        ("console", "console", "console"),
        ("..", "chat", "chat"),
    ],
)
def test_a_title_becomes_a_name(title: str, name: str, plain: str) -> None:
    assert (file_name(title), ascii_name(file_name(title))) == (name, plain)


@given(st.text() | st.text("\U00020000語ä", min_size=50))
def test_every_name_is_short_and_the_plain_one_is_ascii(title: str) -> None:
    name = file_name(title)
    assert 0 < len(name.encode()) <= 125
    assert ascii_name(name).isascii()
    assert '"' not in name + ascii_name(name)


async def test_an_export_that_is_given_up_while_a_thread_writes_is_cancelled(
    service: ChatService, assistant: ScriptedAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = await service.snapshot(USER, await ask(service, assistant, "one"))
    writing, go_on = threading.Event(), threading.Event()

    def write_slowly(_: object, data: bytes) -> int:
        if not data.startswith(b"PK"):  # the content of a file, and not what the zip says of it
            writing.set()
            go_on.wait(60)
        return len(data)

    async def files() -> AsyncGenerator[ChatFile, None]:
        yield to_file(snapshot)

    monkeypatch.setattr(archive._Sink, "write", write_slowly)
    export = asyncio.create_task(anext(write_zip(files(), {})))
    assert await asyncio.to_thread(writing.wait, 60)
    export.cancel()
    try:
        with pytest.raises(asyncio.CancelledError):
            await export
    finally:
        go_on.set()
