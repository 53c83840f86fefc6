"""What a round has used, whatever its endpoint says."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.assistants.protocol import Usage
from quart_chat.chat.models import Log, Message, MessageStatus, Round, RoundStatus
from quart_chat.chat.rounds.factories import new_answer, new_round
from quart_chat.chat.usage.counting import MAX_TOKENS, usage_of, usage_of_title
from quart_chat.chat.usage.models import DailyUsage, to_csv

MIDNIGHT = 1798761600.0  # 2027-01-01, 00:00 UTC
ROUND = replace(
    new_round("a" * 32, 1, "model", MIDNIGHT - 10, model="gpt-4o"),
    status=RoundStatus.COMPLETE,
    ended_at=MIDNIGHT - 1,
)
LONG = "word " * 100


def answer(text: str) -> list[Message]:
    return [replace(new_answer(ROUND), content=text, status=MessageStatus.COMPLETE)]


def thought(text: str) -> Log:
    return Log("l", "a" * 32, 1, text, "reasoning", "completed", None, 1.0, None, 1)


def used_by(
    ended: Round, prompt: str, said: Usage | None, messages: list[Message], logs: Sequence[Log] = ()
) -> DailyUsage:
    used = usage_of(ended, lambda: prompt, said, messages, logs)
    assert used is not None
    return used


def test_what_the_endpoint_says_is_counted() -> None:
    said = Usage("gpt-4o-2027", 7, 5)
    assert usage_of(ROUND, lambda: LONG, said, answer(LONG), []) == DailyUsage(
        "2026-12-31", "gpt-4o", 1, 7, 5
    )
    default = replace(ROUND, model=None)
    assert used_by(default, LONG, said, answer(LONG)).model == "gpt-4o-2027"


def test_the_prompt_is_read_only_to_estimate_it() -> None:
    def read_prompt() -> str:
        raise AssertionError("the endpoint has said what it took")

    usage_of(ROUND, read_prompt, Usage("m", 7, 5), answer("a"), [])
    usage_of(ROUND, read_prompt, Usage("m", estimated_prompt_tokens=7), answer("a"), [])


def test_an_answer_counts_for_the_day_on_which_it_ended() -> None:
    ended = replace(ROUND, ended_at=MIDNIGHT)
    assert used_by(ended, "a", Usage("m", 1, 1), []).day == "2027-01-01"


def test_who_has_no_model_uses_no_tokens() -> None:
    ended = replace(ROUND, assistant="librarian", model=None)
    assert usage_of(ended, lambda: LONG, None, answer(LONG), []) == DailyUsage(
        "2026-12-31", "librarian", 1, 0, 0
    )


def test_what_the_endpoint_does_not_say_is_estimated() -> None:
    stopped = replace(ROUND, status=RoundStatus.STOPPED)
    said = Usage("gpt-4o")
    used = used_by(stopped, LONG, said, answer(LONG), [thought(LONG)])
    assert used.prompt_tokens > 100
    assert used.answer_tokens > 200
    assert used_by(stopped, LONG, said, []).answer_tokens == 0
    assert used_by(stopped, LONG, said, []).prompt_tokens > 100


def test_what_the_assistant_estimates_goes_before_the_bare_question() -> None:
    said = Usage("gpt-4o", estimated_prompt_tokens=5000)
    for status in (RoundStatus.STOPPED, RoundStatus.COMPLETE):
        ended = replace(ROUND, status=status)
        assert used_by(ended, "a", said, answer("b")).prompt_tokens == 5000
    told = replace(said, prompt_tokens=7)
    assert used_by(ROUND, "a", told, answer("b")).prompt_tokens == 7
    failed = replace(ROUND, status=RoundStatus.ERROR)
    assert usage_of(failed, lambda: "a", said, [], []) is None
    assert used_by(failed, "a", said, answer("b")).prompt_tokens == 5000


@pytest.mark.parametrize("said", [None, Usage("invented"), Usage(""), Usage("invented", 0, 0)])
def test_a_failure_before_the_first_word_is_not_counted(said: Usage | None) -> None:
    failed = replace(ROUND, status=RoundStatus.ERROR, model="invented")
    assert usage_of(failed, lambda: LONG, said, [], []) is None


def test_a_failure_after_it_costs_what_there_is() -> None:
    failed = replace(ROUND, status=RoundStatus.ERROR)
    assert used_by(failed, LONG, Usage("gpt-4o"), answer(LONG)).tokens > 200
    assert used_by(failed, LONG, Usage("gpt-4o"), [], [thought(LONG)]).tokens > 200
    assert used_by(failed, LONG, Usage("gpt-4o", 5, 6), []).tokens == 11


def test_a_title_is_estimated_where_it_is_not_counted() -> None:
    said = Usage("m", estimated_prompt_tokens=300)
    used = usage_of_title(said, None, "Roses, and violets", MIDNIGHT)
    assert (used.rounds, used.prompt_tokens) == (0, 300)
    assert 3 <= used.answer_tokens <= 8
    assert usage_of_title(said, None, "", MIDNIGHT).tokens == 0
    assert usage_of_title(replace(said, prompt_tokens=7), None, "", MIDNIGHT).tokens == 7


def test_what_has_no_name_of_a_model_counts_for_its_assistant() -> None:
    assert used_by(replace(ROUND, model=None), "a", Usage(""), answer("b")).model == "model"


@pytest.mark.parametrize("model", ["=1+1", "+1", "-1", "@a", "\ta", "\ra"])
def test_no_spreadsheet_runs_the_name_of_a_model(model: str) -> None:
    text = to_csv([DailyUsage("2027-01-31", model, 1, 2, 3)])
    (row,) = csv.DictReader(StringIO(text, newline=""))
    assert row["model"] == f"'{model}"
    assert (row["day"], row["rounds"], row["answer_tokens"]) == ("2027-01-31", "1", "3")


@given(st.none() | st.integers(-(2**53), 2**53), st.none() | st.integers(-(2**53), 2**53))
def test_no_number_of_an_endpoint_spoils_a_sum(told: int | None, wrote: int | None) -> None:
    for used in (
        used_by(ROUND, "a", Usage("m", told, wrote), answer("b"), []),
        usage_of_title(Usage("m", told, wrote), None, "Roses", MIDNIGHT),
    ):
        assert 0 <= used.prompt_tokens <= MAX_TOKENS
        assert 0 <= used.answer_tokens <= MAX_TOKENS
