"""The wheel serves the whole application from an empty folder."""

from __future__ import annotations

import re
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.server import ROOT, Server

pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]

PINNED = ("--constraint", str(ROOT / "constraints.txt"))


def pip(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments],
        check=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    (built,) = folder.glob("*.whl")
    return built


@pytest.mark.parametrize("folder", ["static", "templates", "docs"])
def test_the_wheel_carries_every_file_but_the_pictures(wheel: Path, folder: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        carried = set(archive.namelist())
    files = {path for path in (ROOT / folder).rglob("*") if path.is_file()}
    pictures = {path for path in files if path.is_relative_to(ROOT / "docs/images")}
    names = {f"quart_chat/{path.relative_to(ROOT).as_posix()}" for path in files - pictures}
    assert names == {name for name in carried if name.startswith(f"quart_chat/{folder}/")}


def test_the_wheel_carries_the_catalogues(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        carried = set(archive.namelist())
    assert "quart_chat/locales/de/LC_MESSAGES/messages.po" in carried


def test_the_wheel_carries_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    assert tops == {"quart_chat", wheel.name.split("-py3")[0] + ".dist-info"}


def test_the_installed_wheel_serves_from_an_empty_folder(
    wheel: Path, tmp_path: Path, start_server: Callable[..., Server]
) -> None:
    environment = tmp_path / "venv"
    venv.create(environment)
    pip("--python", str(environment / "bin" / "python"), "install", *PINNED, str(wheel))
    empty = tmp_path / "empty"
    empty.mkdir()
    server = start_server(
        command=(str(environment / "bin" / "quart-chat"), "serve"),
        instance=empty / "instance",
        env={"PYTHONPATH": ""},
    )
    page = httpx2.get(server.url)
    assert page.status_code == 200
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text):
        assert httpx2.get(server.url + address).status_code == 200, address
    assert httpx2.get(f"{server.url}/handbook/").status_code == 200
    assert (empty / "instance" / "chat.sqlite").is_file()
