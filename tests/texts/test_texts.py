"""Looking texts up, and choosing the language."""

from __future__ import annotations

import asyncio

import pytest

from quart_chat.texts import (
    _,
    duration,
    language,
    ngettext,
    number,
    rate,
    script_texts,
    use,
)


def test_without_a_language_texts_are_what_is_written() -> None:
    assert _("There is no such chat.") == "There is no such chat."
    assert ngettext("{count} more step", "{count} more steps", 2) == "{count} more steps"
    assert number(1234567) == "1,234,567"


def test_texts_are_those_of_the_language_in_use() -> None:
    with use("de"):
        assert _("There is no such chat.") == "Diesen Chat gibt es nicht."
        assert ngettext("{count} more step", "{count} more steps", 1) == "{count} weiterer Schritt"
        assert ngettext("{count} more step", "{count} more steps", 0) == "{count} weitere Schritte"
        assert (number(1234567), number(1.25, 1)) == ("1.234.567", "1,2")
    assert language() == "en"


def test_what_is_fast_needs_no_decimals() -> None:
    assert (rate(9.04), rate(99.9), rate(1234.5)) == ("9.0", "99.9", "1,234")
    assert (duration(3.4), duration(999), duration(1250)) == ("3 ms", "999 ms", "1.2 s")
    with use("de"):
        assert (rate(1234.5), duration(1260)) == ("1.234", "1,3 s")


def test_a_finished_answer_is_said_as_the_systems_it_works_with_say_it() -> None:
    with use("de"):
        assert _("The answer is complete.") == "Chatbot-Verarbeitung abgeschlossen"


@pytest.mark.parametrize("text", ["", "No catalogue has this."])
def test_a_text_that_is_not_in_the_catalogue_is_itself(text: str) -> None:
    with use("de"):
        assert _(text) == text


async def test_a_task_has_the_language_of_whoever_made_it() -> None:
    async def speak() -> str:
        await asyncio.sleep(0)
        return _("New chat")

    with use("de"):
        task = asyncio.create_task(speak())
    assert (await task, _("New chat")) == ("Neuer Chat", "New chat")


def test_scripts_get_their_texts_and_no_others() -> None:
    texts = script_texts("de")
    assert texts["Stopped."] == "Angehalten."
    assert texts["{count} more step"] == {
        "one": "{count} weiterer Schritt",
        "other": "{count} weitere Schritte",
    }
    assert "There is no such chat." not in texts
    assert script_texts("en") == {}
