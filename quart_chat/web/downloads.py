"""Answers that a browser saves as a file."""

from __future__ import annotations

from urllib.parse import quote

from quart import Response

from quart_chat.chat.transfer.archive import ascii_name


def offer_download(response: Response, name: str, ending: str) -> Response:
    """Have a response saved under a name with an ending such as ``.md``."""
    names = {"filename": f"{ascii_name(name)}{ending}"}
    if not name.isascii():
        # RFC 6266: the whole name for those who read it, the plain one for all others.
        names["filename*"] = f"UTF-8''{quote(name, safe='')}{ending}"
    response.headers.set("Content-Disposition", "attachment", **names)
    response.headers["Cache-Control"] = "no-store"
    return response
