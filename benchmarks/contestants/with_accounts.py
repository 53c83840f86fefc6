"""The chat with accounts: makes a user and a session for each conversation, and then serves.

The secrets of the sessions are a line each in ``sessions`` in the folder.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from benchmarks.scenarios import Sizes
from quart_chat.accounts.models import Actor, Origin, Role
from quart_chat.accounts.options import AccountOptions
from quart_chat.accounts.service import AccountService
from quart_chat.storage import open_storage

SESSIONS = "sessions"

_NAME, _PASSWORD = "Ada", "tulip copper ladder"


async def prepare(folder: Path) -> None:
    storage = await open_storage(f"sqlite:{folder / 'chat.sqlite'}")
    accounts = AccountService(storage.accounts, AccountOptions())
    await accounts.users.add(Actor(None), _NAME, role=Role.ADMIN, password=_PASSWORD)
    here = Origin("127.0.0.1")
    secrets = [
        (await accounts.sign_in.with_password(_NAME, _PASSWORD, here)).secret
        for _ in range(Sizes().chats)
    ]
    (folder / SESSIONS).write_text("\n".join(secrets))
    await accounts.close()
    await storage.close()


if __name__ == "__main__":
    asyncio.run(prepare(Path(sys.argv[2])))
    program = str(Path(sys.executable).with_name("quart-chat"))
    os.execv(program, [program, "serve", "--port", sys.argv[1], "--instance", sys.argv[2]])
