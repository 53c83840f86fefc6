"""The commands: what they print, what they refuse, and that they do all or nothing."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quart_chat.backup import archive
from quart_chat.backup.make import PARTIAL, back_up
from quart_chat.cli import main
from quart_chat.copying.installation import CannotCopy
from quart_chat.serving.instance import hold_instance
from tests.backup.test_round_trip import bring_back, installation, save
from tests.copying.installations import rows_of_file
from tests.examples import examples
from tests.server import ROOT
from tests.services.postgres import PostgresServer

pytestmark = pytest.mark.sqlite

FILE = "backup.tar"

KILLED = """
import os, signal, sys
from pathlib import Path
from quart_chat.backup.make import back_up
from quart_chat.backup.restore import restore
from quart_chat.config import load_settings
from quart_chat.copying.installation import Installation

def kill(step, done, total):
    if step == sys.argv[3] and done == total:
        os.kill(os.getpid(), signal.SIGKILL)

place = Installation.of(load_settings({"QUART_CHAT_INSTANCE": sys.argv[1]}, {}))
if sys.argv[4] == "backup":
    back_up(place, Path(sys.argv[2]), kill)
else:
    restore(Path(sys.argv[2]), place, kill)
"""

FULL = """
import resource, sys
from quart_chat.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
sys.exit(main(sys.argv[1:]))
"""

Run = Callable[..., tuple[int, str]]


def run_code(code: str, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def names(folder: Path) -> list[str]:
    """The names of what is in a folder, in their order."""
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in the test's folder: its exit code, and the last line that it printed."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> tuple[int, str]:
        capsys.readouterr()
        code = main([*map(str, arguments)])
        printed = capsys.readouterr()
        lines = (printed.err if code else printed.out).splitlines()
        assert not code or printed.out == ""
        return code, lines[-1] if lines else ""

    return run


@pytest.fixture
def backup(source: Path, tmp_path: Path) -> Path:
    """A backup of the installation."""
    save(source, tmp_path / FILE)
    return tmp_path / FILE


def test_they_say_what_they_have_done(source: Path, tmp_path: Path, run: Run) -> None:
    code, line = run("backup", FILE, "--instance", source)
    assert code == 0
    assert line.startswith(f"Backed up {source} to {FILE}: ")
    assert "document files: 1, digest " in line
    code, line = run("restore", FILE, "--instance", "restored")
    assert code == 0
    assert line.startswith("The target was read again and has the same rows: digest ")
    assert rows_of_file(tmp_path / "restored") == rows_of_file(source)
    assert names(tmp_path) == [FILE, "restored"]


def test_a_backup_is_readable_for_its_owner_alone(backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600


def test_no_password_is_shown(
    postgres: PostgresServer,
    empty: str,
    source: Path,
    tmp_path: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    save(source, tmp_path / FILE)
    monkeypatch.setenv("QUART_CHAT_DATABASE", postgres.address(empty, "chat:geheim"))
    assert run("restore", FILE)[0] == 0
    code, line = run("backup", "other.tar")
    assert code == 0
    assert line.startswith(f"Backed up postgresql://127.0.0.1:{postgres.port}/{empty} to")


def test_an_earlier_backup_of_the_name_is_replaced(
    source: Path, tmp_path: Path, backup: Path, run: Run
) -> None:
    before = backup.stat().st_ino
    assert run("backup", FILE, "--instance", source)[0] == 0
    assert backup.stat().st_ino != before
    assert run("restore", FILE, "--instance", tmp_path / "restored")[0] == 0


@pytest.mark.parametrize("kind", ["open to others", "a link"])
def test_a_folder_that_others_have_laid_out_is_not_used(
    kind: str, source: Path, tmp_path: Path, run: Run
) -> None:
    partial = tmp_path / (FILE + PARTIAL)
    target = tmp_path / "theirs"
    target.mkdir(0o700)
    if kind == "a link":
        partial.symlink_to(target, target_is_directory=True)
    else:
        target.rename(partial)
        partial.chmod(0o777)
    code, line = run("backup", tmp_path / FILE, "--instance", source)
    assert (code, line) == (
        1,
        f"quart-chat: {partial} exists, and others can read it. Delete it, or choose another name.",
    )
    assert FILE not in names(tmp_path)


def test_what_is_no_backup_is_not_replaced(source: Path, tmp_path: Path, run: Run) -> None:
    mine = tmp_path / "letter.txt"
    mine.write_text("Dear reader")
    line = f"quart-chat: {mine} exists and is no backup. Choose another name."
    assert run("backup", mine, "--instance", source) == (1, line)
    assert mine.read_text() == "Dear reader"
    database = source / "chat.sqlite"
    content = database.read_bytes()
    assert run("backup", database, "--instance", source)[0] == 1
    assert database.read_bytes() == content
    (tmp_path / "folder").mkdir()
    assert run("backup", tmp_path / "folder", "--instance", source)[0] == 1


@pytest.mark.parametrize(
    ("file", "instance", "says"),
    [
        ("no/folder/b.tar", None, "no/folder/b.tar can't be written: No such file or directory."),
        (FILE, "nothing", "nothing has no database."),
    ],
)
def test_what_can_not_be_backed_up_is_said(
    file: str, instance: str | None, says: str, source: Path, tmp_path: Path, run: Run
) -> None:
    code, line = run("backup", file, "--instance", instance or source)
    assert (code, line) == (1, f"quart-chat: {says}")
    assert names(tmp_path) == []


def test_a_backup_among_the_documents_is_refused(source: Path, run: Run) -> None:
    code, line = run("backup", source / "documents" / FILE, "--instance", source)
    assert (code, "is among the documents" in line) == (1, True)


def test_a_full_disk_leaves_nothing(source: Path, tmp_path: Path) -> None:
    done = run_code(FULL, "backup", FILE, "--instance", source, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("quart-chat: ")
    assert "Traceback" not in done.stderr
    assert names(tmp_path) == []


def test_a_full_disk_restores_nothing(backup: Path, tmp_path: Path, run: Run) -> None:
    done = run_code(FULL, "restore", FILE, "--instance", "restored", cwd=tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert run("restore", FILE, "--instance", "restored")[0] == 0


@pytest.mark.parametrize("step", ["database", "files"])
def test_one_that_is_killed_leaves_only_what_is_partial(
    step: str, source: Path, backup: Path, tmp_path: Path, run: Run
) -> None:
    content = backup.read_bytes()
    done = run_code(KILLED, source, FILE, step, "backup", cwd=tmp_path)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert names(tmp_path) == [FILE, FILE + PARTIAL]
    assert backup.read_bytes() == content
    assert run("backup", FILE, "--instance", source)[0] == 0
    assert names(tmp_path) == [FILE]


@pytest.mark.parametrize("step", ["verified", "messages", "compared", "files"])
def test_a_restore_that_is_killed_has_restored_nothing_and_is_repeated(
    step: str, source: Path, backup: Path, tmp_path: Path, run: Run
) -> None:
    done = run_code(KILLED, "restored", FILE, step, "restore", cwd=tmp_path)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert run("restore", FILE, "--instance", "restored")[0] == 0
    assert rows_of_file(tmp_path / "restored") == rows_of_file(source)


def test_two_at_a_time_do_not_meet(source: Path, tmp_path: Path, run: Run) -> None:
    again: list[tuple[int, str]] = []

    def once_more(step: str, done: int, total: int) -> None:
        if not again:
            again.append(run("backup", FILE, "--instance", source))

    back_up(installation(source), tmp_path / FILE, once_more)
    assert again[0][0] == 1
    assert "another backup writes to" in again[0][1]
    assert run("restore", FILE, "--instance", "restored")[0] == 0


# What is restored


def test_a_target_that_has_something_is_refused(source: Path, backup: Path, run: Run) -> None:
    rows = rows_of_file(source)
    line = f"quart-chat: {source} is not empty. Choose an empty target."
    assert run("restore", backup, "--instance", source) == (1, line)
    assert rows_of_file(source) == rows


def test_a_target_that_a_server_uses_is_refused(backup: Path, tmp_path: Path, run: Run) -> None:
    with hold_instance(tmp_path / "target"):
        code, line = run("restore", backup, "--instance", "target")
    assert code == 1
    assert line == f"quart-chat: a server uses {tmp_path / 'target'}. Stop it first."


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "can't be read: No such file or directory."),
        (b"", "is damaged: its bytes have changed. Use another backup."),
        (b"Dear reader" * 1000, "is damaged: its bytes have changed. Use another backup."),
    ],
)
def test_a_file_that_is_none_is_refused(
    content: bytes | None, says: str, tmp_path: Path, run: Run
) -> None:
    if content is not None:
        (tmp_path / FILE).write_bytes(content)
    assert run("restore", FILE) == (1, f"quart-chat: {FILE} {says}")
    assert not (tmp_path / "instance" / "chat.sqlite").exists()


def test_a_tar_of_something_else_is_refused(source: Path, tmp_path: Path, run: Run) -> None:
    with tarfile.open(tmp_path / FILE, "w") as tar:
        tar.add(source)
    assert run("restore", FILE) == (1, f"quart-chat: {FILE} is no backup of this program.")


def test_a_backup_of_a_newer_program_is_refused(
    source: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "FORMAT", 2)
    save(source, tmp_path / FILE)
    monkeypatch.setattr(archive, "FORMAT", 1)
    code, line = run("restore", FILE)
    assert (code, "made by a newer version" in line) == (1, True)


def test_a_database_of_a_newer_program_is_refused(source: Path, tmp_path: Path, run: Run) -> None:
    shutil.copytree(source, tmp_path / "newer")
    with closing(sqlite3.connect(tmp_path / "newer" / "chat.sqlite")) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        connection.execute(f"PRAGMA user_version = {version + 1}")
    code, line = run("backup", FILE, "--instance", "newer")
    assert (code, "newer version" in line) == (1, True)


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_no_changed_byte_is_restored(backup: Path, data: st.DataObject) -> None:
    """A byte that is changed anywhere, or a part that is missing, is noticed."""
    content = bytearray(backup.read_bytes())
    end = content.rindex(b"digest") + 512 + 128
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, end - 1)) :]
    else:
        content[data.draw(st.integers(0, end - 1))] ^= data.draw(st.integers(1, 255))
    changed = backup.with_name("changed.tar")
    changed.write_bytes(content)
    target = backup.with_name("restored")
    with pytest.raises(CannotCopy):
        bring_back(changed, target)
    assert not (target / "chat.sqlite").exists()
    assert names(target) == ["server.lock"]
