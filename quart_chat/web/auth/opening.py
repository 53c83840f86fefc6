"""The accounts of a running server: opened with the store, and closed before it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from quart_chat.accounts.options import DAY, AccountOptions
from quart_chat.accounts.service import AccountService
from quart_chat.errors import NotFound, Unavailable
from quart_chat.serving.standard_streams import say
from quart_chat.texts import _

if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AsyncExitStack

    from quart_chat.chat.service import ChatService
    from quart_chat.cluster.node import Node
    from quart_chat.documents.service import DocumentService
    from quart_chat.storage import Storage
    from quart_chat.web.auth.revocation import OpenStreams

SETUP = "/set-up/"


async def open_accounts(
    stack: AsyncExitStack,
    storage: Storage,
    chat: ChatService,
    documents: DocumentService,
    streams: OpenStreams,
    log_days: int,
) -> AccountService:
    """Open the accounts; what is revoked ends streams, and what is deleted ends rounds."""
    service = AccountService(storage.accounts, AccountOptions(log_lifetime=log_days * DAY))
    service.on_revoked(streams.revoke)
    service.erase_with(partial(erase_user, chat, documents))
    stack.push_async_callback(service.close)
    await service.start()
    return service


async def erase_user(chat: ChatService, documents: DocumentService, user_id: str) -> None:
    """End what runs for a user, and delete the documents with their files.

    Raises:
        Unavailable: Some of it still runs, and is to be ended later.
    """
    await chat.deletions.clear(user_id)
    if await chat.deletions.count(user_id):
        raise Unavailable(_("The server is restarting. Try again in a moment."))
    for document in await documents.documents(user_id):
        with suppress(NotFound):  # another node has deleted it
            await documents.delete(user_id, document.id)


async def announce_setup(
    accounts: AccountService, node: Node, address: str, hosts: Collection[str]
) -> None:
    """Print the link for the first administrator, where there is none.

    Of several processes the one that leads prints it, which may be settled only after the start.
    """
    address = named_address(address, hosts)
    if node.leads:
        await _print_setup(accounts, address)
        return
    tasks: list[asyncio.Task[None]] = []

    def tell() -> None:
        if node.leads and not tasks:
            tasks.append(asyncio.create_task(_print_setup(accounts, address)))

    node.on_beat(tell)


def named_address(address: str, hosts: Collection[str]) -> str:
    """The address by the name of this machine, where it has one: passkeys need a host name."""
    parts = urlsplit(address)
    if parts.hostname not in ("127.0.0.1", "::1") or "localhost" not in hosts:
        return address
    name = f"localhost:{parts.port}" if parts.port else "localhost"
    return parts._replace(netloc=name).geturl()


async def _print_setup(accounts: AccountService, address: str) -> None:
    link = await accounts.invites.create_setup()
    if link is not None:
        say(
            "quart-chat has no administrator. Open this link to become the first; it works once,"
            f" for a week:\n{address}{SETUP}{link.secret}"
        )
