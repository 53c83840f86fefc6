"""A browser with passkeys, as a program."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from quart.typing import TestClientProtocol as Client

from tests.accounts.authenticator import Authenticator
from tests.web.accounts.people import HOST, Person, cookies_of

ORIGIN = "http://localhost:8000"


@dataclass
class Browser:
    """A browser: what it sends with each request, and the cookies that it has got."""

    client: Client
    headers: dict[str, str] = field(default_factory=lambda: {**HOST, "Origin": ORIGIN})
    cookies: dict[str, str] = field(default_factory=dict)

    async def post(self, path: str, body: Any = None) -> Any:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {**self.headers, **({"Cookie": cookie} if cookie else {})}
        response = await self.client.post(path, json=body, headers=headers)
        self.cookies |= {name: morsel["value"] for name, morsel in cookies_of(response).items()}
        return response

    async def begin(self, path: str) -> Any:
        response = await self.post(path)
        assert response.status_code == 200, await response.get_data(as_text=True)
        return await response.get_json()

    async def add(self, key: Authenticator, **body: Any) -> Any:
        begun = await self.begin("/api/passkeys/challenge")
        credential = key.create(begun["options"])
        sent = {"challengeId": begun["challengeId"], "credential": credential, **body}
        return await self.post("/api/passkeys", sent)

    async def come(self, key: Authenticator, **body: Any) -> Any:
        begun = await self.begin("/api/passkeys/sign-in/challenge")
        sent = {"challengeId": begun["challengeId"], "credential": key.get(begun["options"])}
        return await self.post("/api/passkeys/sign-in", {**sent, **body})

    @property
    def shown(self) -> dict[str, str]:
        """The headers of a person who has signed in."""
        return {**HOST, "Cookie": f"__Host-session={self.cookies['__Host-session']}"}


def browser_of(client: Client, person: Person | None = None) -> Browser:
    cookies = {"__Host-session": person.secret} if person else {}
    return Browser(client, cookies=cookies)


async def is_refused(response: Any, status: int = 401, code: str = "wrong_credentials") -> bool:
    if response.status_code != status:
        return False
    found: str = (await response.get_json())["error"]["code"]
    return found == code and "__Host-session" not in cookies_of(response)
