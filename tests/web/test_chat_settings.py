"""The page with the settings of one chat, by plain forms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quart.typing import TestClientProtocol as Client

from quart_chat.assistants.parameters import EFFORTS, MAX_TOKENS, Parameters
from quart_chat.texts import use
from quart_chat.web.pages.settings.chat import read_texts, to_texts
from tests.assistants.openai.endpoint import FakeEndpoint, fake_endpoint
from tests.web.streams import ask, workflow_id
from tests.web.test_model_documents import chat

API = "/api/chatbot/workflows"


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
async def client(tmp_path: Path, endpoint: FakeEndpoint) -> AsyncIterator[Client]:
    async with chat(tmp_path, endpoint) as client:
        yield client


async def post(client: Client, path: str, **form: str) -> tuple[int, str]:
    response = await client.post(path, form=form)
    return response.status_code, " ".join((await response.get_data(as_text=True)).split())


async def parameters_of(client: Client, id_: str) -> dict[str, Any] | None:
    item = await (await client.get(f"{API}/{id_}")).get_json()
    found: dict[str, Any] | None = item["parameters"]
    return found


@given(
    st.builds(
        Parameters,
        st.none() | st.floats(0, 2),
        st.none() | st.floats(0, 1),
        st.none() | st.integers(1, MAX_TOKENS),
        st.none() | st.sampled_from(EFFORTS),
        st.dictionaries(
            st.sampled_from("abc"), st.integers(0, 9) | st.text("xä\n\"'<", max_size=5)
        ),
    ),
    st.sampled_from(["en", "de"]),
)
def test_what_the_form_shows_is_what_it_saves(parameters: Parameters, language: str) -> None:
    with use(language):
        assert read_texts(to_texts(parameters)) == (parameters, {})


@pytest.mark.parametrize(
    ("text", "value"), [("0,7", 0.7), ("0.7", 0.7), (" 1 ", 1.0), (".5", 0.5), ("1e-1", 0.1)]
)
def test_a_number_is_read_as_people_write_it(text: str, value: float) -> None:
    parameters, faults = read_texts({**to_texts(None), "temperature": text})
    assert (parameters.temperature, faults) == (value, {})


@pytest.mark.parametrize("text", ["hot", "1_0", "٠", "0,7,1", "-1", "nan", "inf", "1e9", "0x1"])
def test_what_is_no_number_is_said_at_its_field(text: str) -> None:
    for name in ("temperature", "topP", "maxTokens"):
        assert list(read_texts({**to_texts(None), name: text})[1]) == [name]


async def test_all_of_it_is_set_by_one_form(client: Client, endpoint: FakeEndpoint) -> None:
    id_ = workflow_id(await ask(client, "One", assistant="model"))
    path = f"/chat/{id_}/settings"
    form = {
        "system_prompt": "Be brief.\r\nAlways.",
        "temperature": "0,3",
        "maxTokens": "200",
        "reasoningEffort": "low",
        "extra": '{"seed": 7}',
    }
    assert (await post(client, path, **form))[0] == 303
    await ask(client, "Two", assistant="model", workflowId=id_)
    sent = endpoint.completions[-1]
    assert sent["messages"][0] == {"role": "system", "content": "Be brief.\nAlways."}
    assert (sent["temperature"], sent["max_tokens"], sent["seed"]) == (0.3, 200, 7)
    shown = " ".join((await (await client.get(path)).get_data(as_text=True)).split())
    assert 'name="temperature" value="0.3"' in shown
    assert "<option selected>low</option>" in shown
    assert "&#34;seed&#34;: 7" in shown
    # Empty fields take all of it away.
    assert (await post(client, path))[0] == 303
    assert await parameters_of(client, id_) is None


async def test_what_is_wrong_is_said_at_each_field_and_nothing_is_lost(client: Client) -> None:
    id_ = workflow_id(await ask(client, "One", assistant="model"))
    status, shown = await post(
        client,
        f"/chat/{id_}/settings",
        system_prompt="Typed for long.",
        temperature="7",
        topP="0.5",
        extra='{"a": }',
    )
    assert status == 422
    assert "Expected a number from 0 to 2." in shown
    assert "This is not valid JSON: line 1, column 7." in shown
    assert shown.count('aria-invalid="true"') == 2
    for kept in ("Typed for long.", 'value="7"', 'value="0.5"', "{&#34;a&#34;: }"):
        assert kept in shown
    assert await parameters_of(client, id_) is None


async def test_a_preset_is_kept_and_used_in_another_chat(
    client: Client, endpoint: FakeEndpoint
) -> None:
    first = workflow_id(await ask(client, "One", assistant="model"))
    await post(client, f"/chat/{first}/settings", temperature="0.1", preset="Exact")
    second = workflow_id(await ask(client, "Two", assistant="model"))
    (preset,) = (await (await client.get("/api/settings")).get_json())["presets"]
    assert preset["name"] == "Exact"
    status, _shown = await post(client, f"/chat/{second}/settings/preset", preset=preset["id"])
    assert status == 303
    await ask(client, "Three", assistant="model", workflowId=second)
    assert endpoint.completions[-1]["temperature"] == 0.1
    # A chat keeps what it has taken from a preset that is deleted.
    assert (await post(client, f"/settings/presets/{preset['id']}/delete"))[0] == 303
    assert (await parameters_of(client, second) or {})["temperature"] == 0.1
    status, _shown = await post(client, f"/chat/{second}/settings/preset", preset=preset["id"])
    assert status == 404


async def test_a_preset_of_nothing_is_refused_and_nothing_is_lost(client: Client) -> None:
    id_ = workflow_id(await ask(client, "One", assistant="model"))
    status, shown = await post(
        client, f"/chat/{id_}/settings", system_prompt="Typed.", preset="Empty"
    )
    assert status == 422
    assert "A preset needs at least one value." in shown
    assert "Typed." in shown
    assert 'value="Empty"' in shown


async def test_the_settings_of_no_chat_are_not_found(client: Client) -> None:
    for path in (f"/chat/{'0' * 32}/settings", "/chat/none/settings"):
        assert (await client.get(path)).status_code == 404
        assert (await post(client, path, temperature="1"))[0] == 404
