"""The command ``quart-chat users``: what it does and what it prints."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from quart_chat.accounts.models import Actor, Role, User
from quart_chat.accounts.passwords.service import MAX_BYTES, check_password
from quart_chat.accounts.service import AccountService
from quart_chat.administration.installation import CannotAdminister, open_accounts
from quart_chat.config import Settings, load_settings
from quart_chat.errors import ChatError

T = TypeVar("T")

OPERATOR = Actor(None)
LINK = "/password/{secret}"
"""Where a page of the server takes a new password."""


def run_users(options: argparse.Namespace, config: Mapping[str, Any]) -> int:
    """Do what the command says, and return an exit code.

    Raises:
        ConfigError: A setting can't be used.
    """
    settings = load_settings(config, os.environ)
    logging.disable()  # what would be logged is in the sentence that is printed
    try:
        UsersCommand(settings, options).run()
    except (EOFError, KeyboardInterrupt):
        return _fail("stopped; nothing was changed.")
    except CannotAdminister as error:
        return _fail(str(error))
    except ChatError as error:
        return _fail(error.message)
    finally:
        logging.disable(logging.NOTSET)
    return 0


def _fail(sentence: str) -> int:
    print(f"quart-chat: {sentence}", file=sys.stderr)  # noqa: T201 - a command prints
    return 1


class UsersCommand:
    """One run of the command.

    What it asks for it asks for before the store is opened, so that no server waits for an answer,
    and where no loop runs, so that Ctrl+C ends the question.
    """

    def __init__(self, settings: Settings, options: argparse.Namespace) -> None:
        self._settings = settings
        self._options = options

    def run(self) -> None:
        """Do it."""
        actions: dict[str, Callable[[], None]] = {
            "add": self._add,
            "list": self._list,
            "password": self._password,
            "disable": self._disable,
            "enable": self._enable,
            "role": self._role,
            "delete": self._delete,
        }
        actions[self._options.action]()

    @property
    def _name(self) -> str:
        return str(self._options.name)

    def _do(self, work: Callable[[AccountService, bool], Awaitable[T]]) -> T:
        """Do work with the accounts, which is told whether a server uses them."""

        async def do() -> T:
            async with open_accounts(self._settings) as (accounts, served):
                return await work(accounts, served)

        return asyncio.run(do())

    def _change(self, work: Callable[[AccountService, User], Awaitable[object]]) -> None:
        """Do work with the user of the name."""

        async def change(accounts: AccountService, _served: bool) -> None:
            await work(accounts, await accounts.users.find(self._name))

        self._do(change)

    def _find(self) -> User:
        """Tell a name that no user has before anything is asked."""
        return self._do(lambda accounts, _: accounts.users.find(self._name))

    def _list(self) -> None:
        users = self._do(lambda accounts, _: accounts.users.all())
        say(*(table(users) if users else ["There are no users yet."]))

    def _add(self) -> None:
        password = None if self._options.link else read_password(self._name)
        role = Role.ADMIN if self._options.admin else Role.USER

        async def add(accounts: AccountService, _served: bool) -> None:
            user = await accounts.users.add(OPERATOR, self._name, role=role, password=password)
            say(f"Added {user.name}{', an administrator' if user.is_admin else ''}.")
            if password is None:
                await print_link(accounts, user, self._settings.root_path)

        self._do(add)

    def _password(self) -> None:
        if self._options.link:
            root = self._settings.root_path
            self._change(lambda accounts, user: print_link(accounts, user, root))
            return
        password = read_password(self._find().name)

        async def change(accounts: AccountService, user: User) -> None:
            await accounts.passwords.set(OPERATOR, user.id, password)
            say(f"The password of {user.name} was changed, and all sessions ended.")

        self._change(change)

    def _disable(self) -> None:
        async def disable(accounts: AccountService, user: User) -> None:
            await accounts.users.disable(OPERATOR, user.id)
            say(f"{user.name} is disabled, and all sessions ended.")

        self._change(disable)

    def _enable(self) -> None:
        async def enable(accounts: AccountService, user: User) -> None:
            await accounts.users.enable(OPERATOR, user.id)
            say(f"{user.name} can sign in again.")

        self._change(enable)

    def _role(self) -> None:
        role = Role(self._options.role)
        what = "an administrator" if role is Role.ADMIN else "an ordinary user"

        async def set_role(accounts: AccountService, user: User) -> None:
            await accounts.users.set_role(OPERATOR, user.id, role)
            say(f"{user.name} is {what} now.")

        self._change(set_role)

    def _delete(self) -> None:
        user = self._find()
        if not self._options.yes:
            confirm(user)

        async def delete(accounts: AccountService, served: bool) -> None:
            await accounts.users.delete(OPERATOR, user.id)
            await accounts.settle()
            how = "A server with accounts erases" if served else "Erased"
            say(f"Deleted {user.name}. {how} all chats and documents of this user.")

        self._do(delete)


async def print_link(accounts: AccountService, user: User, root: str) -> None:
    """Print where the user sets the password, of a server below a path."""
    link = await accounts.invites.create_password_link(OPERATOR, user.id)
    say(
        f"{user.name} sets the password at this path of the server, once and within 24 hours:",
        root + LINK.format(secret=link.secret),
    )


def read_password(name: str) -> str:
    """Ask for a password twice on a terminal, or read a line where there is none.

    Raises:
        WeakPassword: It is too short or common.
        CannotAdminister: The two differ, or there is none.
    """
    if not sys.stdin.isatty():
        line = sys.stdin.readline(MAX_BYTES * 4)
        if not line:
            raise CannotAdminister("expected a password as the first line of the input.")
        password = line.removesuffix("\n").removesuffix("\r")
        check_password(password, name)
        return password
    password = getpass.getpass("Password: ")
    check_password(password, name)
    if getpass.getpass("The same again: ") != password:
        raise CannotAdminister("the two passwords differ; nothing was changed.")
    return password


def confirm(user: User) -> None:
    """Have the name typed of a user who is to be deleted.

    Raises:
        CannotAdminister: Something else was typed, or there is no terminal.
    """
    if not sys.stdin.isatty():
        raise CannotAdminister("there is no terminal to ask on. Confirm the deletion with --yes.")
    say(f"All chats and documents of {user.name} will be erased. This can't be undone.")
    if input("Type the name to go on: ").strip() != user.name:
        raise CannotAdminister("that is another name; nothing was deleted.")


def table(users: Sequence[User]) -> list[str]:
    """The users, a line each, under a line of headings."""
    rows = [("NAME", "ROLE", "SIGNS IN WITH", "ADDED", "LAST SEEN")]
    rows += [
        (
            user.name,
            user.role if user.is_enabled else f"{user.role}, disabled",
            _ways(user),
            _day(user.created_at),
            _day(user.seen_at),
        )
        for user in users
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _ways(user: User) -> str:
    ways = ["password"] if user.has_password else []
    if user.passkeys:
        ways.append("passkey" if user.passkeys == 1 else f"{user.passkeys} passkeys")
    return ", ".join(ways) or "nothing yet"


def _day(moment: float | None) -> str:
    if moment is None:
        return "never"
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


def say(*lines: str) -> None:
    """Print lines; a name that the output can't show is written with escapes."""
    encoding = sys.stdout.encoding or "utf-8"
    for line in lines:
        print(line.encode(encoding, "backslashreplace").decode(encoding))  # noqa: T201 - a command prints
