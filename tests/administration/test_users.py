"""The command ``users``: what it does, asks, prints and refuses."""

from __future__ import annotations

import asyncio
import io
import os
import pty
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from quart_chat.accounts.models import LinkKind, Role, User
from quart_chat.accounts.service import AccountService
from quart_chat.cli import main
from quart_chat.storage import open_storage
from tests import databases
from tests.accounts.parts import HOME, OTHER_PASSWORD, PASSWORD, add_admin, sign_in
from tests.copying.installations import small
from tests.server import ROOT, Server
from tests.services.postgres import PostgresServer

T = TypeVar("T")

Run = Callable[..., str]


@pytest.fixture
def url(tmp_path: Path) -> str:
    current = databases.current
    path = tmp_path / "instance" / "chat.sqlite"
    return current.address(path) if current else f"sqlite:{path}"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.chdir(tmp_path)
    if not url.startswith("sqlite:"):
        monkeypatch.setenv("QUART_CHAT_DATABASE", url)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command, and returns what it prints."""

    def run(*arguments: str, stdin: str = "", code: int = 0) -> str:
        capsys.readouterr()
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        assert main(["users", *arguments]) == code
        printed = capsys.readouterr()
        if code:
            assert printed.out == ""
            assert printed.err.startswith("quart-chat: ")
        return printed.err.removeprefix("quart-chat: ") if code else printed.out

    return run


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[AccountService]:
    storage = await open_storage(url)
    accounts = AccountService(storage.accounts)
    yield accounts
    await accounts.close()
    await storage.close()


def look(url: str, work: Callable[[AccountService], Awaitable[T]]) -> T:
    async def look() -> T:
        async with opened(url) as accounts:
            return await work(accounts)

    return asyncio.run(look())


def names(url: str) -> list[str]:
    async def read(accounts: AccountService) -> list[User]:
        return await accounts.users.all()

    return [user.name for user in look(url, read)]


def test_a_user_is_added_and_signs_in(url: str, run: Run) -> None:
    assert run("list") == "There are no users yet.\n"
    assert run("add", "Ada", "--admin", stdin=f"{PASSWORD}\n") == "Added Ada, an administrator.\n"
    assert run("add", "Bob", stdin=f"{PASSWORD}\r\n") == "Added Bob.\n"
    ada = look(url, sign_in)
    assert (ada.user.id, ada.user.role) == ("local", Role.ADMIN)
    assert look(url, lambda accounts: sign_in(accounts, "bob")).user.role is Role.USER
    heading, first, second = run("list").splitlines()
    assert heading.split() == ["NAME", "ROLE", "SIGNS", "IN", "WITH", "ADDED", "LAST", "SEEN"]
    assert first.startswith("Ada   admin  password")
    assert second.startswith("Bob   user   password")


def test_a_link_takes_the_place_of_a_password(url: str, run: Run) -> None:
    run("add", "Ada", "--admin", stdin=f"{PASSWORD}\n")
    printed = run("add", "Bob", "--link")
    assert "nothing yet" in run("list")
    again = run("password", "Bob", "--link")
    secrets = [text.splitlines()[-1].removeprefix("/password/") for text in (printed, again)]

    async def accept(accounts: AccountService) -> None:
        assert (await accounts.invites.get(secrets[1])).kind is LinkKind.PASSWORD
        await accounts.invites.accept(secrets[1], OTHER_PASSWORD, HOME)

    look(url, accept)
    look(url, lambda accounts: sign_in(accounts, "Bob", password=OTHER_PASSWORD))


def test_a_user_is_changed_and_deleted(url: str, run: Run) -> None:
    run("add", "Ada", "--admin", stdin=f"{PASSWORD}\n")
    run("add", "Bob", stdin=f"{PASSWORD}\n")
    assert run("role", "BOB", "admin") == "Bob is an administrator now.\n"
    assert run("disable", "Bob") == "Bob is disabled, and all sessions ended.\n"
    assert "admin, disabled" in run("list")
    assert run("enable", "Bob") == "Bob can sign in again.\n"
    assert run("password", "Bob", stdin=f"{OTHER_PASSWORD}\n").startswith("The password of Bob")
    look(url, lambda accounts: sign_in(accounts, "Bob", password=OTHER_PASSWORD))
    assert run("delete", "Bob", "--yes").startswith("Deleted Bob. Erased all chats")
    assert names(url) == ["Ada"]


@pytest.mark.parametrize(
    ("arguments", "stdin", "sentence"),
    [
        (("add", "ada"), f"{PASSWORD}\n", "Another user is called “Ada”."),
        (("add", "Bob"), "short\n", "The password is too short"),
        (("add", "Bob"), "", "expected a password as the first line"),
        (("add", " "), f"{PASSWORD}\n", "name: expected 1 to 64 characters."),
        (("add", "Bob"), "x" * 10_000, "The password is too long"),
        (("disable", "Ada"), "", "Ada is the only administrator."),
        (("role", "Ada", "user"), "", "Ada is the only administrator."),
        (("delete", "Ada", "--yes"), "", "Ada is the only administrator."),
        (("delete", "Ada"), "", "there is no terminal to ask on."),
        (("enable", "Nemo"), "", "No user is called “Nemo”."),
        (("password", "Nemo"), f"{PASSWORD}\n", "No user is called “Nemo”."),
        (("password", "Nemo", "--link"), "", "No user is called “Nemo”."),
    ],
)
def test_what_can_not_be_done_is_said(
    url: str, run: Run, arguments: tuple[str, ...], stdin: str, sentence: str
) -> None:
    run("add", "Ada", "--admin", stdin=f"{PASSWORD}\n")
    assert run(*arguments, stdin=stdin, code=1).startswith(sentence)
    assert names(url) == ["Ada"]


def test_a_password_is_never_an_argument(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["users", "add", "Bob", PASSWORD])
    assert end.value.code == 2
    assert "unrecognized arguments" in capsys.readouterr().err


@pytest.mark.sqlite
def test_a_store_that_can_not_be_used_is_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "instance").write_text("no folder")
    assert "can't be opened" in run("list", code=1)


# On a terminal


def type_in(arguments: list[str], *answers: tuple[str, str]) -> tuple[int, str]:
    """Run the command on a terminal, and answer what it asks; its exit code and its output."""
    pid, terminal = pty.fork()
    if pid == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell has jobs in the background ignore it
        code = "from quart_chat.cli import main; raise SystemExit(main())"
        os.environ["PYTHONPATH"] = str(ROOT)
        os.execv(sys.executable, [sys.executable, "-c", code, "users", *arguments])  # noqa: S606
    printed = ""
    waiting = list(answers)
    while True:
        try:
            read = os.read(terminal, 1024)
        except OSError:  # Linux's way to say that the other end is closed
            break
        if not read:
            break
        printed += read.decode()
        if waiting and waiting[0][0] in printed.rpartition("\x1f")[2]:
            os.write(terminal, waiting.pop(0)[1].encode())
            printed += "\x1f"
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), printed


def test_a_terminal_is_asked_twice_and_shows_no_password(url: str) -> None:
    code, printed = type_in(
        ["add", "Ada", "--admin"],
        ("Password: ", f"{PASSWORD}\n"),
        ("The same again: ", f"{PASSWORD}\n"),
    )
    assert code == 0
    assert "Added Ada" in printed
    assert PASSWORD not in printed
    look(url, sign_in)


@pytest.mark.parametrize(
    ("second", "sentence"),
    [(f"{OTHER_PASSWORD}\n", "the two passwords differ"), ("\x03", "stopped"), ("\x04", "stopped")],
    ids=["another", "ctrl+c", "ctrl+d"],
)
def test_what_is_typed_otherwise_changes_nothing(url: str, second: str, sentence: str) -> None:
    code, printed = type_in(
        ["add", "Ada"], ("Password: ", f"{PASSWORD}\n"), ("The same again: ", second)
    )
    assert code == 1
    assert sentence in printed
    assert "Traceback" not in printed
    assert names(url) == []


@pytest.mark.parametrize(("typed", "left"), [("Bob\n", ["Ada"]), ("bob\n", ["Ada", "Bob"])])
def test_a_deletion_is_confirmed_by_the_name(
    url: str, run: Run, typed: str, left: list[str]
) -> None:
    run("add", "Ada", "--admin", stdin=f"{PASSWORD}\n")
    run("add", "Bob", stdin=f"{PASSWORD}\n")
    type_in(["delete", "bob"], ("Type the name to go on: ", typed))
    assert names(url) == left


# Beside a server, and without one


@pytest.mark.sqlite
def test_files_of_a_deleted_user_are_removed_where_no_server_runs(run: Run, tmp_path: Path) -> None:
    folder = small(tmp_path)
    assert list((folder / "documents").iterdir())
    instance = ("--instance", str(folder))
    run(*instance, "add", "Ada", "--admin", stdin=f"{PASSWORD}\n")
    run(*instance, "add", "Grace", "--admin", stdin=f"{PASSWORD}\n")
    run(*instance, "delete", "Ada", "--yes")
    assert list((folder / "documents").iterdir()) == []
    assert databases.current is None
    assert databases.query(folder, "SELECT count(*) FROM workflows") == [(0,)]


@pytest.mark.sqlite
def test_the_next_command_erases_what_a_server_has_left(run: Run, tmp_path: Path) -> None:
    from quart_chat.serving.instance import hold_instance

    folder = small(tmp_path)
    instance = ("--instance", str(folder))
    run(*instance, "add", "Ada", "--admin", stdin=f"{PASSWORD}\n")
    run(*instance, "add", "Grace", "--admin", stdin=f"{PASSWORD}\n")
    with hold_instance(folder):
        assert "A server with accounts erases" in run(*instance, "delete", "Ada", "--yes")
    assert databases.query(folder, "SELECT count(*) FROM workflows") != [(0,)]
    run(*instance, "list")
    assert databases.query(folder, "SELECT count(*) FROM workflows") == [(0,)]
    assert list((folder / "documents").iterdir()) == []


@pytest.mark.sqlite
def test_a_running_server_goes_on(run: Run, start_server: Callable[..., Server]) -> None:
    server = start_server()
    instance = ("--instance", str(server.instance))
    run(*instance, "add", "Ada", "--admin", stdin=f"{PASSWORD}\n")
    run(*instance, "add", "Bob", "--admin", stdin=f"{PASSWORD}\n")
    assert run(*instance, "delete", "Bob", "--yes").endswith(
        "A server with accounts erases all chats and documents of this user.\n"
    )
    assert "Ada" in run(*instance, "list")
    assert server.terminate() == 0


@pytest.mark.sqlite
def test_a_server_of_another_version_is_left_alone(run: Run, tmp_path: Path) -> None:
    from quart_chat.serving.instance import hold_instance

    run("list")
    databases.query(tmp_path / "instance", "PRAGMA user_version = 20")
    with hold_instance(tmp_path / "instance"):
        assert "the store has version 20" in run("list", code=1)


@pytest.mark.sqlite
@pytest.mark.parametrize("shared", [True, False])
def test_a_server_on_a_database_goes_on(
    postgres_database: str, run: Run, monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    monkeypatch.setenv("QUART_CHAT_DATABASE", postgres_database)

    async def serve() -> None:
        storage = await open_storage(postgres_database, shared=shared)
        accounts = AccountService(storage.accounts)
        await add_admin(accounts)
        await add_admin(accounts, "Grace")
        signed_in = await sign_in(accounts)
        ended = asyncio.Event()
        accounts.on_revoked(lambda _: ended.set())
        await accounts.start()
        assert await accounts.identify_session(signed_in.secret) is not None
        printed = await asyncio.to_thread(run, "delete", "Ada", "--yes")
        assert printed.startswith("Deleted Ada. A server with accounts erases")
        await ended.wait()
        assert await accounts.identify_session(signed_in.secret) is None
        await accounts.close()
        await storage.close()

    asyncio.run(serve())
    assert "Grace" in run("list")


@pytest.mark.sqlite
def test_a_new_database_gets_its_tables(
    postgres: PostgresServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = postgres.create()
    try:
        monkeypatch.setenv("QUART_CHAT_DATABASE", postgres.address(name))
        run("add", "Ada", "--admin", stdin=f"{PASSWORD}\n")
        assert "Ada" in run("list")
    finally:
        postgres.drop(name)
