"""The page of settings: what a user sets there, what the server was set to, and its API."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from quart.typing import TestClientProtocol as Client

from tests.app import create_test_app
from tests.assistants.openai.endpoint import (
    FakeEndpoint,
    delta,
    end,
    fake_endpoint,
    refuse,
    say,
    talk,
)
from tests.server import free_port
from tests.web.streams import ask, workflow_id

API = "/api/settings"
KEY = "sk-very-secret-0123456789"


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


@asynccontextmanager
async def running(folder: Path, **settings: Any) -> AsyncIterator[Client]:
    config = {"QUART_CHAT_INSTANCE": folder / "instance", **settings}
    async with create_test_app(config).test_app() as app:
        yield app.test_client()


async def page(client: Client, path: str = "/settings", **options: Any) -> str:
    response = await client.get(path, **options)
    assert response.status_code == 200
    text: str = await response.get_data(as_text=True)
    return " ".join(text.split())


async def post(client: Client, path: str, **form: str) -> tuple[int, str]:
    response = await client.post(path, form=form)
    return response.status_code, " ".join((await response.get_data(as_text=True)).split())


# Appearance


async def test_a_page_is_sent_in_the_theme_and_size_that_were_chosen(client: Client) -> None:
    before = await page(client, "/")
    assert '<html lang="en">' in before
    assert '<meta name="color-scheme" content="light dark">' in before
    assert await post(client, "/settings/appearance", theme="dark", text="large") == (303, ANY)
    after = await page(client, "/documents")
    assert '<html lang="en" data-theme="dark" data-text="large">' in after
    assert '<meta name="color-scheme" content="dark">' in after
    # What stands around the page is dark as well, whatever the system asks for.
    assert re.findall('<meta name="theme-color"[^>]*>', after) == [
        '<meta name="theme-color" content="#181612">'
    ]
    settings = await page(client)
    assert 'name="theme" value="dark" autocomplete="off" checked' in settings
    await post(client, "/settings/appearance", theme="", text="")
    assert '<html lang="en">' in await page(client, "/")


async def test_an_error_has_the_theme_as_well(client: Client) -> None:
    await post(client, "/settings/appearance", theme="dark", text="")
    response = await client.get("/nothing/here")
    assert 'data-theme="dark"' in await response.get_data(as_text=True)


@pytest.mark.parametrize("form", [{"theme": "pink"}, {"text": "huge"}, {"theme": "dark\0"}])
async def test_a_look_that_is_not_there_is_refused(client: Client, form: dict[str, str]) -> None:
    status, _text = await post(client, "/settings/appearance", **form)
    assert status == 422
    assert '<html lang="en">' in await page(client, "/")


@pytest.mark.parametrize("cookie", ["theme=pink", 'theme="><script>', "text=9; theme="])
async def test_a_cookie_that_names_no_look_counts_as_none(client: Client, cookie: str) -> None:
    assert '<html lang="en">' in await page(client, "/", headers={"Cookie": cookie})


async def test_another_look_is_another_offline_page(client: Client) -> None:
    before = await (await client.get("/service-worker.js")).get_data()
    await post(client, "/settings/appearance", theme="dark", text="")
    assert await (await client.get("/service-worker.js")).get_data() != before


# New chats


async def test_how_new_chats_begin_is_set_by_a_plain_form(client: Client) -> None:
    status, _text = await post(
        client, "/settings/new-chats", choice="slow", system_prompt="Be brief.\r\nAlways."
    )
    assert status == 303
    shown = await page(client, "/settings?saved=new-chats")
    assert '<option value="slow" selected>' in shown
    assert "Be brief. Always.</textarea>" in shown
    assert shown.count("Saved.") == 1
    items = await ask(client, "count 1 0ms", assistant=None)
    chat = next(i["item"] for i in items if i["type"] == "workflow")
    assert (chat["assistant"], chat["systemPrompt"]) == ("slow", "Be brief.\nAlways.")
    await post(client, "/settings/new-chats", choice="", system_prompt="")
    assert (await (await client.get(API)).get_json())["systemPrompt"] is None


async def test_what_was_typed_is_not_lost_where_it_is_refused(client: Client) -> None:
    status, shown = await post(
        client, "/settings/new-chats", choice="slow", system_prompt="y" * 8001
    )
    assert status == 422
    assert "8,001 characters; at most 8,000 are possible." in shown
    assert "y" * 8001 in shown
    assert '<option value="slow" selected>' in shown


async def test_a_model_that_is_not_listed_now_stays_chosen(
    tmp_path: Path, endpoint: FakeEndpoint
) -> None:
    async with running(tmp_path, OPENAI_BASE_URL=endpoint.url) as client:
        await post(client, "/settings/new-chats", choice="model gone model", system_prompt="")
        shown = await page(client)
        assert '<option value="model tiny" >tiny</option>' in shown
        assert '<option value="model gone model" selected>gone model (not available now)' in shown
        items = await ask(client, "Hello", assistant=None)
        assert endpoint.completions[-1]["model"] == "gone model"
        assert workflow_id(items)


async def test_a_new_chat_on_the_page_begins_with_the_choice(
    tmp_path: Path, endpoint: FakeEndpoint
) -> None:
    async with running(tmp_path, OPENAI_BASE_URL=endpoint.url) as client:
        assert "data-preferred" not in await page(client, "/")
        await post(client, "/settings/new-chats", choice="model large", system_prompt="")
        shown = await page(client, "/")
        assert "data-preferred" in shown
        assert 'data-model="large"' in shown


# The connection


async def test_a_connection_that_works_is_said_with_its_models_and_times(
    tmp_path: Path, endpoint: FakeEndpoint
) -> None:
    address = endpoint.url.replace("http://", "http://me:pass-word@")
    async with running(tmp_path, OPENAI_BASE_URL=address, OPENAI_API_KEY=KEY) as client:
        _status, shown = await post(client, "/settings/connection")
        assert re.search(r"The connection works: the first word of tiny arrived after \d", shown)
        assert re.search(r"2 models, listed in \d", shown)
        assert "<li>large</li>" in shown
        assert endpoint.url in shown
        found = await (await client.post(f"{API}/connection")).get_json()
        assert (found["ok"], found["models"], found["model"]) == (True, ["tiny", "large"], "tiny")
        assert found["listedMs"] > 0
        assert found["answeredMs"] > 0
        assert (found["code"], found["message"], found["note"]) == (None, None, None)
    assert KEY not in shown
    assert "pass-word" not in shown


async def test_the_model_of_new_chats_is_the_one_that_is_tested(
    tmp_path: Path, endpoint: FakeEndpoint
) -> None:
    async with running(tmp_path, OPENAI_BASE_URL=endpoint.url, OPENAI_MODEL="tiny") as client:
        await client.post(f"{API}/connection")
        await client.patch(API, json={"assistant": "model", "model": "large"})
        assert (await (await client.post(f"{API}/connection")).get_json())["model"] == "large"
    assert [sent["model"] for sent in endpoint.completions] == ["tiny", "large"]


async def test_what_is_wrong_is_said_in_the_endpoints_words_and_without_the_key(
    tmp_path: Path, endpoint: FakeEndpoint
) -> None:
    # It lists its models to anybody, as some do, and quotes the key that it refuses.
    endpoint.script(refuse(401, {"error": {"message": f"Incorrect API key provided: {KEY}"}}))
    async with running(tmp_path, OPENAI_BASE_URL=endpoint.url, OPENAI_API_KEY=KEY) as client:
        _status, shown = await post(client, "/settings/connection")
        found = await (await client.post(f"{API}/connection")).get_json()
    assert "“Incorrect API key provided: ***” (status 401)" in shown
    assert KEY not in shown
    assert KEY not in str(found)
    assert (found["ok"], found["code"]) == (False, "endpoint_unauthorized")
    assert found["models"] == ["tiny", "large"]


@pytest.mark.parametrize(
    ("listed", "script", "code"),
    [
        (refuse(500, {"error": "out of memory"}), refuse(500), "endpoint_failed"),
        (refuse(200, {"data": []}), talk(say("Hello"), end()), "no_model"),
        (refuse(200, b"<html>Welcome</html>"), talk(say("x")), "answer_malformed"),
        (refuse(200, {"data": [{"id": "m"}]}), talk(b"<html>Welcome</html>"), "answer_malformed"),
        (refuse(200, {"data": [{"id": "m"}]}), talk(delta("stop"), end()), "empty_answer"),
        (refuse(200, {"data": [{"id": "m"}]}), talk(b""), "answer_malformed"),
        (refuse(200, {"data": [{"id": "m"}]}), talk(b": ping\n\n"), "answer_cut_off"),
    ],
)
async def test_a_connection_that_does_not_work_is_told_by_its_code(
    tmp_path: Path, endpoint: FakeEndpoint, listed: Any, script: Any, code: str
) -> None:
    endpoint.models = listed
    endpoint.script(script)
    async with running(tmp_path, OPENAI_BASE_URL=endpoint.url) as client:
        found = await (await client.post(f"{API}/connection")).get_json()
    assert (found["ok"], found["code"]) == (False, code)
    assert found["message"]


async def test_a_model_that_answers_needs_no_list(tmp_path: Path, endpoint: FakeEndpoint) -> None:
    endpoint.models = refuse(404)
    async with running(tmp_path, OPENAI_BASE_URL=endpoint.url, OPENAI_MODEL="tiny") as client:
        _status, shown = await post(client, "/settings/connection")
        found = await (await client.post(f"{API}/connection")).get_json()
    assert "The connection works" in shown
    assert "The models can&#39;t be listed." in shown
    assert found["ok"]
    assert "does not know" in found["note"]


async def test_a_test_leaves_no_answer_running(tmp_path: Path, endpoint: FakeEndpoint) -> None:
    gone = []

    async def talk_on(exchange: Any) -> None:
        exchange.begin()
        await exchange.send(say("Hello"))
        await exchange.hang()
        gone.append(exchange)

    endpoint.script(talk_on)
    async with running(tmp_path, OPENAI_BASE_URL=endpoint.url) as client:
        assert (await (await client.post(f"{API}/connection")).get_json())["ok"]
    assert len(gone) == 1


async def test_a_model_that_says_nothing_is_not_waited_for_for_ever(
    tmp_path: Path, endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quart_chat.assistants.openai.connection_check.PATIENCE", 0.05)
    endpoint.script(lambda exchange: exchange.hang())
    async with running(tmp_path, OPENAI_BASE_URL=endpoint.url) as client:
        found = await (await client.post(f"{API}/connection")).get_json()
    assert (found["code"], found["answeredMs"]) == ("model_silent", None)


async def test_an_endpoint_that_is_down_is_named_with_what_to_do(tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{free_port()}/v1"
    async with running(tmp_path, OPENAI_BASE_URL=address, OPENAI_MODEL="tiny") as client:
        _status, shown = await post(client, "/settings/connection")
    assert "Start the model&#39;s server, or check OPENAI_BASE_URL." in shown
    assert "This took" in shown


async def test_without_an_endpoint_there_is_nothing_to_test(client: Client) -> None:
    text = await page(client)
    assert "OPENAI_BASE_URL=http://localhost:11434/v1" in text
    assert "the Librarian answers" in text
    response = await client.post(f"{API}/connection")
    assert (response.status_code, (await response.get_json())["error"]["code"]) == (
        404,
        "not_found",
    )


# What the administrator has set


async def test_what_the_environment_sets_is_shown_with_the_names_of_its_variables(
    tmp_path: Path, endpoint: FakeEndpoint
) -> None:
    async with running(
        tmp_path,
        OPENAI_BASE_URL=endpoint.url.replace("http://", "http://me:pass-word@") + "?api-key=abc-12",
        OPENAI_API_KEY=KEY,
        QUART_CHAT_SYSTEM_PROMPT="Be kind.",
        QUART_CHAT_MAX_PROMPT_CHARS="1000",
    ) as client:
        shown = await page(client)
    assert f"<code>OPENAI_BASE_URL</code></dt><dd>{endpoint.url}</dd>" in shown
    assert "<code>OPENAI_API_KEY</code></dt><dd>set, never shown</dd>" in shown
    assert "<code>QUART_CHAT_SYSTEM_PROMPT</code></dt><dd>Be kind.</dd>" in shown
    assert "<code>QUART_CHAT_MAX_PROMPT_CHARS</code></dt><dd>1,000 characters</dd>" in shown
    assert (
        "<code>QUART_CHAT_RESTORE_SECONDS</code></dt><dd>60 minutes <small>default</small>" in shown
    )
    assert not [secret for secret in (KEY, "pass-word", "abc-12") if secret in shown]


async def test_the_version_is_shown(client: Client) -> None:
    assert re.search(r"quart-chat, version \d+\.\d+", await page(client))


# The API


async def test_settings_are_read_and_changed_over_json(client: Client) -> None:
    nothing: dict[str, Any] = {
        "assistant": None,
        "model": None,
        "systemPrompt": None,
        "presets": [],
    }
    assert await (await client.get(API)).get_json() == nothing
    changed = {**nothing, "assistant": "slow", "systemPrompt": "Be brief."}
    response = await client.patch(API, json={"assistant": "slow", "systemPrompt": "Be brief."})
    assert await response.get_json() == changed
    assert await (await client.get(API)).get_json() == changed
    response = await client.patch(API, json={"assistant": None, "systemPrompt": None})
    assert await response.get_json() == nothing


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"model": "tiny"},
        {"assistant": "unknown"},
        {"assistant": "slow", "model": "tiny"},
        {"systemPrompt": "x" * 8001},
        {"systemPrompt": 7},
        {"assistant": ["slow"]},
    ],
)
async def test_a_change_of_settings_that_can_not_be_is_refused(
    client: Client, body: object
) -> None:
    assert (await client.patch(API, json=body)).status_code == 422
    assert (await (await client.get(API)).get_json())["systemPrompt"] is None


async def test_presets_are_saved_and_deleted(client: Client) -> None:
    parameters = {"temperature": 0.1}
    response = await client.post(f"{API}/presets", json={"name": "Exact", "parameters": parameters})
    preset = await response.get_json()
    assert (preset["name"], preset["parameters"]["temperature"]) == ("Exact", 0.1)
    assert (await (await client.get(API)).get_json())["presets"] == [preset]
    assert "Delete the preset Exact" in await page(client)
    assert (await client.delete(f"{API}/presets/{preset['id']}")).status_code == 204
    assert (await client.delete(f"{API}/presets/{preset['id']}")).status_code == 404
    for wrong in ({"name": "", "parameters": parameters}, {"name": "x", "parameters": {}}):
        assert (await client.post(f"{API}/presets", json=wrong)).status_code == 422


# All chats


async def test_all_chats_are_deleted_by_a_second_step_and_brought_back(client: Client) -> None:
    assert "You have no chats." in await page(client)
    for prompt in ("count 1 0ms", "count 2 0ms"):
        await ask(client, prompt)
    assert 'data-question="Delete all 2 chats?"' in await page(client)
    asked = await page(client, "/settings/delete-all")
    assert re.search(r'<dialog class="confirm"[^>]* open>', asked)
    assert "You can undo this for 60 minutes" in asked
    assert len((await (await client.get("/api/chatbot/workflows")).get_json())["workflows"]) == 2
    response = await client.post("/settings/delete-all")
    assert response.status_code == 303
    shown = await page(client, response.location.partition("#")[0])
    assert "2 chats deleted." in shown
    (moment,) = re.findall(r'name="deletedAt" value="([^"]+)"', shown)
    assert (await (await client.get("/api/chatbot/workflows")).get_json())["workflows"] == []
    response = await client.post("/settings/restore-all", form={"deletedAt": moment})
    assert "2 chats restored." in await page(client, response.location.partition("#")[0])
    assert len((await (await client.get("/api/chatbot/workflows")).get_json())["workflows"]) == 2
    # It offers no longer what has been done.
    assert "chats deleted." not in await page(client, f"/settings?cleared={moment}")


@pytest.mark.parametrize("moment", ["", "x", "-1", "1e3", "nan", "9" * 40, "1.5.5"])
async def test_a_moment_that_is_none_restores_nothing(client: Client, moment: str) -> None:
    status, _text = await post(client, "/settings/restore-all", deletedAt=moment)
    assert status == 422
    assert "chats deleted." not in await page(client, f"/settings?cleared={moment}&restored=x")


async def test_all_chats_are_deleted_and_restored_over_json(client: Client) -> None:
    await ask(client, "count 1 0ms")
    cleared = await (await client.post("/api/chatbot/delete-all")).get_json()
    assert cleared["count"] == 1
    moment = {"deletedAt": cleared["deletedAt"]}
    response = await client.post("/api/chatbot/restore-all", json=moment)
    assert (response.status_code, await response.get_json()) == (200, {"count": 1})
    assert (await client.post("/api/chatbot/restore-all", json=moment)).status_code == 404
    again = await (await client.post("/api/chatbot/delete-all")).get_json()
    assert again["deletedAt"] > cleared["deletedAt"]
