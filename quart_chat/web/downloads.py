"""Answers that a browser saves as a file."""

from __future__ import annotations

import re
from urllib.parse import quote

from quart import Response

from quart_chat.chat.transfer.archive import ascii_name

_UNSAFE = re.compile(r"[^A-Za-z0-9.]+")


def offer_download(response: Response, name: str, ending: str) -> Response:
    """Have a response saved under a name with an ending such as ``.md``."""
    whole = f"{name}{ending}"
    names = {"filename": f"{ascii_name(name)}{_UNSAFE.sub('-', ending)}"}
    if not whole.isascii():
        # RFC 6266: the whole name for those who read it, the plain one for all others.
        names["filename*"] = f"UTF-8''{quote(whole, safe='')}"
    response.headers.set("Content-Disposition", "attachment", **names)
    response.headers["Cache-Control"] = "no-store"
    return response
