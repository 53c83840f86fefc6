"""What files of chats are called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.chat.transfer.archive import ascii_name, file_name


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
