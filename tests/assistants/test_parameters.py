"""What a model is asked beside its messages: what is taken, and what is said of the rest."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_chat.assistants.parameters import (
    EFFORTS,
    MAX_DEPTH,
    MAX_TOKENS,
    OWN,
    RESERVED,
    Parameters,
    check_parameters,
    find_faults,
    read_extra,
)
from quart_chat.errors import InvalidInput
from quart_chat.texts import use

members = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"])).filter(lambda n: n not in {*OWN, *RESERVED}),
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(-1e9, 1e9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just("a"), inner),
        max_leaves=5,
    ),
    max_size=4,
)
parameters = st.builds(
    Parameters,
    st.none() | st.floats(0, 2),
    st.none() | st.floats(0, 1),
    st.none() | st.integers(1, MAX_TOKENS),
    st.none() | st.sampled_from(EFFORTS),
    members,
)


@given(parameters)
def test_what_is_within_its_bounds_is_taken(given_: Parameters) -> None:
    assert check_parameters(given_) == (given_ or None)
    assert read_extra(json.dumps(given_.extra)) == given_.extra
    request = given_.to_request()
    assert None not in [request.get(name, 0) for name in OWN]
    assert len(request) == len(given_.extra) + sum(getattr(given_, n) is not None for n in OWN)


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"temperature": 2.1}, "temperature: Expected a number from 0 to 2."),
        ({"temperature": float("nan")}, "temperature: Expected a number from 0 to 2."),
        ({"temperature": float("inf")}, "temperature: Expected a number from 0 to 2."),
        ({"temperature": -1e-9}, "temperature: Expected a number from 0 to 2."),
        ({"top_p": 1.5}, "topP: Expected a number from 0 to 1."),
        ({"max_tokens": 0}, "maxTokens: Expected a number from 1 to 10,000,000."),
        ({"max_tokens": 2**70}, "maxTokens: Expected a number from 1 to 10,000,000."),
        ({"reasoning_effort": "HIGH"}, "reasoningEffort: Expected one of none, minimal, low"),
        ({"extra": {"messages": []}}, "extra: “messages” is set by the server. Leave it out."),
        ({"extra": {"stream": False}}, "extra: “stream” is set by the server. Leave it out."),
        ({"extra": {"top_p": 1}}, "extra: “top_p” has a field of its own. Set it there."),
        ({"extra": {"seed": 2**70}}, "extra: A number in it is too large"),
        ({"extra": {"user": "\ud800"}}, "extra: A number in it is too large, or a text is not"),
        ({"extra": {"a": "x" * 8000}}, "extra: It has 8,008 bytes; at most 8,000 are possible."),
    ],
)
def test_what_can_not_be_used_is_named_with_what_is_wanted(
    wrong: dict[str, Any], fault: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_parameters(Parameters(**wrong))
    assert caught.value.message.startswith(fault)


def test_what_is_nested_too_deeply_is_refused() -> None:
    nested: Any = 1
    for _ in range(MAX_DEPTH):
        nested = [nested]
    assert check_parameters(Parameters(extra={"a": nested[0]}))
    assert find_faults(Parameters(extra={"a": nested})) == {"extra": "It is nested too deeply."}
    for _ in range(10_000):
        nested = {"a": nested}
    assert find_faults(Parameters(extra=nested)) == {"extra": "It is nested too deeply."}


def test_all_that_is_wrong_is_said_at_once() -> None:
    faults = find_faults(Parameters(temperature=3, top_p=-1, extra={"model": "x"}))
    assert list(faults) == ["temperature", "topP", "extra"]
    with use("de"):
        german = find_faults(Parameters(temperature=3))
    assert german == {"temperature": "Bitte eine Zahl von 0 bis 2 eingeben."}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "This is not valid JSON: line 1, column 2."),
        ('{"a": 1}\n}', "This is not valid JSON: line 2, column 1."),
        ('{"a": NaN}', "This is not valid JSON: line 1, column 7."),
        ('{"a": 1e999}', "This is not valid JSON: line 1, column 7."),
        ("{'a': 1}", "This is not valid JSON: line 1, column 2."),
        ("[1]", 'Expected a JSON object, such as {"top_k": 40}.'),
        ("null", 'Expected a JSON object, such as {"top_k": 40}.'),
        ("[" * 5000, "This is not valid JSON"),
    ],
)
def test_what_is_no_json_object_is_said_with_its_place(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=re.escape(fault)):
        read_extra(text)


def test_a_blank_text_is_nothing_extra() -> None:
    assert read_extra(" \n\t") == {}
    assert not Parameters()
    assert Parameters(temperature=0)
    assert Parameters(extra={"seed": 0})
