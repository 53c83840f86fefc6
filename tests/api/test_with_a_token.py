"""What schemathesis makes of the document with the token of an administrator: no answer is 5xx."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.api.fuzzing import find_no_failure
from tests.browser.people import PASSWORD, setup_link
from tests.server import Server


def make_token(server: Server) -> str:
    """Set the server up, and make a token that may change everything."""
    with httpx.Client(base_url=server.url, headers={"Origin": server.url}) as client:
        form = {"name": "Ada", "password": PASSWORD, "again": PASSWORD}
        secret = setup_link(server).rpartition("/")[2]
        entered = client.post(f"/set-up/{secret}", data=form)
        assert entered.status_code == 303, entered.text
        cookie = {"Cookie": f"__Host-session={entered.cookies['__Host-session']}"}
        form = {"name": "schemathesis", "scope": "write", "days": "30"}
        page = client.post("/settings/account/tokens", data=form, headers=cookie)
    found = re.search(r"qc_[\w-]{43}", page.text)
    assert found is not None, page.text
    return found[0]


@pytest.mark.long
@pytest.mark.timeout(600)
def test_no_answer_fails_with_a_token(start_server: Callable[..., Server], tmp_path: Path) -> None:
    server = start_server(env={"QUART_CHAT_EVENTS_KEEPALIVE": "0.5", "QUART_CHAT_AUTH": "accounts"})
    header = f"Authorization: Bearer {make_token(server)}"
    checks = ("--checks", "not_a_server_error", "--header", header)
    find_no_failure(server, tmp_path, *checks, "--max-examples", "100", "--max-time", "180")
