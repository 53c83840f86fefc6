"""Limits as they are written, and those of a user over those of a role."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.config import ConfigError, load_settings
from quart_chat.limits import (
    COUNTS,
    MAX_VALUE,
    NO_LIMIT,
    SIZES,
    InvalidLimits,
    UserLimits,
    parse_limits,
)
from quart_chat.texts import use

MODEL = st.from_regex(r"[a-z][a-z0-9./:-]{0,12}", fullmatch=True)
SET = st.just("none") | st.integers(1, 1000).map(str)
VALUE = st.none() | SET


def test_limits_are_read() -> None:
    text = (
        "prompts_per_minute=20  tokens_per_day=0\n tokens_per_day:llama3.2:3b=5"
        " tokens_per_month:org/m=none models=gpt-4o,llama* storage_mb=none"
    )
    assert parse_limits(text) == UserLimits(
        prompts_per_minute=20,
        tokens_per_day=0,
        model_days={"llama3.2:3b": 5},
        model_months={"org/m": NO_LIMIT},
        models=("gpt-4o", "llama*"),
        storage_mb=NO_LIMIT,
    )
    assert parse_limits(" ") == UserLimits()


@pytest.mark.parametrize(
    "text",
    [
        *("tokens_per_day", "tokens_per_day=", "tokens_per_day=-1", "tokens_per_day=1.5"),
        *("tokens_per_day=٣", "tokens_per_day=1e3", "=5", "prompts=5", "streams:gpt=5"),
        *("prompts_per_minute=0", "running_rounds=0", "streams=0", "prompts_per_minute=1001"),
        *("models=", "models=,", "models:a=b", "tokens_per_day=1 tokens_per_day=2"),
        *("tokens_per_day=000001" + "9" * 20, "storage_mb=" + "0" * 25 + "9" * 5000),
        *(
            "tokens_per_day=1" + "0" * 14 + "1",
            "streams=" + "0" * 30,
            "prompts_per_minute=" + "0" * 25 + "1001",
        ),
        *("tokens_per_day=" + "9" * 30, "tokens_per_day:=5", "x" * 5000),
    ],
)
def test_what_can_t_be_read_is_named(text: str) -> None:
    with pytest.raises(InvalidLimits) as error:
        parse_limits(text)
    assert str(error.value).startswith("Expected ")
    with use("de"):
        assert error.value.translated().startswith("Erwartet ")
    with pytest.raises(ConfigError, match="QUART_CHAT_USER_LIMITS"):
        load_settings({}, {"QUART_CHAT_USER_LIMITS": text})


@given(st.integers(0, 10**16), st.integers(0, 30))
def test_no_number_is_larger_than_may_be(value: int, zeros: int) -> None:
    text = f"storage_mb={'0' * zeros}{value}"
    if value > MAX_VALUE:
        with pytest.raises(InvalidLimits):
            parse_limits(text)
    else:
        assert parse_limits(text).storage_mb == value


@given(own=st.fixed_dictionaries(dict.fromkeys((*COUNTS, *SIZES), VALUE)), data=st.data())
def test_what_a_user_has_goes_before_the_role(
    own: dict[str, str | None], data: st.DataObject
) -> None:
    role = data.draw(st.fixed_dictionaries(dict.fromkeys((*COUNTS, *SIZES), VALUE)))
    merged = _parsed(own).or_else(_parsed(role))
    for name, value in own.items():
        wanted = role[name] if value is None else value
        assert getattr(merged, name) == (None if wanted in (None, "none") else int(wanted))


@given(st.dictionaries(MODEL, SET), st.dictionaries(MODEL, SET))
def test_single_models_are_merged(own: dict[str, str], role: dict[str, str]) -> None:
    def parsed(of: dict[str, str]) -> UserLimits:
        return parse_limits(
            " ".join(f"tokens_per_day:{name}={value}" for name, value in of.items())
        )

    merged = {name: value for name, value in {**role, **own}.items() if value != "none"}
    assert parsed(own).or_else(parsed(role)).model_days == {k: int(v) for k, v in merged.items()}


def test_models_are_patterns() -> None:
    limits = parse_limits("models=gpt-4o,llama*")
    assert [limits.allows(name) for name in ("gpt-4o", "gpt-4o-mini", "llama3", "GPT-4o")] == [
        *(True, False, True, False)
    ]
    assert parse_limits("models=none").or_else(limits).allows("gpt-5")


def _parsed(values: dict[str, str | None]) -> UserLimits:
    return parse_limits(" ".join(f"{name}={value}" for name, value in values.items() if value))
