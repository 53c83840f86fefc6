"""The accounts of an installation, whether or not a server uses it at the moment.

A server that runs goes on: what is changed here it reads from the store, within half a second. The
schema is left as it is then, as the server may be of another version. Without a server nothing else
ends what a deleted user has left, so that is done here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from quart_chat.accounts.service import AccountService
from quart_chat.config import Settings
from quart_chat.errors import ChatError, InstanceInUse
from quart_chat.serving.instance import hold_instance
from quart_chat.storage import Storage, inspect_storage, is_served, open_beside


class CannotAdminister(Exception):
    """Why nothing was changed, in a sentence."""


@asynccontextmanager
async def open_accounts(settings: Settings) -> AsyncGenerator[tuple[AccountService, bool]]:
    """Open the accounts for the block; also says whether a server uses them.

    Raises:
        CannotAdminister: The store can't be used, or has the schema of another version.
    """
    with _hold_unless_served(settings) as alone:
        storage = await _open(settings, alone=alone)
        accounts = AccountService(storage.accounts)
        if alone:
            accounts.erase_with(lambda user_id: _remove_files(storage, settings, user_id))
        try:
            await accounts.erase_deleted()
            yield accounts, not alone
            if alone:
                await accounts.settle()
        finally:
            await accounts.close()
            await storage.close()


@contextmanager
def _hold_unless_served(settings: Settings) -> Generator[bool]:
    """Keep servers away for the block, unless one is there: whether none is."""
    try:
        with hold_instance(settings.instance_path):
            yield not is_served(settings.store)
    except InstanceInUse:
        yield False
    except ChatError as error:
        raise CannotAdminister(error.message) from error


async def _open(settings: Settings, *, alone: bool) -> Storage:
    try:
        found = inspect_storage(settings.store)
        if found.version > found.known or (found.version < found.known and not alone):
            raise CannotAdminister(
                f"the store has version {found.version} and this program {found.known}: it is not"
                " the one that the server runs. Use the server's own, or restart the server."
            )
        return await open_beside(settings.store)
    except ChatError as error:
        raise CannotAdminister(error.message) from error


async def _remove_files(storage: Storage, settings: Settings, user_id: str) -> None:
    """Remove the files of a user's documents."""
    ids = await storage.accounts.read(lambda reader: reader.select_document_ids(user_id))

    def remove(folder: Path) -> None:
        for document_id in ids:
            (folder / document_id).unlink(missing_ok=True)

    await asyncio.to_thread(remove, settings.documents_path)
