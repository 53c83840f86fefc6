"""What Markdown that somebody else wrote can cost."""

from __future__ import annotations

from quart_chat.markdown import render_markdown, renderer
from quart_chat.markdown.blocks.code import MAX_HIGHLIGHTED


def test_all_code_of_a_text_together_is_highlighted_up_to_a_length() -> None:
    code = "a = 1\n"
    block = f"```python\n{code * (MAX_HIGHLIGHTED // 2 // len(code))}```\n\n"
    first, second, third = render_markdown(block * 3).split("</pre>")[:3]
    assert "<span" in first
    assert "<span" in second
    assert "<span" not in third


def test_what_is_not_highlighted_takes_nothing_from_what_is() -> None:
    text = f"```\n{'a' * MAX_HIGHLIGHTED}\n```\n\n```python\na = 1\n```\n"
    assert "<span" in render_markdown(text)


def test_each_text_has_its_own_length() -> None:
    text = f"```python\n{'a' * (MAX_HIGHLIGHTED - 1)}\n```\n"
    assert render_markdown(text) == render_markdown(text)
    assert "<span" in render_markdown(text)


def test_the_rules_are_in_order_before_the_first_text() -> None:
    """Of two threads that begin with them at the same time, one would find only some."""
    inline = renderer._RENDERER.inline
    rulers = (renderer._RENDERER.core, renderer._RENDERER.block, inline)
    assert all(part.ruler.__cache__ for part in rulers)
    assert inline.ruler2.__cache__
