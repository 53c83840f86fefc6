"""What the command ``quart-chat users`` takes."""

from __future__ import annotations

import argparse


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to those of the program."""
    command = commands.add_parser("users", help="add, list, change and delete users")
    command.add_argument("--instance", help="folder of the database (default: ./instance)")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="list all users")

    add = _action(actions, "add", "add a user, and ask for the password")
    add.add_argument("--admin", action="store_true", help="make the user an administrator")
    _add_link(add)
    _add_link(_action(actions, "password", "set another password, and end all sessions"))
    _action(actions, "disable", "shut a user out, and end all sessions; nothing is deleted")
    _action(actions, "enable", "let a user in again")
    role = _action(actions, "role", "make a user an administrator, or an ordinary user")
    role.add_argument("role", choices=["admin", "user"], metavar="ROLE", help="admin or user")
    delete = _action(actions, "delete", "delete a user with all chats and documents")
    delete.add_argument("--yes", action="store_true", help="ask for no confirmation")


def _action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=text)
    parser.add_argument("name", metavar="NAME", help="the name that the user signs in with")
    return parser


def _add_link(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--link",
        action="store_true",
        help="ask for no password, but print a link by which the user sets it",
    )
