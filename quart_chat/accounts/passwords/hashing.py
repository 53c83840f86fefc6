"""Hashes of passwords: Argon2id, off the event loop, and few at a time.

A hash takes much memory on purpose, so many guesses at once must not take it all: they wait in
turn, and a queue that is too long is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from quart_chat.accounts.secret import new_secret
from quart_chat.errors import TooManyRequests
from quart_chat.texts import _

if TYPE_CHECKING:
    from argon2 import PasswordHasher

T = TypeVar("T")


class Hasher:
    """Hashes passwords and verifies them.

    Args:
        memory: KiB that one hash takes.
        passes: How often it goes through them.
        at_once: Hashes that are made at the same time.
        waiting: Hashes that may wait for their turn.
    """

    def __init__(
        self, *, memory: int = 65_536, passes: int = 2, at_once: int = 2, waiting: int = 100
    ) -> None:
        self._memory = memory
        self._passes = passes
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="password")
        self._most = at_once + waiting
        self._count = 0
        self._made: PasswordHasher | None = None
        self._dummy: str | None = None

    async def hash(self, password: str) -> str:
        """Hash a password with a salt of its own.

        Raises:
            TooManyRequests: Too many wait already.
        """
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether a password is that of a hash; takes as long where there is no hash.

        Raises:
            TooManyRequests: Too many wait already.
        """
        return await self._run(lambda: self._verify(password, hashed))

    def is_outdated(self, hashed: str) -> bool:
        """Whether a hash was made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(hashed)

    @property
    def _hasher(self) -> PasswordHasher:
        if self._made is None:
            # Loaded with the first password, which there is none of without accounts.
            from argon2 import PasswordHasher

            self._made = PasswordHasher(
                time_cost=self._passes, memory_cost=self._memory, parallelism=1
            )
        return self._made

    def _verify(self, password: str, hashed: str | None) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError

        if self._dummy is None:
            self._dummy = self._hasher.hash(new_secret())
        try:
            self._hasher.verify(hashed or self._dummy, password)
        except (VerificationError, InvalidHashError):
            return False
        return hashed is not None

    async def _run(self, work: Callable[[], T]) -> T:
        if self._count >= self._most:
            raise TooManyRequests(
                _("Too many people are signing in at the moment. Try again in a few seconds.")
            )
        self._count += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        future.add_done_callback(self._done)
        return await future

    def _done(self, future: asyncio.Future[T]) -> None:
        self._count -= 1

    def close(self) -> None:
        """Take no more; idempotent."""
        self._pool.shutdown(wait=False, cancel_futures=True)
