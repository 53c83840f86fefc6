"""Static files under an address that changes with their content.

All of them share one version, which is part of the path: ``/static/v/<version>/js/a.js`` that
imports ``./b.js`` gets the same version of it. What such an address names never changes, so a
browser keeps it for good; the plain address ``/static/js/a.js`` is asked about every time.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from quart import Blueprint, Response, current_app, send_from_directory

from quart_chat.errors import NotFound

if TYPE_CHECKING:
    from pathlib import Path

    from quart import Quart

EXTENSION = "quart_chat.assets"
FOREVER = "public, max-age=31536000, immutable"

blueprint = Blueprint("assets", __name__)


@dataclass(frozen=True, slots=True)
class Assets:
    """The static files as they were at start."""

    folder: Path
    version: str


def init_app(app: Quart, folder: Path) -> None:
    """Serve the files of ``folder``, and give the templates the function ``static_url``."""
    app.extensions[EXTENSION] = Assets(folder, content_version(folder))

    @app.template_global()
    def static_url(filename: str) -> str:
        # While somebody works on the files their version is not worth keeping up.
        version = "" if app.debug else f"v/{_assets().version}/"
        return f"/static/{version}{filename}"


@blueprint.get("/static/<path:filename>")
@blueprint.get("/static/v/<version>/<path:filename>")
async def static_file(filename: str, version: str | None = None) -> Response:
    """A static file; a page from before an update asks for a version that is no more."""
    assets = _assets()
    try:
        response = await send_from_directory(str(assets.folder), filename)
    except OSError as error:
        raise NotFound("There is no such file.") from error  # a name too long for one, say
    response.headers["Cache-Control"] = FOREVER if version == assets.version else "no-cache"
    return response


def _assets() -> Assets:
    assets: Assets = current_app.extensions[EXTENSION]
    return assets


def content_version(folder: Path) -> str:
    """A short hash of every file's path and content."""
    digest = blake2b(digest_size=8)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
