"""Static files under an address that changes with their content, each made small once.

All of them share one version, which is part of the path: ``/static/v/<version>/js/a.js`` that
imports ``./b.js`` gets the same version of it. What such an address names never changes, so a
browser keeps it for good; the plain address ``/static/js/a.js`` is asked about every time.

Scripts and styles are read as they were written; what is sent leaves out their comments and blanks,
is one file for all styles, one file for all that a page's script imports (see ``bundles``), and is
compressed. While debugging each file is sent as it is.
"""

from __future__ import annotations

import gzip
import mimetypes
import re
from dataclasses import dataclass
from hashlib import blake2b
from inspect import getsource
from posixpath import splitext
from typing import TYPE_CHECKING

import rcssmin
import rjsmin
from quart import Blueprint, Response, current_app, request

from quart_chat.errors import NotFound
from quart_chat.texts import _
from quart_chat.web.auth.public import public
from quart_chat.web.paths import path_to
from quart_chat.web.static import bundles, modules
from quart_chat.web.static.bundles import Bundles

if TYPE_CHECKING:
    from pathlib import Path

    from quart import Quart

EXTENSION = "quart_chat.assets"
FOREVER = "public, max-age=31536000, immutable"

blueprint = Blueprint("assets", __name__)

# Python's own table differs from machine to machine.
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_IMPORT = re.compile(r'^@import url\("([\w/-]+\.css)"\);$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent; ``gzipped`` where that is smaller."""

    content: bytes
    gzipped: bytes | None
    type: str
    etag: str


class Assets:
    """The static files of a folder.

    Attributes:
        version: A short hash of every file's path and content.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths = _files(folder)
        self._ready: dict[str, Asset] = {}
        self._bundles = Bundles(lambda name: self._paths[name].read_text("utf-8"))
        self.version = content_version(folder)

    def get(self, name: str) -> Asset | None:
        """Make a file ready the first time it is asked for; None where there is none."""
        if name not in self._ready:
            content = self._content(name)
            if content is None:
                return None
            self._ready[name] = _make(name, content)
        return self._ready[name]

    def _content(self, name: str) -> bytes | None:
        page, script = bundles.split(name)
        path = self._paths.get(page)
        if path is None:
            return None
        if path.suffix == ".js":
            return self._joined(page, script)
        return _styles(path) if path.suffix == ".css" else path.read_bytes()

    def _joined(self, page: str, script: str) -> bytes | None:
        if script not in self._bundles.files(page):
            return None
        return str(rjsmin.jsmin(self._bundles.join(page, script))).encode()

    def get_plain(self, name: str) -> Asset | None:
        """Read a file as it is at this moment."""
        path = _files(self._folder).get(name)
        return None if path is None else _make(name, path.read_bytes())


def _files(folder: Path) -> dict[str, Path]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in paths}


def _styles(path: Path) -> bytes:
    whole = _IMPORT.sub(
        lambda name: (path.parent / name[1]).read_text("utf-8"), path.read_text("utf-8")
    )
    return str(rcssmin.cssmin(whole)).encode()


def _make(name: str, content: bytes) -> Asset:
    # No time of day goes in: the same content is the same bytes.
    gzipped = gzip.compress(content, 9, mtime=0)
    type_ = _TYPES.get(splitext(name)[1]) or mimetypes.guess_type(name)[0]
    return Asset(
        content,
        gzipped if len(gzipped) < 0.9 * len(content) else None,
        type_ or "application/octet-stream",
        blake2b(content, digest_size=8).hexdigest(),
    )


def init_app(app: Quart, folder: Path) -> None:
    """Serve the files of ``folder``, and give the templates what they need to name them."""
    app.extensions[EXTENSION] = Assets(folder)
    app.add_template_global(static_url)


def static_url(filename: str) -> str:
    """The address of a static file, with the version of them all."""
    # While the files are being edited, their version is not worth keeping.
    version = "" if current_app.debug else f"v/{_assets().version}/"
    return path_to(f"/static/{version}{filename}")


@blueprint.get("/static/<path:filename>")
@blueprint.get("/static/v/<version>/<path:filename>")
@public
async def static_file(filename: str, version: str | None = None) -> Response:
    """A static file; a page from before an update asks for a version that is no more."""
    assets = _assets()
    asset = assets.get_plain(filename) if current_app.debug else assets.get(filename)
    if asset is None:
        raise NotFound(_("There is no such file."))
    compressed = asset.gzipped is not None and request.accept_encodings.quality("gzip") > 0
    response = Response(asset.gzipped if compressed else asset.content, mimetype=asset.type)
    if compressed:
        response.content_encoding = "gzip"
    if asset.gzipped is not None:
        response.vary.add("Accept-Encoding")
    response.set_etag(f"{asset.etag}-gzip" if compressed else asset.etag)
    response.headers["Cache-Control"] = FOREVER if version == assets.version else "no-cache"
    await response.make_conditional(request)
    return response


def _assets() -> Assets:
    assets: Assets = current_app.extensions[EXTENSION]
    return assets


def content_version(folder: Path) -> str:
    """A short hash of every file's path, of its content, and of how scripts are joined."""
    digest = blake2b((getsource(bundles) + getsource(modules)).encode(), digest_size=8)
    for name, path in _files(folder).items():
        content = path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
