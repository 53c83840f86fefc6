"""What people ask, measured: the right source first, and nothing claimed where nothing is."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from quart_chat.search.ranking.vectors import load_vectors
from tests.assistants.conftest import HANDBOOK
from tests.assistants.librarian.asked import (
    GROUPS,
    PAPERS,
    measure_both,
    nowhere,
    questions,
    rows,
    second_set,
)

# How many of each group must come out right, with word vectors and without.
FLOORS = {
    "all": (159, 157),
    "product": (80, 78),
    "documents": (78, 78),
    "English": (105, 103),
    "German": (54, 54),
    "follow-ups": (25, 25),
    "held out": (29, 28),
    "nothing": (38, 37),
    "nothing, held out": (10, 10),
    "second set": (24, 23),
    "nothing, second set": (9, 9),
}
PAGE = (HANDBOOK / "discussion/how-the-librarian-decides.md").read_text("utf-8")


@pytest.mark.timeout(180)
async def test_the_right_source_comes_first_and_nothing_is_made_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert load_vectors() is not None, "the tests need the extra"
    with_vectors, without = await measure_both()
    table = rows(with_vectors, without)
    with capsys.disabled():
        print("", *table, sep="\n")  # noqa: T201 - the figures are what this test is for
    for group, (least, least_without) in FLOORS.items():
        assert with_vectors.right[group] >= least, group
        assert without.right[group] >= least_without, group
    for group in GROUPS:
        # Every page that is changed is searched, too: that may move a question or two.
        written = re.search(rf"^\| {group} \| (\d+) \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE)
        assert written, group
        assert int(written[1]) == without.asked[group]
        assert abs(int(written[2]) - with_vectors.right[group]) <= 2
        assert abs(int(written[3]) - without.right[group]) <= 2


def test_the_questions_are_many_and_mixed() -> None:
    asked = list(questions())
    assert len({question.ask for question in asked}) >= 150
    counted = Counter(question.held_out for question in asked)
    assert counted[True] == 40
    assert sum(question.is_german for question in asked) >= len(asked) / 3
    assert sum(bool(question.after) for question in asked) >= 30
    assert abs(sum(bool(question.paper) for question in asked) - len(asked) / 2) <= 5
    assert len(list(nowhere())) == 40
    second = [question for question in second_set() if question.says]
    assert len(second) == 40
    assert not {question.ask for question in second} & {question.ask for question in asked}
    assert sum(question.is_german for question in second) >= len(second) / 3
    assert sum(bool(question.paper) for question in second) == 20


def test_what_answers_a_question_stands_in_its_document() -> None:
    texts = {path.name: path.read_text("utf-8").lower() for path in PAPERS}
    for question in (*questions(), *second_set()):
        if question.paper:
            parts = question.says.lower().split("|")
            assert any(part in texts[question.paper] for part in parts), question.ask
