"""What is shown of a passage is the part that answers, word for word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.assistants.librarian.showing import choose_shown
from quart_chat.search.passages import Passage
from quart_chat.search.ranking.analysis import analyse

LONG = "The kettle is made of steel and holds a litre and a half of water. " * 8


def show(text: str, part: str, *, fact: bool, form: str = "markdown") -> str:
    analysed = analyse(Passage("Title", (), "/documents/0#p1", text, form))
    number = next(n for n, unit in enumerate(analysed.units) if part in analysed.text_of(unit))
    return choose_shown(analysed, number, asks_for_fact=fact)


@pytest.mark.parametrize(
    ("text", "part", "expected"),
    [
        (
            f"{LONG}The warranty of this kettle lasts for two whole years from the purchase. More.",
            "two",
            "The warranty of this kettle lasts for two whole years from the purchase.",
        ),
        ("Yes. It is free for all people and for all uses that they make of it.", "Yes", "all"),
        (
            "A deposit is paid by the tenant. It is returned within six weeks after the very end.",
            "six",
            "A deposit is paid by the tenant. It is returned within six weeks after the very end.",
        ),
        ("| a | b |\n| - | - |\n| 1 | 2 |\n| 3 | 4 |", "3", "| a | b |\n| - | - |\n| 3 | 4 |"),
        ("You need:\n\n- 4 eggs\n- 1 lemon", "lemon", "You need:\n\n- 1 lemon"),
    ],
)
def test_a_fact_is_shown_with_what_it_needs(text: str, part: str, expected: str) -> None:
    shown = show(text, part, fact=True)
    assert expected in shown
    assert len(shown) < 200


@pytest.mark.parametrize(
    ("text", "part", "shown"),
    [
        ("One **two. Three** four.", "Three", "One **two. Three** four."),
        ("A *b. C* d.", "C", "A *b. C* d."),
        ("See __here. And there__ too.", "there", "See __here. And there__ too."),
        ("Type `a. B` now.", "B", "Type `a. B` now."),
        ("Not ~~this. That~~ but more.", "That", "Not ~~this. That~~ but more."),
        ("**One.** Two is here.\n\nMore.", "Two", "Two is here."),
        ("First `**` and then that. This is alone.", "alone", "This is alone."),
        ("> [!note] Winter\n> Drain it. Next\n> close it.", "close", "> [!note] Winter\n> Drain"),
        (r"First \* and then that. This is alone.", "alone", "This is alone."),
    ],
)
def test_bold_text_and_code_are_shown_whole(text: str, part: str, shown: str) -> None:
    assert shown in show(text, part, fact=True)


@pytest.mark.parametrize(
    "first",
    [
        "Fields with * are required.",
        "Use 3 * 4 here.",
        "The file *.py is read.",
        "It costs 5 ` or so.",
        "The name __init is odd.",
    ],
)
def test_a_mark_that_nothing_closes_is_none(first: str) -> None:
    text = f"{first} {'Another sentence stands here that is long enough, too. ' * 40}"
    assert len(show(text, first.split(maxsplit=1)[0], fact=True)) < 400


def test_a_role_is_shown_below_its_name() -> None:
    text = "Yours,\n\nRobert Dean\nServices Manager\n\nEnclosed is the form that you have to sign."
    assert show(text, "Services", fact=True, form="plain").startswith("Robert Dean\nServices")


def test_marks_of_a_plain_text_are_no_marks() -> None:
    text = "Price ** one of these that is long. Another sentence stands here that is long, too."
    assert show(text, "Another", fact=True, form="plain").startswith("Another")


def test_how_something_is_done_is_shown_whole_where_it_is_short() -> None:
    text = "Run this:\n\n```sh\nmake run\n```"
    assert show(text, "Run", fact=False) == text
    assert show(text, "make", fact=False) == text
    assert len(show(LONG * 2, "kettle", fact=False)) < 500


@given(st.text(alphabet="aB1 \n.!?:|-#`*", max_size=300), st.booleans(), st.integers(0, 9))
def test_every_line_that_is_shown_stands_in_the_passage(text: str, fact: bool, number: int) -> None:
    analysed = analyse(Passage("Title", (), "/documents/0#p1", text))
    shown = choose_shown(analysed, number % max(1, len(analysed.units)), asks_for_fact=fact)
    assert all(line in text for line in shown.split("\n"))
