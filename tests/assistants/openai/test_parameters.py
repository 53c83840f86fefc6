"""What a chat asks of its model, as it arrives at the endpoint."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from quart_chat.assistants.openai.failures.errors import ModelError
from quart_chat.assistants.parameters import Parameters
from tests.assistants.openai.endpoint import HELLO, FakeEndpoint, fake_endpoint, refuse
from tests.assistants.openai.test_assistant import assistant, outputs_of, question, text

ALL = Parameters(0.7, 0.9, 512, "low", {"top_k": 40, "chat_template_kwargs": {"thinking": False}})


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


async def test_all_that_is_set_arrives_and_nothing_else(endpoint: FakeEndpoint) -> None:
    async with assistant(endpoint) as model:
        await outputs_of(model, question(parameters=ALL))
        await outputs_of(model, question())
    sent, plain = endpoint.completions
    assert {name: value for name, value in sent.items() if name not in plain} == {
        "temperature": 0.7,
        "top_p": 0.9,
        "max_tokens": 512,
        "reasoning_effort": "low",
        "top_k": 40,
        "chat_template_kwargs": {"thinking": False},
    }


async def test_a_value_of_zero_is_sent(endpoint: FakeEndpoint) -> None:
    async with assistant(endpoint) as model:
        await outputs_of(model, question(parameters=Parameters(temperature=0.0, top_p=0.0)))
    assert (endpoint.completions[0]["temperature"], endpoint.completions[0]["top_p"]) == (0, 0)


async def test_nothing_extra_takes_the_place_of_what_the_server_sets(
    endpoint: FakeEndpoint,
) -> None:
    # As it might come out of an older database, past all checks.
    forged = Parameters(extra={"model": "other", "messages": [], "stream": False, "n": 1})
    async with assistant(endpoint) as model:
        assert text(await outputs_of(model, question(parameters=forged))) == "Hello world"
    (sent,) = endpoint.completions
    assert (sent["model"], sent["stream"], sent["n"]) == ("tiny", True, 1)
    assert sent["messages"] == [{"role": "user", "content": "Hello"}]


async def test_what_the_endpoint_does_not_take_is_said_in_its_own_words(
    endpoint: FakeEndpoint,
) -> None:
    words = "Unsupported value: 'temperature' does not support 0.7 with this model."
    endpoint.script(refuse(400, {"error": {"message": words}}))
    async with assistant(endpoint) as model:
        with pytest.raises(ModelError, match="'temperature' does not support") as caught:
            await outputs_of(model, question(parameters=ALL))
    assert caught.value.code == "endpoint_rejected"
    assert len(endpoint.completions) == 1


async def test_a_model_that_takes_the_limit_under_its_other_name_is_asked_again(
    endpoint: FakeEndpoint,
) -> None:
    words = (
        "Unsupported parameter: 'max_tokens' is not supported with this model."
        " Use 'max_completion_tokens' instead."
    )
    endpoint.script(refuse(400, {"error": {"message": words}}), HELLO)
    limited = Parameters(max_tokens=512)
    async with assistant(endpoint) as model:
        assert text(await outputs_of(model, question(parameters=limited))) == "Hello world"
        # From then on at once, and of this model alone.
        await outputs_of(model, question(parameters=limited))
        await outputs_of(model, question(parameters=limited, model="large"))
    limits = [
        [(name, value) for name, value in sent.items() if name.startswith("max_")]
        for sent in endpoint.completions
    ]
    assert limits == [
        [("max_tokens", 512)],
        [("max_completion_tokens", 512)],
        [("max_completion_tokens", 512)],
        [("max_tokens", 512)],
    ]


async def test_an_endpoint_that_refuses_both_names_ends_the_round(endpoint: FakeEndpoint) -> None:
    endpoint.script(refuse(400, {"error": {"message": "max_completion_tokens is too large"}}))
    async with assistant(endpoint) as model:
        with pytest.raises(ModelError, match="is too large"):
            await outputs_of(model, question(parameters=Parameters(max_tokens=512)))
    assert len(endpoint.completions) == 2
