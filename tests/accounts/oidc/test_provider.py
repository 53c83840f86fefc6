"""What a provider sends is believed only where all of it is right."""

from __future__ import annotations

import asyncio
import base64
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from hashlib import sha256
from typing import Any

import orjson
import pytest
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey, RSAKey

from quart_chat.accounts.oidc.client import MAX_BYTES, ProviderClient
from quart_chat.accounts.oidc.discovery import LONGEST, REFRESH, RENEW, RETRY
from quart_chat.accounts.oidc.provider import ExternalUser, Provider, Registration
from quart_chat.accounts.oidc.requests import AuthorizationRequest
from quart_chat.accounts.secret import new_secret
from quart_chat.errors import ChatError, ProviderUnavailable, SignInRefused
from tests.accounts.oidc.provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    TestProvider,
    client_of,
    hang,
    make_key,
    send_without_end,
    serve_provider,
)

BACK = "https://chat.example.org/sign-in/oidc/callback"


@pytest.fixture
async def provider() -> AsyncIterator[TestProvider]:
    async with serve_provider() as provider:
        yield provider


class Browser:
    """Goes to the provider and comes back."""

    def __init__(self, provider: TestProvider, client: ProviderClient) -> None:
        self.there = provider
        self.clock = time.time
        self._client = client
        self.provider = self.make()

    def make(self, **changes: str) -> Provider:
        known = {"client_id": CLIENT_ID, "secret": CLIENT_SECRET, "scopes": "openid profile"}
        registration = Registration(**{"issuer": self.there.url, **known, **changes})
        self.provider = Provider(registration, self._client, self._now)
        return self.provider

    def _now(self) -> float:
        return self.clock()

    async def come_back(self, **changes: str) -> ExternalUser:
        request = AuthorizationRequest(new_secret(), new_secret())
        answer = self.there.sign_in(await self.provider.address(request, BACK))
        return await self.provider.redeem(request, {**answer, **changes}, BACK)


@pytest.fixture
async def browser(provider: TestProvider) -> AsyncIterator[Browser]:
    async with ProviderClient() as client:
        yield Browser(provider, client)


@pytest.fixture(autouse=True)
def nothing_secret_is_logged(
    provider: TestProvider, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    caplog.set_level(logging.INFO)
    yield
    for text in (*filter(None, provider.sent), *(form.get("code", "-") for form in provider.forms)):
        assert text not in caplog.text
    for form in provider.forms:
        assert form["code_verifier"] not in caplog.text
    assert CLIENT_SECRET not in caplog.text


async def test_who_comes_back_is_known(browser: Browser, provider: TestProvider) -> None:
    user = await browser.come_back()
    assert (user.issuer, user.subject, user.name) == (provider.url, "7", "ada")
    assert provider.asked == ["/.well-known/openid-configuration", "/keys", "/token", "/userinfo"]
    await browser.come_back()
    assert provider.asked[4:] == ["/token", "/userinfo"]
    asked = provider.asked_for
    assert asked["realm"] == "team"
    assert asked["code_challenge_method"] == "S256"
    assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT_ID)
    assert (asked["redirect_uri"], asked["scope"]) == (BACK, "openid profile")
    assert provider.forms[-1]["redirect_uri"] == BACK
    assert client_of(provider.authorization[-1]) == (CLIENT_ID, CLIENT_SECRET)
    hashed = sha256(provider.forms[-1]["code_verifier"].encode()).digest()
    assert asked["code_challenge"] == base64.urlsafe_b64encode(hashed).decode().rstrip("=")


@pytest.mark.parametrize(
    ("methods", "in_form"),
    [(["client_secret_post"], True), (["client_secret_post", "client_secret_basic"], False)],
)
async def test_the_secret_is_sent_as_the_provider_takes_it(
    browser: Browser, provider: TestProvider, methods: list[str], in_form: bool
) -> None:
    provider.metadata["token_endpoint_auth_methods_supported"] = methods
    await browser.come_back()
    assert provider.forms[0].get("client_secret") == (CLIENT_SECRET if in_form else None)
    assert bool(provider.authorization[0]) is not in_form


async def test_a_client_without_a_secret_sends_none(
    browser: Browser, provider: TestProvider
) -> None:
    browser.make(secret="")
    await browser.come_back()
    assert provider.forms[0]["client_id"] == CLIENT_ID
    assert "client_secret" not in provider.forms[0]
    assert provider.authorization == [""]


@pytest.mark.parametrize(
    ("algorithm", "make"),
    [
        ("RS256", lambda: RSAKey.generate_key(2048, {"kid": "r"})),
        ("PS256", lambda: RSAKey.generate_key(2048, {"kid": "r"})),
        ("Ed25519", lambda: OKPKey.generate_key("Ed25519", {"kid": "o"})),
    ],
)
async def test_signatures_of_other_kinds(
    browser: Browser, provider: TestProvider, algorithm: str, make: Callable[[], Any]
) -> None:
    provider.key = make()
    provider.keys, provider.algorithm = [provider.key], algorithm
    assert (await browser.come_back()).subject == "7"


NOW = int(time.time())

UNTRUSTED: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "abc"},
    "no nonce": {"nonce": None},
    "a nonce that is no text": {"nonce": 7},
    "another issuer": {"iss": "https://evil.example"},
    "the issuer with a slash": {"iss": "http://127.0.0.1/"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "other"},
    "audiences of others": {"aud": ["other", "third"]},
    "several audiences and no party": {"aud": [CLIENT_ID, "other"]},
    "another party": {"azp": "other"},
    "no audience": {"aud": None},
    "an audience that is an object": {"aud": {CLIENT_ID: 1}},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a subject that is a number": {"sub": 7},
    "a subject without end": {"sub": "7" * 256},
    "a subject that can't be stored": {"sub": "7\0"},
    "no end": {"exp": None},
    "an end that is a text": {"exp": str(NOW + 300)},
    "an end that is true": {"exp": True},
    "no begin": {"iat": None},
    "a begin that is a list": {"iat": [NOW]},
}


@pytest.mark.parametrize("claims", UNTRUSTED.values(), ids=UNTRUSTED)
async def test_a_token_that_says_something_else_is_refused(
    browser: Browser, provider: TestProvider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    with pytest.raises(SignInRefused, match="can't be trusted"):
        await browser.come_back()


@pytest.mark.parametrize(
    "claims", [{"exp": NOW - 61}, {"exp": 0}, {"iat": NOW + 300}, {"nbf": NOW + 300}]
)
async def test_a_token_out_of_its_time_is_refused_with_the_likely_reason(
    browser: Browser, provider: TestProvider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    with pytest.raises(SignInRefused, match="the clocks of the two servers differ"):
        await browser.come_back()


async def test_clocks_may_differ_a_little(browser: Browser, provider: TestProvider) -> None:
    provider.claims = {"exp": int(time.time()) - 20, "iat": int(time.time()) + 30}
    assert (await browser.come_back()).subject == "7"


def unsigned(token: str) -> str:
    header = base64.urlsafe_b64encode(b'{"alg":"none","kid":"one"}').rstrip(b"=").decode()
    return f"{header}.{token.split('.')[1]}."


def by_another_key(token: str) -> str:
    claims = orjson.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return jwt.encode({"alg": "ES256", "kid": "one"}, claims, make_key("one"))


def by_the_secret(token: str) -> str:
    claims = orjson.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    key = OctKey.import_key(CLIENT_SECRET * 3)
    return jwt.encode({"alg": "HS256", "kid": "one"}, claims, key, ["HS256"])


def with_other_claims(token: str) -> str:
    head, payload, signature = token.split(".")
    claims = orjson.loads(base64.urlsafe_b64decode(payload + "=="))
    forged = base64.urlsafe_b64encode(orjson.dumps({**claims, "sub": "1"})).rstrip(b"=").decode()
    return f"{head}.{forged}.{signature}"


TAMPERED: dict[str, Callable[[str], str]] = {
    "unsigned": unsigned,
    "signed by another key": by_another_key,
    "signed with a secret": by_the_secret,
    "with other claims": with_other_claims,
    "without its signature": lambda token: token.rpartition(".")[0] + ".",
    "cut": lambda token: token[:40],
    "no token": lambda token: "hello",
    "empty": lambda token: "",
    "with five parts": lambda token: f"{token}.a.b",
    "with letters of other scripts": lambda token: token.replace("e", "é"),
    "with a header of its own kind": lambda token: (
        base64.urlsafe_b64encode(b'{"alg":["ES256"],"kid":{}}').decode().rstrip("=")
        + token[token.index(".") :]
    ),
    "critical": lambda token: (
        base64.urlsafe_b64encode(b'{"alg":"ES256","kid":"one","crit":["b64"],"b64":false}')
        .decode()
        .rstrip("=")
        + token[token.index(".") :]
    ),
}


@pytest.mark.parametrize("tamper", TAMPERED.values(), ids=TAMPERED)
async def test_a_token_that_is_not_of_the_provider_is_refused(
    browser: Browser, provider: TestProvider, tamper: Callable[[str], str]
) -> None:
    provider.tamper = tamper
    with pytest.raises(SignInRefused, match="can't be trusted"):
        await browser.come_back()


async def test_new_keys_are_fetched_once(browser: Browser, provider: TestProvider) -> None:
    await browser.come_back()
    provider.key = make_key("two")
    provider.keys.append(provider.key)
    assert (await browser.come_back()).subject == "7"
    assert provider.asked.count("/keys") == 2
    await browser.come_back()
    assert provider.asked.count("/keys") == 2


async def test_new_keys_without_names_are_fetched_too(
    browser: Browser, provider: TestProvider
) -> None:
    provider.header = {"kid": None}
    await browser.come_back()
    provider.key = make_key("two")
    provider.keys = [provider.key]
    assert (await browser.come_back()).subject == "7"


async def test_a_key_that_is_not_published_is_refused(
    browser: Browser, provider: TestProvider
) -> None:
    await browser.come_back()
    provider.key = make_key("three")
    with pytest.raises(SignInRefused, match="can't be trusted"):
        await browser.come_back()
    assert provider.asked.count("/keys") == 2


async def test_a_token_that_names_no_key_is_verified_with_the_only_one(
    browser: Browser, provider: TestProvider
) -> None:
    provider.header = {"kid": None}
    assert (await browser.come_back()).subject == "7"


async def test_keys_that_can_not_be_read_do_not_hide_the_others(
    browser: Browser, provider: TestProvider
) -> None:
    good = provider.key.as_dict(private=False)
    odd = [None, 7, {"kty": "PQ"}, {"kty": "RSA", "n": "?"}, {"kty": "EC"}, {"kty": "oct"}]
    keys = {"keys": [*odd, good]}

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response(keys)

    provider.handlers["/keys"] = answer
    assert (await browser.come_back()).subject == "7"


async def test_the_provider_is_asked_again_after_an_hour(
    browser: Browser, provider: TestProvider
) -> None:
    await browser.come_back()
    browser.clock = lambda: time.time() + REFRESH + 1
    with pytest.raises(SignInRefused, match="expired"):
        await browser.come_back()
    assert provider.asked.count("/keys") == 2


DOCUMENTS: dict[str, dict[str, Any]] = {
    "of another issuer": {"issuer": "https://evil.example"},
    "of no issuer": {"issuer": None},
    "without a place to sign in": {"authorization_endpoint": None},
    "with a script in its place": {"authorization_endpoint": "javascript:alert(1)"},
    "with a number in its place": {"token_endpoint": 7},
    "with half an address": {"jwks_uri": "http://"},
    "with an address that is none": {"token_endpoint": "http://[::1"},
    "with a file": {"userinfo_endpoint": "file:///etc/passwd"},
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
async def test_a_document_that_can_not_be_used_is_refused(
    browser: Browser, provider: TestProvider, document: dict[str, Any]
) -> None:
    provider.metadata = document
    with pytest.raises(ProviderUnavailable, match="Tell an administrator"):
        await browser.come_back()


async def test_a_slash_at_the_end_of_an_issuer_makes_no_difference(
    browser: Browser, provider: TestProvider
) -> None:
    provider.metadata = {"issuer": f"{provider.url}/"}
    provider.claims = {"iss": f"{provider.url}/"}
    assert (await browser.come_back()).issuer == f"{provider.url}/"


@pytest.mark.parametrize(
    ("metadata", "answer"),
    [
        ({}, {"iss": "https://evil.example"}),
        ({"authorization_response_iss_parameter_supported": True}, {}),
    ],
)
async def test_an_answer_of_another_provider_is_refused(
    browser: Browser, provider: TestProvider, metadata: dict[str, Any], answer: dict[str, str]
) -> None:
    provider.metadata = metadata
    with pytest.raises(SignInRefused, match="can't be trusted"):
        await browser.come_back(**answer)
    assert provider.forms == []


async def test_a_user_of_whom_other_things_are_told_is_refused(
    browser: Browser, provider: TestProvider
) -> None:
    for told in ({"sub": "8"}, {"preferred_username": "ada"}, {"sub": None}):
        provider.userinfo = told
        with pytest.raises(SignInRefused, match="can't be trusted"):
            await browser.come_back()


async def test_the_token_wins_over_what_is_told_beside_it(
    browser: Browser, provider: TestProvider
) -> None:
    provider.claims = {"groups": ["users"]}
    provider.userinfo = {"sub": "7", "groups": ["admins"], "email": "a@b.c"}
    user = await browser.come_back()
    assert (user.claims["groups"], user.claims["email"]) == (["users"], "a@b.c")


async def test_a_provider_may_tell_all_in_the_token(
    browser: Browser, provider: TestProvider
) -> None:
    provider.userinfo = None
    provider.claims = {"name": "Ada"}
    assert (await browser.come_back()).name == "Ada"


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"preferred_username": "\u200b", "name": "Ada"}, "Ada"),
        ({"preferred_username": 7, "name": ["Ada"], "email": "ada@b.c"}, "ada@b.c"),
        ({"name": "x" * 500}, "x" * 64),
        ({"name": "Ada\nroot"}, "Ada root"),
        ({"sub": "\u200b"}, "user"),
    ],
)
def test_the_name_of_a_new_user(claims: dict[str, Any], name: str) -> None:
    assert ExternalUser("https://id", "7", claims).name == name


async def test_a_code_works_once(browser: Browser, provider: TestProvider) -> None:
    request = AuthorizationRequest(new_secret(), new_secret())
    answer = provider.sign_in(await browser.provider.address(request, BACK))
    await browser.provider.redeem(request, answer, BACK)
    with pytest.raises(SignInRefused, match=r"It says: “This code was used\.”"):
        await browser.provider.redeem(request, answer, BACK)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"error": "access_denied"}, "It says: “access_denied”"),
        ({"error": "x", "error_description": "Not\ntoday.\u202e" + "y" * 999}, "“Not today."),
        ({"error": ""}, "has refused the sign-in."),
    ],
)
async def test_a_refusal_is_told_in_the_words_of_the_provider(
    browser: Browser, provider: TestProvider, answer: dict[str, str], said: str
) -> None:
    with pytest.raises(SignInRefused) as refused:
        await browser.come_back(**answer)
    assert said in refused.value.message
    assert len(refused.value.message) < 300
    assert provider.forms == []


async def test_a_provider_that_repeats_secrets_shows_none(
    browser: Browser, provider: TestProvider
) -> None:
    async def repeat(request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        provider.forms.append(form)
        said = f"{CLIENT_SECRET} {form['code']} {form['code_verifier']}"
        return web.json_response({"error": "no", "error_description": said}, status=401)

    provider.handlers["/token"] = repeat
    with pytest.raises(SignInRefused, match=r"“\*\*\* \*\*\* \*\*\*”"):
        await browser.come_back()


PLACES = ("/.well-known/openid-configuration", "/keys", "/token", "/userinfo")


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 200), (b"<html>", 200), (b"[1]", 200), (b'"a"', 200), (b"\xff{", 200), (b"", 302)],
)
async def test_an_answer_that_can_not_be_read_is_no_sign_in(
    browser: Browser, provider: TestProvider, path: str, body: bytes, status: int
) -> None:
    async def answer(_request: web.Request) -> web.Response:
        location = {"Location": f"{provider.url}/elsewhere"}
        return web.Response(body=body, status=status, headers=location)

    provider.handlers[path] = answer
    with pytest.raises(ChatError):
        await browser.come_back()
    assert "/elsewhere" not in provider.asked


@pytest.mark.parametrize("path", PLACES)
async def test_an_error_of_the_provider_passes(
    browser: Browser, provider: TestProvider, path: str
) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"sub": "7", "keys": []}, status=503)

    provider.handlers[path] = answer
    with pytest.raises(ProviderUnavailable, match="answers with an error"):
        await browser.come_back()
    del provider.handlers[path]
    browser.clock = lambda: time.time() + RETRY
    assert (await browser.come_back()).subject == "7"


@pytest.mark.parametrize("path", PLACES)
async def test_an_answer_without_end_is_not_read(
    browser: Browser, provider: TestProvider, path: str
) -> None:
    provider.handlers[path] = send_without_end
    with pytest.raises(ProviderUnavailable, match="can't be read"):
        await browser.come_back()


async def test_what_unpacks_to_too_much_is_not_read(
    browser: Browser, provider: TestProvider
) -> None:
    async def bomb(_request: web.Request) -> web.Response:
        response = web.Response(body=b" " * (MAX_BYTES * 40))
        response.enable_compression(web.ContentCoding.gzip)
        return response

    provider.handlers["/keys"] = bomb
    with pytest.raises(ProviderUnavailable, match="can't be read"):
        await browser.come_back()


@pytest.mark.parametrize("path", PLACES)
async def test_a_provider_that_says_nothing_is_given_up(provider: TestProvider, path: str) -> None:
    provider.handlers[path] = hang
    async with ProviderClient(timeout=0.3) as client:
        browser = Browser(provider, client)
        with pytest.raises(ProviderUnavailable, match="takes too long"):
            await browser.come_back()


async def test_a_provider_that_is_away_is_told_and_found_again() -> None:
    async with ProviderClient() as client:
        async with serve_provider() as provider:
            browser = Browser(provider, client)
        with pytest.raises(ProviderUnavailable, match="can't be reached"):
            await browser.come_back()


async def test_a_failure_is_remembered_for_some_seconds(
    browser: Browser, provider: TestProvider
) -> None:
    provider.metadata = {"issuer": "https://evil.example"}
    with pytest.raises(ProviderUnavailable, match="another provider"):
        await browser.come_back()
    now = time.time()
    for after in (0, RETRY - 1):
        browser.clock = lambda after=after: now + after  # type: ignore[misc]
        with pytest.raises(ProviderUnavailable, match="can't be reached"):
            await browser.come_back()
    assert len(provider.asked) == 1
    provider.metadata = {}
    browser.clock = lambda: now + RETRY + 1
    assert (await browser.come_back()).subject == "7"


async def test_a_failure_is_one_for_all_who_wait(browser: Browser, provider: TestProvider) -> None:
    provider.metadata = {"issuer": "https://evil.example"}
    failures = await asyncio.gather(
        *(browser.come_back() for _ in range(9)), return_exceptions=True
    )
    assert {type(failure) for failure in failures} == {ProviderUnavailable}
    assert len(provider.asked) == 1


async def test_one_who_leaves_takes_the_answer_from_no_other(
    browser: Browser, provider: TestProvider
) -> None:
    asked = asyncio.Event()

    async def never(request: web.Request) -> web.StreamResponse:
        asked.set()
        return await hang(request)

    provider.handlers["/keys"] = never
    first = asyncio.create_task(browser.come_back())
    await asked.wait()
    second = asyncio.create_task(browser.come_back())
    del provider.handlers["/keys"]
    first.cancel()
    assert (await second).subject == "7"


@pytest.mark.parametrize("path", PLACES[:2])
async def test_what_is_known_stays_where_the_provider_can_not_say_it_again(
    browser: Browser, provider: TestProvider, path: str
) -> None:
    async def fail(_request: web.Request) -> web.Response:
        return web.Response(status=503)

    await browser.come_back()
    provider.handlers[path] = fail
    later = time.time() + REFRESH + 1
    browser.clock = lambda: later
    request = AuthorizationRequest(new_secret(), new_secret())
    for _ in range(3):
        assert await browser.provider.address(request, BACK)
        # The token is older than it may be by that clock: the keys have verified it.
        with pytest.raises(SignInRefused, match="expired"):
            await browser.come_back()
    assert provider.asked.count(path) == 2
    browser.clock = lambda: later + RETRY
    del provider.handlers[path]
    assert await browser.provider.address(request, BACK)
    assert provider.asked.count(path) == 3


async def test_what_is_known_is_used_for_a_day_at_most(
    browser: Browser, provider: TestProvider, caplog: pytest.LogCaptureFixture
) -> None:
    await browser.come_back()
    provider.metadata = {"issuer": "https://evil.example"}
    request = AuthorizationRequest(new_secret(), new_secret())
    known = time.time()
    browser.clock = lambda: known + LONGEST - 10
    assert await browser.provider.address(request, BACK)
    assert "24.0 hours old, is used on" in caplog.text
    browser.clock = lambda: known + LONGEST + 10
    for _ in range(2):
        with pytest.raises(ProviderUnavailable, match="not been for a day"):
            await browser.provider.address(request, BACK)
        with pytest.raises(ProviderUnavailable, match="not been for a day"):
            await browser.provider.redeem(request, {"code": "x"}, BACK)
    assert "No user can sign in" in caplog.text
    provider.metadata = {}
    browser.clock = lambda: known + LONGEST + 10 + RETRY
    assert await browser.provider.address(request, BACK)


async def test_keys_are_asked_for_at_a_bounded_rate(
    browser: Browser, provider: TestProvider
) -> None:
    await browser.come_back()
    provider.key = make_key("three")
    now = time.time()
    browser.clock = lambda: now
    for _ in range(5):
        with pytest.raises(SignInRefused, match="can't be trusted"):
            await browser.come_back()
    assert provider.asked.count("/keys") == 2
    provider.keys.append(provider.key)
    browser.clock = lambda: now + RENEW
    assert (await browser.come_back()).subject == "7"
    assert provider.asked.count("/keys") == 3


async def test_many_sign_ins_at_once(browser: Browser, provider: TestProvider) -> None:
    users = await asyncio.gather(*(browser.come_back() for _ in range(40)))
    assert {user.subject for user in users} == {"7"}
    assert len({form["code_verifier"] for form in provider.forms}) == 40
    assert [provider.asked.count(path) for path in PLACES[:2]] == [1, 1]
