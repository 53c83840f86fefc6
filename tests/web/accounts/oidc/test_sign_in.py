"""Signing in at a provider: the way there and back, as a browser goes it."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from quart_chat.accounts.models import LOCAL_USER, Role, Scope
from quart_chat.accounts.oidc import discovery, requests
from quart_chat.accounts.throttle.rates import Rate
from quart_chat.web.auth.cookies import SIGN_IN_REQUEST
from tests.accounts.oidc.provider import CLIENT_SECRET, TestProvider, hang
from tests.web.accounts.oidc.browser import CALLBACK, Browser
from tests.web.accounts.people import (
    HOST,
    OPERATOR,
    PASSWORD,
    Person,
    accounts_of,
    add_person,
    cookies_of,
    make_token,
)


@pytest.fixture
def browser(client: Client, provider: TestProvider) -> Browser:
    return Browser(client, provider)


async def refused(response: Any, status: int) -> str:
    """The sentence of the page that refuses a sign-in; the page has a way to try again."""
    page: str = await response.get_data(as_text=True)
    assert response.status_code == status, page
    assert "__Host-session" not in cookies_of(response)
    assert 'href="/sign-in/oidc' in page
    return page.partition('role="alert">')[2].partition("<")[0]


async def test_a_user_signs_in_and_goes_on_to_the_page(app: Quart, browser: Browser) -> None:
    response = await browser.sign_in("/documents%3Fdocument=a%2526b")
    assert response.status_code == 303
    assert response.headers["Location"] == "/documents?document=a%26b"
    assert await browser.is_in()
    assert set(browser.cookies) == {"__Host-session", "__Host-device"}
    (user,) = await accounts_of(app).users.all()
    assert (user.name, user.role, user.has_password) == ("ada", Role.USER, False)
    page = await browser.get("/settings/account")
    text = await page.get_data(as_text=True)
    assert "Where you are signed in" in text
    assert "Current password" not in text
    assert (await browser.open("POST", "/sign-out")).status_code == 303
    assert not await browser.is_in()


async def test_the_page_offers_what_is_set(browser: Browser) -> None:
    page = await (await browser.get("/sign-in?next=%2Fdocuments")).get_data(as_text=True)
    assert "Sign in with the &lt;School&gt;" in page
    assert 'href="/sign-in/oidc?next=%2Fdocuments"' in page
    assert 'name="password"' in page
    assert CLIENT_SECRET not in page


async def test_the_cookie_of_an_attempt_is_short_lived_and_of_this_host(browser: Browser) -> None:
    response = await browser.get("/sign-in/oidc")
    cookie = cookies_of(response)[SIGN_IN_REQUEST]
    assert SIGN_IN_REQUEST.startswith("__Host-")
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
    assert (cookie["path"], cookie["domain"], cookie["max-age"]) == ("/", "", "600")
    assert response.headers["Cache-Control"] == "no-store"
    state = parse_qs(urlsplit(response.headers["Location"]).query)["state"][0]
    assert state not in cookie["value"]


@pytest.mark.parametrize(
    ("headers", "uri"),
    [
        ({}, "http://localhost:8000"),
        ({"X_Forwarded_Proto": "https"}, "https://localhost:8000"),
        ({"Host": "chat.example.org"}, "https://chat.example.org"),
    ],
)
async def test_the_provider_sends_the_browser_back_to_this_server(
    browser: Browser, provider: TestProvider, headers: dict[str, str], uri: str
) -> None:
    response = await browser.get("/sign-in/oidc", **headers)
    provider.sign_in(response.headers["Location"])
    assert provider.asked_for["redirect_uri"] == uri + CALLBACK


async def test_the_answer_to_another_browser_signs_no_one_in(
    app: Quart, browser: Browser, client: Client, provider: TestProvider
) -> None:
    attacker = Browser(client, provider)
    answer = await attacker.leave()
    # Without an attempt of its own, and with one.
    assert "another window" in await refused(await browser.come_back(answer), 401)
    await browser.leave()
    assert "another window" in await refused(await browser.come_back(answer), 401)
    assert not await browser.is_in()
    assert await accounts_of(app).users.all() == []
    # The attempts of both are as they were.
    assert SIGN_IN_REQUEST in browser.cookies
    assert (await attacker.come_back(answer)).status_code == 303


async def test_an_answer_is_taken_once(
    browser: Browser, client: Client, provider: TestProvider
) -> None:
    answer = await browser.leave()
    again = Browser(client, provider)
    again.cookies = dict(browser.cookies)
    assert (await browser.come_back(answer)).status_code == 303
    assert "another window" in await refused(await again.come_back(answer), 401)
    assert not await again.is_in()


async def test_an_answer_with_two_states_is_refused(browser: Browser) -> None:
    answer = await browser.leave()
    for name in ("code", "state", "iss", "error"):
        twice = {**answer, name: f"{answer.get(name, 'a')}&{name}=b"}
        assert "another window" in await refused(await browser.come_back(twice), 401)
    assert not await browser.is_in()


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"state": "x" * 43}, 401, "another window"),
        ({"state": ""}, 401, "another window"),
        ({"code": "stolen"}, 401, "This code was used."),
        ({"iss": "https://evil.example"}, 401, "can&#39;t be trusted"),
        ({"error": "access_denied", "error_description": "No%20<b>"}, 401, "No &lt;b&gt;"),
    ],
)
async def test_a_wrong_answer_is_refused_with_a_sentence(
    app: Quart, browser: Browser, change: dict[str, str], status: int, said: str
) -> None:
    answer = {**await browser.leave("/documents"), **change}
    response = await browser.come_back(answer)
    assert said in await refused(response, status)
    assert 'href="/sign-in/oidc?next=%2Fdocuments"' in await response.get_data(as_text=True)
    assert not await browser.is_in()
    assert await accounts_of(app).users.all() == []


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"nonce": "another"}, "can&#39;t be trusted"),
        ({"iss": "https://evil.example"}, "can&#39;t be trusted"),
        ({"aud": "another"}, "can&#39;t be trusted"),
        ({"exp": 1}, "has expired"),
    ],
)
async def test_a_wrong_token_is_refused_with_a_sentence(
    app: Quart,
    browser: Browser,
    provider: TestProvider,
    caplog: pytest.LogCaptureFixture,
    claims: dict[str, Any],
    said: str,
) -> None:
    caplog.set_level(logging.DEBUG, "quart_chat")
    provider.claims = claims
    assert said in await refused(await browser.sign_in(), 401)
    assert not await browser.is_in()
    assert await accounts_of(app).users.all() == []
    (form,) = provider.forms
    for secret in (*provider.sent, form["code"], form["code_verifier"], CLIENT_SECRET):
        assert secret not in caplog.text
    assert "not trusted" in caplog.text


async def test_a_provider_that_is_away_is_told(
    app: Quart, browser: Browser, provider: TestProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = app.extensions["quart_chat"].provider._client
    monkeypatch.setattr(client, "_timeout", 0.3)
    monkeypatch.setattr(discovery, "RETRY", 0.0)
    provider.handlers["/.well-known/openid-configuration"] = hang
    response = await browser.get("/sign-in/oidc?next=/documents")
    assert "takes too long" in await refused(response, 503)
    assert response.headers["Retry-After"]
    del provider.handlers["/.well-known/openid-configuration"]
    answer = await browser.leave()
    provider.handlers["/token"] = hang
    assert "takes too long" in await refused(await browser.come_back(answer), 503)
    assert not await browser.is_in()


@pytest.mark.parametrize(
    "then",
    [
        "https://evil.example/",
        "//evil.example/",
        "/%5Cevil.example/",
        "%0A/x",
        "/%3Fa%3D%00",
        "/documents%3Fa%3D%1B[0m",
        "/nowhere",
        "x" * 9999,
    ],
)
async def test_a_sign_in_leads_to_no_other_server(browser: Browser, then: str) -> None:
    assert (await browser.sign_in(then)).headers["Location"] == "/"


async def test_a_page_of_another_site_begins_no_sign_in(browser: Browser) -> None:
    for site in ("cross-site", "same-site"):
        response = await browser.get("/sign-in/oidc?next=/documents", Sec_Fetch_Site=site)
        assert response.headers["Location"] == "/sign-in?next=%2Fdocuments"
        assert browser.cookies == {}


async def test_one_address_can_not_begin_without_end(
    browser: Browser, client: Client, provider: TestProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "AUTHORIZATIONS", Rate(burst=2, interval=3600.0))
    await browser.leave()
    answer = await browser.leave("/documents")
    third = Browser(client, provider)
    response = await third.get("/sign-in/oidc?next=/documents")
    assert "Too many attempts" in await refused(response, 429)
    assert 0 < int(response.headers["Retry-After"]) <= 3600
    assert third.cookies == {}
    # One that has begun can still end.
    assert (await browser.come_back(answer)).status_code == 303


async def test_a_provider_that_is_away_has_nothing_stored(
    app: Quart, browser: Browser, provider: TestProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[object] = []
    requests = accounts_of(app).authorization_requests
    monkeypatch.setattr(requests, "begin", begun.append)
    provider.metadata = {"issuer": "https://evil.example"}
    assert "another provider" in await refused(await browser.get("/sign-in/oidc"), 503)
    assert begun == []


async def test_a_browser_without_encryption_is_told_before_it_leaves(browser: Browser) -> None:
    headers = {"Host": "chat.example.org", "User_Agent": "Mozilla/5.0"}
    response = await browser.get("/sign-in/oidc", **headers)
    assert response.status_code == 400
    assert "not encrypted" in await response.get_data(as_text=True)


# Who is who


async def test_a_user_with_the_same_name_and_address_is_another_one(
    app: Quart, browser: Browser, provider: TestProvider
) -> None:
    ada = await add_person(app, "ada", Role.ADMIN)
    provider.claims = {"email": "ada@example.org", "email_verified": True}
    await browser.sign_in()
    users = {user.name: user for user in await accounts_of(app).users.all()}
    assert set(users) == {"ada", "ada 2"}
    assert users["ada"].id == ada.id == LOCAL_USER
    assert users["ada 2"].role is Role.USER
    # Nor is it one of another issuer, or the same after it has got another name.
    provider.claims = {"preferred_username": "renamed"}
    await browser.sign_in()
    assert len(await accounts_of(app).users.all()) == 2


async def test_a_user_who_is_disabled_is_told_so(app: Quart, browser: Browser) -> None:
    await browser.sign_in()
    users = accounts_of(app).users
    await users.disable(OPERATOR, (await users.find("ada")).id)
    assert not await browser.is_in()
    assert "disabled" in await refused(await browser.sign_in(), 403)


async def test_the_log_of_security_has_it(app: Quart, browser: Browser) -> None:
    await browser.sign_in()
    told = await accounts_of(app).log.page()
    assert ("signed_in", "external") in [(each.action, each.detail) for each in told.entries]


@pytest.mark.parametrize("settings", [{"QUART_CHAT_OIDC_USERS": "groups=chat,email=@example.org"}])
async def test_who_is_let_in_is_asked_each_time(
    app: Quart, browser: Browser, provider: TestProvider
) -> None:
    provider.claims = {"groups": ["other"], "email": "a@example.org", "email_verified": False}
    assert "have access to this server" in await refused(await browser.sign_in(), 403)
    assert await accounts_of(app).users.all() == []
    provider.claims = {"groups": ["other", "chat"]}
    assert (await browser.sign_in()).status_code == 303
    provider.claims = {}
    assert "have access to this server" in await refused(await browser.sign_in(), 403)
    await accounts_of(app).settle()
    told = await accounts_of(app).log.page()
    assert "sign_in_failed" in [each.action for each in told.entries]


@pytest.mark.parametrize("settings", [{"QUART_CHAT_OIDC_USERS": "groups=chat"}])
async def test_one_who_may_come_in_no_more_is_shut_out_everywhere(
    app: Quart, browser: Browser, client: Client, provider: TestProvider
) -> None:
    provider.claims = {"groups": ["chat"]}
    laptop, phone, other = (Browser(client, provider) for _ in range(3))
    await laptop.sign_in()
    await phone.sign_in()
    (user,) = await accounts_of(app).users.all()
    tokens = [await make_token(app, Person(user.id, user.name, ""), scope) for scope in Scope]
    provider.claims = {"groups": ["chat"], "sub": "8"}
    provider.userinfo = {"sub": "8", "preferred_username": "grace"}
    await other.sign_in()
    # Another user, who is refused, ends nothing of this one.
    provider.claims["groups"] = []
    assert "have access to this server" in await refused(await other.sign_in(), 403)
    assert [await each.is_in() for each in (laptop, phone, other)] == [True, True, False]
    provider.claims, provider.userinfo = {"groups": []}, {"sub": "7"}
    assert "have access to this server" in await refused(await browser.sign_in(), 403)
    assert [await each.is_in() for each in (laptop, phone)] == [False, False]
    for token in tokens:
        assert (await client.get("/api/settings", headers=token)).status_code == 401
    told = await accounts_of(app).log.page()
    actions = [str(each.action) for each in told.entries]
    assert actions.count("token_revoked") == len(tokens)
    assert actions.count("sessions_revoked") == 2
    # It is no lock: once the provider says so, the user is let in.
    provider.claims = {"groups": ["chat"]}
    await phone.sign_in()
    assert await phone.is_in()


@pytest.mark.parametrize("settings", [{"QUART_CHAT_OIDC_ADMINS": "groups=admins"}])
async def test_the_provider_says_who_is_an_administrator(
    app: Quart, browser: Browser, provider: TestProvider
) -> None:
    for groups, role in ((["admins"], Role.ADMIN), ([], Role.USER), (["admins"], Role.ADMIN)):
        provider.claims = {"groups": groups}
        await browser.sign_in()
        (user,) = await accounts_of(app).users.all()
        assert user.role is role
        page = await browser.get("/admin/users")
        assert page.status_code == (200 if role is Role.ADMIN else 403)


async def test_without_that_setting_an_administrator_says_it(app: Quart, browser: Browser) -> None:
    await add_person(app, "Grace", Role.ADMIN)
    await browser.sign_in()
    users = accounts_of(app).users
    await users.set_role(OPERATOR, (await users.find("ada")).id, Role.ADMIN)
    await browser.sign_in()
    assert (await users.find("ada")).role is Role.ADMIN


# Without passwords


@pytest.mark.parametrize("settings", [{"QUART_CHAT_AUTH": "oidc"}])
async def test_passwords_can_be_left_out(app: Quart, client: Client, browser: Browser) -> None:
    page = await (await browser.get("/sign-in")).get_data(as_text=True)
    assert 'name="password"' not in page
    assert "Sign in with the &lt;School&gt;" in page
    await add_person(app, "Grace", Role.ADMIN)
    form = {"name": "Grace", "password": PASSWORD}
    response = await client.post("/sign-in", form=form, headers=HOST)
    assert response.status_code == 403
    assert cookies_of(response) == {}
    visit = await browser.get("/documents", Sec_Fetch_Mode="navigate")
    assert visit.headers["Location"] == "/sign-in?next=%2Fdocuments"
    await browser.sign_in()
    assert await browser.is_in()
    home = await (await browser.get("/")).get_data(as_text=True)
    assert 'action="/sign-out"' in home


@pytest.mark.parametrize("settings", [{"QUART_CHAT_AUTH": "accounts"}])
async def test_without_a_provider_there_is_none(app: Quart, browser: Browser) -> None:
    page = await (await browser.get("/sign-in")).get_data(as_text=True)
    assert "/sign-in/oidc" not in page
    assert "School" not in page
    response = await browser.get(f"{CALLBACK}?code=a&state=b")
    assert response.headers["Location"].startswith("/sign-in?next=")


@pytest.mark.parametrize("settings", [{"QUART_CHAT_ROOT_PATH": "/team/chat"}])
async def test_below_a_path(browser: Browser, provider: TestProvider) -> None:
    page = await (await browser.get("/team/chat/sign-in")).get_data(as_text=True)
    assert 'href="/team/chat/sign-in/oidc"' in page
    response = await browser.get("/team/chat/sign-in/oidc?next=/team/chat/documents")
    answer = provider.sign_in(response.headers["Location"])
    there = "http://localhost:8000/team/chat/sign-in/oidc/callback"
    assert provider.asked_for["redirect_uri"] == there
    assert f"{SIGN_IN_REQUEST}~team~chat" in browser.cookies
    query = "&".join(f"{name}={value}" for name, value in answer.items())
    response = await browser.get(f"{there.removeprefix('http://localhost:8000')}?{query}")
    assert response.headers["Location"] == "/team/chat/documents"
    assert (await browser.get("/team/chat/api/settings")).status_code == 200
