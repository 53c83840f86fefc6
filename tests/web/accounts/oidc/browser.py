"""A browser that signs in at a provider."""

from __future__ import annotations

from typing import Any

from quart.typing import TestClientProtocol as Client

from tests.accounts.oidc.provider import TestProvider
from tests.web.accounts.people import HOST, cookies_of

CALLBACK = "/sign-in/oidc/callback"


class Browser:
    """Keeps cookies, and goes where it is sent."""

    def __init__(self, client: Client, provider: TestProvider) -> None:
        self._client = client
        self._provider = provider
        self.cookies: dict[str, str] = {}

    async def get(self, path: str, **headers: str) -> Any:
        return await self.open("GET", path, **headers)

    async def open(self, method: str, path: str, **headers: str) -> Any:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        send = self._client.post if method == "POST" else self._client.get
        response = await send(path, headers={**HOST, "Cookie": cookie, **sent})
        for name, each in cookies_of(response).items():
            self.cookies[name] = str(each["value"])
            if int(each["max-age"]) == 0:
                del self.cookies[name]
        return response

    async def leave(self, then: str = "") -> dict[str, str]:
        """Begin to sign in, and do it at the provider; what comes back is the answer."""
        response = await self.get(f"/sign-in/oidc?next={then}")
        assert response.status_code == 303, await response.get_data(as_text=True)
        return self._provider.sign_in(response.headers["Location"])

    async def come_back(self, answer: dict[str, str], **headers: str) -> Any:
        query = "&".join(f"{name}={value}" for name, value in answer.items())
        return await self.get(f"{CALLBACK}?{query}", **headers)

    async def sign_in(self, then: str = "") -> Any:
        return await self.come_back(await self.leave(then))

    async def is_in(self) -> bool:
        status: int = (await self.get("/api/settings")).status_code
        return status == 200
