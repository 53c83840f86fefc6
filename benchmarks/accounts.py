"""What accounts cost: ``python -m benchmarks.accounts``. Figures are processor time in one run."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from quart_chat.accounts.models import Actor, Origin, Role
from quart_chat.accounts.options import AccountOptions
from quart_chat.accounts.secret import new_secret
from quart_chat.accounts.service import AccountService
from quart_chat.errors import WrongCredentials
from quart_chat.storage import open_storage

NAME, PASSWORD = "Ada", "tulip copper ladder"
DAY = 90_000.0


async def cost(work: Callable[[], Awaitable[object]], times: int) -> float:
    """Seconds of the processor that one call takes."""
    begun = time.process_time()
    for _ in range(times):
        await work()
    return (time.process_time() - begun) / times


async def measure_names(accounts: AccountService, pass_time: Callable[[], None]) -> None:
    """Compare the time of wrong passwords for a name that a user has and one that none has."""
    taken: dict[str, list[float]] = {NAME: [], "Nemo": []}
    for number in range(40):
        for name, times in taken.items():
            pass_time()
            begun = time.process_time()
            with suppress(WrongCredentials):
                await accounts.sign_in.with_password(
                    name, "another password", Origin(f"192.0.2.{number}")
                )
            times.append(time.process_time() - begun)
            await accounts.settle()
    known, unknown = (statistics.median(times) for times in taken.values())
    print(f"wrong password, known name    {known * 1e3:8.1f} ms")
    print(f"wrong password, unknown name  {unknown * 1e3:8.1f} ms, {unknown / known:.3f} of it")


async def main() -> None:
    clock = [time.time()]

    def pass_time() -> None:
        clock[0] += DAY

    with tempfile.TemporaryDirectory() as folder:
        storage = await open_storage(f"sqlite:{Path(folder) / 'chat.sqlite'}")
        options = AccountOptions(clock=lambda: clock[0])
        accounts = AccountService(storage.accounts, options)
        uncached = AccountService(storage.accounts, AccountOptions(cache=0.0))
        await accounts.users.add(Actor(None), NAME, role=Role.ADMIN, password=PASSWORD)
        session = await accounts.sign_in.with_password(NAME, PASSWORD, Origin("192.0.2.1"))
        for text, work in (
            ("a session, cached", lambda: accounts.identify_session(session.secret)),
            ("a session, read", lambda: uncached.identify_session(session.secret)),
            ("a random secret", lambda: uncached.identify_session(new_secret())),
            ("what is no secret", lambda: uncached.identify_session("x")),
        ):
            print(f"{text:29} {await cost(work, 2000) * 1e6:8.1f} µs")
        await measure_names(accounts, pass_time)
        await accounts.close()
        await uncached.close()
        await storage.close()


if __name__ == "__main__":
    asyncio.run(main())
