"""What a server without accounts loads of them."""

from __future__ import annotations

import subprocess
import sys


def test_a_server_without_accounts_loads_neither_hashes_nor_passkeys() -> None:
    code = "import sys, quart_chat.cli; print(*{'argon2', 'cbor2', 'webauthn'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
