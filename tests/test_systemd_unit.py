"""The systemd unit of the handbook: systemd takes it, and rates it as well protected."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.server import ROOT

PAGE = ROOT / "docs" / "how-to" / "deploy.md"
PROGRAM = "/opt/quart-chat/bin/quart-chat"
MOST = 1.5
"""The exposure that systemd may see in it, of 10."""


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    found = re.search(
        r"^```ini\n(\[Unit\]\n.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert found is not None
    assert f"ExecStart={PROGRAM} serve\n" in found[1]
    file = tmp_path / "quart-chat.service"
    file.write_text(found[1].replace(PROGRAM, shutil.which("true") or "/bin/true"))
    return file


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("Needs systemd-analyze: on Debian 'apt install systemd'")
    return subprocess.run(
        [program, *map(str, arguments)], capture_output=True, text=True, timeout=30, check=False
    )


def test_systemd_understands_every_line(unit: Path) -> None:
    done = analyze("verify", unit)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_it_has_no_more_rights_than_it_needs(unit: Path) -> None:
    done = analyze("security", "--offline=true", "--no-pager", unit)
    rated = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert rated is not None, done.stderr
    assert float(rated[1]) <= MOST


def test_what_the_threat_model_names_exists() -> None:
    text = (ROOT / "docs" / "discussion" / "threat-model.md").read_text("utf-8")
    named = re.findall(r"`((?:tests|quart_chat)/[\w/.]+)`", text)
    assert len(named) > 30
    assert [name for name in named if not (ROOT / name).exists()] == []
