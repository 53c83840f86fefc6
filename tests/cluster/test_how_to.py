"""The commands of the page about many nodes, run as it shows them, in an empty folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.cluster.front import PAGE
from tests.server import ROOT, free_port

_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SCRIPT = """
set -e
finish() {{
{finish}
}}
trap finish EXIT
{begin}
say() {{ echo; echo "== $1"; }}
say asked; {ask}
say known; {know}
say killed; {kill}
say end
"""


@pytest.mark.sqlite
def test_two_nodes_as_the_page_starts_them(tmp_path: Path) -> None:
    for program in ("redis-server", "nginx", "curl"):
        if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") is None:
            pytest.skip(f"Needs {program}")
    page = PAGE.read_text("utf-8").partition("Go to an empty folder.")[2]
    for shown in ("6400", "8000", "8001", "8002"):
        page = page.replace(f":{shown}", f":{(port := free_port())}")
        page = page.replace(f"port {shown}", f"port {port}").replace(f"-p {shown}", f"-p {port}")
    begin, front, ask, know, kill, finish, *_ = _BLOCK.findall(page)
    script = _SCRIPT.format(begin=begin + front, ask=ask, know=know, kill=kill, finish=finish)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = dict(re.findall(r"^== (\w+)\n(.*?)(?=^== )", done.stdout, re.MULTILINE | re.DOTALL))
    assert '"type":"complete"' in said["asked"]
    (first, second), (third,) = (_lists(said[name]) for name in ("known", "killed"))
    assert [chat["title"] for chat in first["workflows"]] == ["What is a round?"]
    assert first == second == third


def _lists(printed: str) -> list[dict[str, list[dict[str, str]]]]:
    """The answers, one after the other without anything between them."""
    return [orjson.loads(text) for text in printed.replace("}{", "}\n{").splitlines() if text]
