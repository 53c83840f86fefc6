"""A provider of OpenID Connect that speaks HTTP on a socket and misbehaves as a test wants."""

from __future__ import annotations

import asyncio
import time
from base64 import b64decode
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet

CLIENT_ID, CLIENT_SECRET = "chat", "s3cret/with+signs"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid})


class TestProvider:
    """What it says can be changed before each request.

    Attributes:
        url: Its issuer.
        claims: What its ID tokens say beside what belongs to the attempt; None leaves one out.
        userinfo: What it says beside the token; None for no such place.
        metadata: What its document says otherwise.
        keys: What it publishes.
        key: What it signs with.
        algorithm: How.
        handlers: Answers to a path in the place of its own.
        asked: The path of each request.
        forms: What the token endpoint was sent.
        sent: The ID tokens and access tokens that were handed out.
    """

    __test__ = False

    def __init__(self) -> None:
        self.url = ""
        self.claims: dict[str, Any] = {}
        self.userinfo: dict[str, Any] | None = {"sub": "7", "preferred_username": "ada"}
        self.metadata: dict[str, Any] = {}
        self.key: Key = make_key("one")
        self.keys: list[Key] = [self.key]
        self.algorithm = "ES256"
        self.header: dict[str, Any] = {}
        self.handlers: dict[str, Handler] = {}
        self.asked: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.authorization: list[str] = []
        self.sent: list[str] = []
        self.tamper: Callable[[str], str] = lambda token: token
        self._nonces: dict[str, str] = {}
        self._codes = count()

    def sign_in(self, address: str) -> dict[str, str]:
        """Sign in as a user that the browser brings here would, and return the answer."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{next(self._codes)}-of-the-provider"
        self._nonces[code] = asked["nonce"]
        self.asked_for = asked
        return {"code": code, "state": asked["state"]}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        handler = self.handlers.get(request.path)
        if handler is not None:
            return await handler(request)
        match request.path:
            case "/.well-known/openid-configuration":
                return web.json_response(self._document())
            case "/keys":
                return web.json_response(KeySet(self.keys).as_dict())
            case "/token":
                return await self._redeem(request)
            case "/userinfo":
                return web.json_response(self.userinfo)
        return web.Response(status=404)

    def _document(self) -> dict[str, Any]:
        found = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize?realm=team",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }
        if self.userinfo is not None:
            found["userinfo_endpoint"] = f"{self.url}/userinfo"
        return without_none({**found, **self.metadata})

    async def _redeem(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.forms.append(form)
        self.authorization.append(request.headers.get("Authorization", ""))
        nonce = self._nonces.pop(form.get("code", ""), None)
        if nonce is None:
            said = {"error": "invalid_grant", "error_description": "This code was used."}
            return web.json_response(said, status=400)
        token, access = self.make_token(nonce), f"access-{len(self.sent)}-of-the-provider"
        self.sent += [token, access]
        return web.json_response(
            {"id_token": token, "access_token": access, "token_type": "Bearer"}
        )

    def make_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": "7",
            "aud": CLIENT_ID,
            "exp": now + 300,
            "iat": now,
            "nonce": nonce,
            **self.claims,
        }
        header = without_none({"alg": self.algorithm, "kid": self.key.kid, **self.header})
        signed = jwt.encode(header, without_none(claims), self.key, [self.algorithm])
        return self.tamper(signed)


def without_none(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value is not None}


def client_of(authorization: str) -> tuple[str, str]:
    """The client and its secret, of a header of the scheme Basic (RFC 6749, 2.3.1)."""
    user, _colon, password = b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
    return unquote_plus(user), unquote_plus(password)


@asynccontextmanager
async def serve_provider() -> AsyncGenerator[TestProvider]:
    """A provider that runs for the block."""
    provider = TestProvider()
    # A handler ends with its client.
    server = web.Server(provider.answer, handler_cancellation=True)  # type: ignore[arg-type]  # it takes any handler
    runner = web.ServerRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    provider.url = f"http://{host}:{port}"
    try:
        yield provider
    finally:
        await runner.cleanup()


async def hang(request: web.Request) -> web.StreamResponse:
    """Say nothing until the client has gone."""
    await asyncio.Event().wait()
    raise AssertionError


async def send_without_end(request: web.Request) -> web.StreamResponse:
    """Send until the client has gone."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" " * 65_536)
