"""Usage and limits over HTTP: every way to ask, what is refused and how, and the pages."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat import create_app
from quart_chat.accounts.models import Role, Scope
from quart_chat.chat.usage.models import DailyUsage, day_of
from tests.chat.usage.teams import Poet
from tests.databases import settings_of
from tests.web.accounts.people import OPERATOR, Person, accounts_of, add_person, make_token
from tests.web.streams import parse, workflow_id
from tests.web.test_documents import FORM, form

ORIGIN = {"Origin": "http://localhost:8000"}


@pytest.fixture
def app(tmp_path: Path) -> Quart:
    folder = tmp_path / "instance"
    config = {"QUART_CHAT_INSTANCE": folder, "QUART_CHAT_AUTH": "accounts", **settings_of(folder)}
    return create_app(
        {**config, "QUART_CHAT_USER_LIMITS": "tokens_per_day=100 storage_mb=1 streams=3"},
        assistants=[Poet()],
    )


@pytest.fixture
async def client(app: Quart) -> AsyncIterator[Client]:
    async with app.test_app():
        yield app.test_client(use_cookies=False)


async def limit(app: Quart, person: Person, limits: str) -> None:
    await accounts_of(app).users.set_limits(OPERATOR, person.id, limits)


async def start(client: Client, headers: dict[str, str], prompt: str = "1 1", **body: Any) -> Any:
    return await client.post(
        "/api/chatbot/start/stream",
        json={"prompt": prompt, "assistant": "poet", **body},
        headers={**headers, **ORIGIN},
    )


async def chat_of(client: Client, person: Person, prompt: str = "1 1") -> str:
    response = await start(client, person.headers, prompt)
    assert response.status_code == 200
    items = parse(await response.get_data(as_text=False))
    assert items[-1]["type"] == "complete"
    return workflow_id(items)


async def page(client: Client, path: str, person: Person, language: str = "en") -> str:
    headers = {**person.headers, "Accept-Language": language}
    response = await client.get(path, headers=headers)
    text: str = await response.get_data(as_text=True)
    assert response.status_code == 200, text
    return text


async def test_every_way_to_ask_is_refused_once_the_tokens_are_used_up(
    app: Quart, client: Client, user: Person
) -> None:
    chat = await chat_of(client, user, "60 40")
    token = await make_token(app, user, Scope.WRITE)
    asked: list[tuple[str, dict[str, Any], dict[str, str]]] = [
        ("/api/chatbot/start/stream", {"json": {"prompt": "1 1", "assistant": "poet"}}, {}),
        ("/api/chatbot/start/stream", {"json": {"prompt": "1 1", "workflowId": chat}}, {}),
        (f"/api/chatbot/start/stream?workflowId={chat}", {"json": {"prompt": "1 1"}}, {}),
        ("/api/chatbot/start/stream", {"json": {"workflowId": chat, "replaces": 1}}, {}),
        (
            "/api/chatbot/start/stream",
            {"json": {"prompt": "2 2", "workflowId": chat, "replaces": 1}},
            {},
        ),
        (f"/api/chatbot/{chat}/queue", {"json": {"prompt": "1 1"}}, {}),
        ("/api/chatbot/start/stream", {"json": {"prompt": "1 1", "assistant": "poet"}}, token),
        (f"/api/chatbot/{chat}/queue", {"json": {"prompt": "1 1"}}, token),
        ("/chat", {"form": {"prompt": "1 1", "assistant": "poet"}}, {}),
        (f"/chat/{chat}", {"form": {"prompt": "1 1"}}, {}),
        (f"/chat/{chat}", {"form": {"replaces": "1"}}, {}),
    ]
    for path, body, shown in asked:
        headers = {**(shown or user.headers), **ORIGIN}
        response = await client.post(path, headers=headers, **body)
        text = await response.get_data(as_text=True)
        assert response.status_code == 429, (path, body, text)
        assert 1 <= int(response.headers["Retry-After"]) <= 86_400
        assert "used 100 of 100 tokens for today. It starts again at 00:00 UTC." in text
        if path.startswith("/api/"):
            assert (await response.get_json())["error"]["code"] == "usage_limit_reached"
    librarian = await start(client, user.headers, assistant="librarian")
    assert librarian.status_code == 200
    await librarian.get_data()


async def test_the_document_says_what_is_refused(client: Client, user: Person) -> None:
    document = await (await client.get("/openapi.json", headers=user.headers)).get_json()
    for path in (
        "/api/chatbot/start/stream",
        "/api/chatbot/{workflow_id}/queue",
        "/api/chatbot/{workflow_id}/queue/{prompt_id}/send",
    ):
        responses = document["paths"][path]["post"]["responses"]
        assert "usage_limit_reached" in str(responses["429"])
        assert "model_not_allowed" in str(responses["403"])


async def test_a_queued_question_is_refused_at_once_too(
    app: Quart, client: Client, user: Person
) -> None:
    await limit(app, user, "models=verse")
    chat = await chat_of(client, user)
    response = await client.post(
        f"/api/chatbot/{chat}/queue",
        json={"prompt": "1 1", "assistant": "poet", "model": "prose"},
        headers={**user.headers, **ORIGIN},
    )
    assert response.status_code == 403
    error = (await response.get_json())["error"]
    assert error == {
        "code": "model_not_allowed",
        "message": "You may not use the model prose. Choose one of these: verse.",
    }


@pytest.mark.parametrize(
    ("limits", "models", "default"),
    [
        ("", ["verse", "prose"], "verse"),
        ("models=pro*", ["prose"], "prose"),
        ("models=ode,verse", ["verse"], "verse"),
        ("models=ode", [], "ode"),
    ],
)
async def test_only_models_that_may_be_asked_are_offered(
    app: Quart, client: Client, user: Person, limits: str, models: list[str], default: str
) -> None:
    await limit(app, user, limits)
    response = await client.get("/api/chatbot/assistants", headers=user.headers)
    listed = {each["name"]: each for each in (await response.get_json())["assistants"]}
    assert (listed["poet"]["models"], listed["poet"]["defaultModel"]) == (models, default)
    assert listed["poet"]["restricted"] == bool(limits)
    assert not listed["librarian"]["restricted"]
    settings = await page(client, "/settings", user)
    assert [name for name in ("verse", "prose") if f">{name}</option>" in settings] == [
        *[name for name in ("verse", "prose") if name in {*models, default}]
    ]


async def test_documents_are_held_within_the_limit_of_their_user(
    app: Quart, client: Client, user: Person
) -> None:
    headers = {**user.headers, **ORIGIN, **FORM}

    async def upload(size: int) -> Any:
        return await client.post(
            "/api/documents", data=form(("a.txt", b"word " * (size // 5))), headers=headers
        )

    assert (await upload(600_000)).status_code < 300
    response = await upload(600_000)
    assert response.status_code == 413
    error = (await response.get_json())["error"]
    assert error["code"] == "quota_exceeded"
    assert error["message"] == "The file is larger than your remaining space of 0.4 MB."
    await limit(app, user, "storage_mb=2")
    assert (await upload(600_000)).status_code < 300


async def test_streams_are_held_within_the_limit_of_their_user(
    app: Quart, client: Client, user: Person
) -> None:
    await limit(app, user, "streams=1")
    async with client.request("/api/stream", headers=user.headers) as stream:
        await stream.send_complete()
        await stream.receive()
        response = await client.get("/api/stream", headers=user.headers)
        assert response.status_code == 429
        assert response.headers["Retry-After"] == "5"
        message = (await response.get_json())["error"]["message"]
        assert message == "1 stream is open, which is the limit. Close a tab and try again."
        await stream.disconnect()


async def test_the_live_page_takes_a_stream_of_its_administrator(
    app: Quart, client: Client, admin: Person
) -> None:
    await limit(app, admin, "streams=1")
    async with client.request("/api/stream", headers=admin.headers) as stream:
        await stream.send_complete()
        await stream.receive()
        response = await client.get("/api/admin/live", headers=admin.headers)
        assert response.status_code == 429
        await stream.disconnect()


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "You&#39;ve used 85 of 100 tokens for today."),
        ("de", "Sie haben heute 85 von 100 Token verbraucht."),
    ],
)
async def test_a_limit_is_shown_before_it_is_reached(
    client: Client, user: Person, language: str, sentence: str
) -> None:
    chat = await chat_of(client, user, "40 39")
    for path in ("/", f"/chat/{chat}"):
        assert "composer-usage" not in await page(client, path, user, language)
    assert sentence.replace("85", "79") in await page(client, "/settings/account", user, language)
    await chat_of(client, user, "3 3")
    for path in ("/", f"/chat/{chat}", "/settings/account"):
        assert sentence in await page(client, path, user, language)


async def test_an_account_shows_its_own_usage_alone(
    app: Quart, client: Client, admin: Person, user: Person
) -> None:
    await chat_of(client, user, "40 2")
    await chat_of(client, admin, "30 1")
    account = await page(client, "/settings/account", user)
    assert "42 tokens" in account
    assert "31 tokens" not in account
    everyone = await page(client, "/admin/usage", admin)
    assert "73 tokens" in everyone
    assert everyone.index("42 tokens") < everyone.index("31 tokens")
    assert 'role="img"' in everyone
    assert "<td>40</td><td>2</td>" in await page(client, f"/admin/users/{user.id}/usage", admin)


async def test_an_administrator_sets_limits(
    app: Quart, client: Client, admin: Person, user: Person
) -> None:
    path, headers = f"/admin/users/{user.id}", {**admin.headers, **ORIGIN}
    shown = await page(client, f"{path}/usage", admin)
    assert "Of the role: 100<" in shown
    assert "Of the role: no limit<" in shown
    assert "Of the role: 20<" in shown
    typed = {
        "prompts_per_minute": " 5 ",
        "tokens_per_day": "none",
        "models": "verse,  ode*",
        "single_models": "tokens_per_day:verse=7",
    }
    response = await client.post(f"{path}/limits", form=typed, headers=headers)
    assert response.status_code == 303
    stored = await accounts_of(app).users.limits(user.id)
    assert stored == (
        "prompts_per_minute=5 tokens_per_day=none models=verse,ode* tokens_per_day:verse=7"
    )
    address, _hash, place = response.headers["Location"].partition("#")
    assert place == "limits"
    shown = await page(client, address, admin)
    assert "Saved." in shown
    for value in ('value="5"', 'value="none"', 'value="verse, ode*"'):
        assert value in shown
    entry = (await accounts_of(app).log.page()).entries[0]
    assert (entry.action, entry.actor, entry.detail) == ("limits_changed", "Ada", stored)


@pytest.mark.parametrize("field", ["tokens_per_day", "running_rounds", "single_models"])
async def test_limits_that_can_t_be_read_are_shown_again(
    app: Quart, client: Client, admin: Person, user: Person, field: str
) -> None:
    wrong = {"tokens_per_day": "many", "running_rounds": "0", "single_models": "gpt<4o>"}[field]
    response = await client.post(
        f"/admin/users/{user.id}/limits",
        form={"streams": "7", field: wrong},
        headers={**admin.headers, **ORIGIN},
    )
    text = await response.get_data(as_text=True)
    assert response.status_code == 422
    assert 'role="alert">Expected ' in text
    assert 'value="7"' in text
    assert "gpt<4o>" not in text
    assert await accounts_of(app).users.limits(user.id) == ""


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "The limits of the role hold until you save new ones here."),
        ("de", "Bis Sie hier neue speichern, gelten die der Rolle."),
    ],
)
async def test_stored_limits_that_can_t_be_read_are_set_anew(
    app: Quart, client: Client, admin: Person, user: Person, language: str, sentence: str
) -> None:
    storage = accounts_of(app).users._storage
    await storage.write(lambda tx: tx.update_limits(user.id, "tokens_per_day=<many>"))
    path = f"/admin/users/{user.id}"
    shown = await page(client, f"{path}/usage", admin, language)
    assert sentence in shown
    assert "<many>" not in shown
    assert (await start(client, user.headers)).status_code == 200
    response = await client.post(f"{path}/limits", headers={**admin.headers, **ORIGIN}, form={})
    assert response.status_code == 303
    assert await accounts_of(app).users.limits(user.id) == ""
    assert sentence not in await page(client, f"{path}/usage", admin, language)


async def test_a_user_changes_no_limits(client: Client, user: Person) -> None:
    response = await client.post(
        f"/admin/users/{user.id}/limits",
        form={"tokens_per_day": "none"},
        headers={**user.headers, **ORIGIN},
    )
    assert response.status_code == 403


async def test_the_export_has_the_usage(client: Client, user: Person) -> None:
    await chat_of(client, user, "40 2")
    response = await client.get("/transfer/chats.zip", headers=user.headers)
    data = await response.get_data(as_text=False)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("usage.csv").decode())))
    assert rows == [
        {
            "day": rows[0]["day"],
            "model": "verse",
            "rounds": "1",
            "prompt_tokens": "40",
            "answer_tokens": "2",
        }
    ]
    imported = await client.post(
        "/api/chatbot/import",
        data=form(("chats.zip", data)),
        headers={**user.headers, **FORM, **ORIGIN},
    )
    assert imported.status_code == 200
    assert (await imported.get_json())["refused"] == []


async def test_the_chart_draws_what_the_table_says(
    app: Quart, client: Client, admin: Person
) -> None:
    storage = app.extensions["quart_chat"].chat._storage
    now = app.extensions["quart_chat"].chat.usage.gate.clock()
    models = [f"m{n} <b>“ä”</b>" for n in range(9)]
    for n, model in enumerate(models):
        used = DailyUsage(day_of(now - n * 86_400).isoformat(), model, 1, 10 * n, 1)
        await storage.write(lambda tx, used=used: tx.add_usage(admin.id, used))
    text = await page(client, "/admin/usage", admin)
    heights = [float(each) for each in re.findall(r'width="14" height="([\d.]+)"', text)]
    assert len(heights) == 9
    assert max(heights) == 100
    assert "<b>" not in text
    assert text.count("usage-colour-") == 9 + 6
    assert "Others" in text
    for n in range(9):
        assert f"<td>{10 * n}</td><td>1</td>" in text


async def test_without_accounts_there_is_no_page(tmp_path: Path) -> None:
    folder = tmp_path / "alone"
    alone = create_app({"QUART_CHAT_INSTANCE": folder, **settings_of(folder)})
    async with alone.test_app():
        client = alone.test_client()
        host = {"Host": "localhost:8000"}
        assert (await client.get("/admin/usage", headers=host)).status_code == 404
        assert "composer-usage" not in await (await client.get("/", headers=host)).get_data(
            as_text=True
        )


async def test_a_user_who_becomes_administrator_has_other_limits(
    app: Quart, client: Client, user: Person
) -> None:
    await chat_of(client, user, "100 1")
    assert (await start(client, user.headers)).status_code == 429
    await accounts_of(app).users.set_role(OPERATOR, user.id, Role.ADMIN)
    again = await add_person(app, "Carla", Role.ADMIN)
    assert (await start(client, again.headers)).status_code == 200
    usage = app.extensions["quart_chat"].chat.usage
    assert (await usage.limits(user.id)).tokens_per_day is None
