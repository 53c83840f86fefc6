from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat.accounts.models import Role
from tests.web.accounts.people import (
    HOST,
    OPERATOR,
    PASSWORD,
    Person,
    accounts_of,
    add_person,
    cookies_of,
    team_app,
)

VISIT = {**HOST, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


async def sign_in(client: Client, name: str, password: str = PASSWORD, **more: str):  # type: ignore[no-untyped-def]  # a response of Quart's tests
    form = {"name": name, "password": password, "next": more.pop("then", "")}
    return await client.post("/sign-in", form=form, headers={**HOST, **more})


async def test_the_first_administrator_enters_by_the_link_that_the_server_prints(
    app: Quart, printed: Callable[[], str], client: Client
) -> None:
    link = re.search(r"(/set-up/\S+)", printed())
    assert link is not None
    page = await client.get(link[1], headers=HOST)
    assert page.status_code == 200
    assert "become yours" in await page.get_data(as_text=True)
    form = {"name": "Ada", "password": PASSWORD, "again": PASSWORD}
    response = await client.post(link[1], form=form, headers=HOST)
    assert response.status_code == 303
    assert response.headers["Location"] == "/"
    (first,) = await accounts_of(app).users.all()
    assert (first.id, first.name, first.is_admin) == ("local", "Ada", True)
    # It works once.
    assert (await client.get(link[1], headers=HOST)).status_code == 410
    assert (await client.post(link[1], form=form, headers=HOST)).status_code == 410


async def test_no_link_is_printed_once_there_is_an_administrator(
    tmp_path: Path, printed: Callable[[], str]
) -> None:
    first = team_app(tmp_path / "instance")
    async with first.test_app():
        await add_person(first, "Ada", Role.ADMIN)
    assert "/set-up/" in printed()
    async with team_app(tmp_path / "instance").test_app():
        pass
    assert "/set-up/" not in printed()


async def test_a_person_is_led_to_the_page_to_sign_in_and_back(
    client: Client, user: Person
) -> None:
    response = await client.get("/documents?document=a%26b", headers=VISIT)
    assert response.status_code == 303
    there = urlsplit(response.headers["Location"])
    assert there.path == "/sign-in"
    then = parse_qs(there.query)["next"][0]
    assert then == "/documents?document=a%26b"
    page = await client.get(response.headers["Location"], headers=VISIT)
    assert "/documents?document=a%26b" in await page.get_data(as_text=True)
    response = await sign_in(client, "berta", then=then)
    assert response.status_code == 303
    assert response.headers["Location"] == then


@pytest.mark.parametrize("path", ["/api/chatbot/workflows", "/api/stream", "/nowhere/at/all"])
async def test_a_program_is_told_401_in_json(client: Client, path: str) -> None:
    headers = {**HOST, "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    response = await client.get(path, headers=headers)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert (await response.get_json())["error"] == {
        "code": "unauthenticated",
        "message": "You are not signed in.",
    }


async def test_the_cookies_are_bound_to_this_host_and_hidden_from_scripts(
    client: Client, user: Person
) -> None:
    cookies = cookies_of(await sign_in(client, "Berta"))
    assert set(cookies) == {"__Host-session", "__Host-device"}
    for cookie in cookies.values():
        assert cookie["secure"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert not cookie["domain"]
        assert int(cookie["max-age"]) > 24 * 60 * 60


@pytest.mark.parametrize(
    "then",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/\t/evil.example",
        "/%2F/evil.example",
        ".evil.example/",
        "@evil.example/",
        "javascript:alert(1)",
        "/nowhere",
        "/sign-out",
        "",
    ],
)
async def test_a_sign_in_leads_to_no_other_server(client: Client, user: Person, then: str) -> None:
    response = await sign_in(client, "Berta", then=then)
    assert response.status_code == 303
    assert response.headers["Location"] == "/"
    response = await client.get("/sign-in", query_string={"next": then}, headers=user.headers)
    assert response.headers["Location"] == "/"


async def test_a_session_from_before_the_sign_in_is_not_accepted_after_it(
    client: Client, admin: Person, user: Person
) -> None:
    # The attacker has a session, and has planted its cookie in the victim's browser.
    planted = {"Cookie": f"__Host-session={admin.secret}"}
    response = await sign_in(client, "Berta", **planted)
    fresh = cookies_of(response)["__Host-session"]["value"]
    assert fresh not in (admin.secret, user.secret)
    response = await client.get("/api/settings", headers=admin.headers)
    assert response.status_code == 401
    headers = {**HOST, "Cookie": f"__Host-session={fresh}"}
    assert (await client.get("/api/settings", headers=headers)).status_code == 200


async def test_a_secret_that_was_never_given_out_is_worth_nothing(
    client: Client, user: Person
) -> None:
    for secret in ("", "x", "a" * 43, "0" * 10_000, user.secret[:-1], user.secret + "a"):
        headers = {**HOST, "Cookie": f"__Host-session={secret}"}
        assert (await client.get("/api/settings", headers=headers)).status_code == 401
    # The sign-in chooses the secret, whatever the browser sends.
    response = await sign_in(client, "Berta", Cookie="__Host-session=" + "a" * 43)
    assert cookies_of(response)["__Host-session"]["value"] != "a" * 43


async def test_a_wrong_password_and_an_unknown_name_are_told_alike(
    client: Client, user: Person
) -> None:
    pages = set()
    for name, password in (("Berta", "not the walnut at all"), ("Nemo", PASSWORD)):
        response = await sign_in(client, name, password)
        assert response.status_code == 401
        assert "__Host-session" not in cookies_of(response)
        pages.add((await response.get_data(as_text=True)).replace(f'value="{name}"', ""))
    assert len(pages) == 1


async def test_guesses_are_throttled_and_the_page_says_how_long(
    client: Client, user: Person
) -> None:
    for _ in range(30):
        response = await sign_in(client, "Berta", "not the walnut at all")
        if response.status_code == 429:
            break
    assert response.status_code == 429
    wait = int(response.headers["Retry-After"])
    assert wait > 0
    page = await response.get_data(as_text=True)
    assert f"Try again in {wait}" in page
    assert 'value="Berta"' in page


async def test_another_site_can_sign_nobody_in_or_out(client: Client, user: Person) -> None:
    for path in ("/sign-in", "/sign-out"):
        response = await client.post(
            path, form={"name": "Berta"}, headers={**user.headers, "Origin": "http://evil.example"}
        )
        assert response.status_code == 403
    assert (await client.get("/api/settings", headers=user.headers)).status_code == 200


async def test_signing_out_ends_the_session_and_clears_the_browser(
    client: Client, user: Person
) -> None:
    response = await client.post("/sign-out", headers=user.headers)
    assert response.status_code == 303
    assert cookies_of(response)["__Host-session"]["max-age"] == "0"
    # What the host has stored may be of other installations: the page that follows erases our own.
    assert response.headers["Clear-Site-Data"] == '"cache"'
    page = await client.get(response.headers["Location"], headers=user.headers)
    assert "data-forget" in await page.get_data(as_text=True)
    link = {"Sec-Fetch-Site": "cross-site"}
    page = await client.get("/sign-in?reason=signed_out", headers=link)
    assert "data-forget" not in await page.get_data(as_text=True)
    assert (await client.get("/api/settings", headers=user.headers)).status_code == 401


async def test_a_connection_without_encryption_is_told_of_before_a_password_is_sent(
    app: Quart, client: Client, user: Person
) -> None:
    headers = {"Host": "chat.example.org", "User-Agent": "Mozilla/5.0"}
    form = {"name": "Berta", "password": PASSWORD}
    page = await client.get("/sign-in", headers=headers)
    assert page.status_code == 400  # the name has to be allowed
    headers["Host"] = "127.0.0.1:8000"
    assert "HTTPS" not in await (await client.get("/sign-in", headers=headers)).get_data(
        as_text=True
    )
    response = await client.post("/sign-in", form=form, headers=headers)
    assert response.status_code == 303


async def test_a_disabled_user_is_as_signed_out(app: Quart, client: Client, user: Person) -> None:
    await accounts_of(app).users.disable(OPERATOR, user.id)
    assert (await client.get("/api/settings", headers=user.headers)).status_code == 401
    response = await sign_in(client, "Berta")
    assert response.status_code == 401


async def test_sign_in_is_there_without_scripts_in_german(client: Client) -> None:
    response = await client.get("/sign-in", headers={**HOST, "Accept-Language": "de"})
    page = await response.get_data(as_text=True)
    assert 'lang="de"' in page
    assert "Anmelden" in page
    assert response.headers["Cache-Control"] == "no-store"


async def test_probes_need_no_account_and_metrics_keep_their_own_check(client: Client) -> None:
    for path in ("/healthz", "/readyz"):
        assert (await client.get(path, headers=HOST)).status_code == 200
    away = {**HOST, "X-Forwarded-For": "10.0.0.6"}
    assert (await client.get("/metrics", headers=away)).status_code == 404
