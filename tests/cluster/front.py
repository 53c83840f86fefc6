"""nginx in front of nodes, as the handbook shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.browser.nginx import run_configured
from tests.server import ROOT, Server, free_port

PAGE = ROOT / "docs/how-to/run-many-nodes.md"
NODE = "X-Node"
"""The header with the address of the node that has answered; it is for these tests alone."""

_CONFIG = re.compile(r"^cat > nginx.conf <<'END'\n(.*?)^END$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Front:
    """nginx, as what clients connect to."""

    url: str


@contextmanager
def in_front_of(nodes: Sequence[Server], folder: Path) -> Iterator[Front]:
    """Run nginx for the block, with the configuration of the page and the nodes' addresses."""
    match = _CONFIG.search(PAGE.read_text("utf-8"))
    assert match is not None
    config, port = match[1], free_port()
    for shown, meant in zip(("8001", "8002", "8000"), (*map(_port, nodes), str(port)), strict=True):
        assert config.count(f":{shown}") == 1
        config = config.replace(f":{shown}", f":{meant}")
    config = config.replace("http {", f"http {{ add_header {NODE} $upstream_addr;")
    (folder / "nginx").mkdir()
    with run_configured(config, folder, port) as url:
        yield Front(url)


def _port(node: Server) -> str:
    return node.url.rpartition(":")[2]
