"""What makes the pages an application of its own: manifest, service worker and offline page."""

from __future__ import annotations

import json

from quart import Blueprint, Response, current_app, render_template

from quart_chat.resources import resource_path
from quart_chat.texts import _, language
from quart_chat.web.auth.public import public
from quart_chat.web.pages.settings.appearance import appearance
from quart_chat.web.paths import own_name, path_to
from quart_chat.web.static.assets import EXTENSION as ASSETS
from quart_chat.web.static.assets import static_url

OFFLINE = "/offline"
OFFLINE_FILES = ("css/styles.css", "js/offline.js", "favicon.svg")
THEME = {"light": "#fdfbf7", "dark": "#181612"}
"""The colours of the page, as in tokens.css, for what stands around it."""

# Name, size and whether a system may cut it to a shape of its own.
ICONS = (
    ("favicon.svg", "any", "any"),
    ("icons/icon-192.png", "192x192", "any"),
    ("icons/icon-512.png", "512x512", "any"),
    ("icons/maskable-512.png", "512x512", "maskable"),
)

blueprint = Blueprint("install", __name__)


@blueprint.app_context_processor
def theme() -> dict[str, object]:
    """What the head of every page says of it."""
    return {"theme_colors": THEME}


@blueprint.get("/manifest.webmanifest")
@public
async def manifest() -> Response:
    """What a system needs to know to install the application."""
    document = {
        "id": path_to("/"),
        "name": "quart-chat",
        "short_name": "quart-chat",
        "description": _("Chats and their answers, as they are written."),
        "lang": language(),
        "start_url": path_to("/"),
        "scope": path_to("/"),
        "display": "standalone",
        "background_color": THEME["light"],
        "theme_color": THEME["light"],
        "icons": [
            {"src": static_url(name), "sizes": sizes, "type": icon_type(name), "purpose": purpose}
            for name, sizes, purpose in ICONS
        ],
        "shortcuts": [
            {"name": _("New chat"), "url": path_to("/")},
            {"name": _("Documents"), "url": path_to("/documents")},
        ],
    }
    return _answer(json.dumps(document), "application/manifest+json")


@blueprint.get("/service-worker.js")
@public
async def service_worker() -> Response:
    """The worker, which is another one whenever a file or the look of its page is another."""
    offline = path_to(OFFLINE)
    files = [offline, *(static_url(name) for name in OFFLINE_FILES)]
    look = appearance()
    version = current_app.extensions[ASSETS].version
    family = f"{own_name('quart-chat')}:"
    name = f"{family}{language()}-{look.theme}-{look.text}-{version}"
    shell = json.dumps({"name": name, "family": family, "offline": offline, "files": files})
    script = (resource_path("static") / "js/service-worker.js").read_text("utf-8")
    return _answer(f"const SHELL = {shell};\n{script}", "text/javascript")


@blueprint.get(OFFLINE)
@public
async def show_offline() -> str:
    """The page that the service worker shows while the server can't be reached."""
    return await render_template("offline.html")


def icon_type(name: str) -> str:
    return "image/svg+xml" if name.endswith(".svg") else "image/png"


def _answer(text: str, mimetype: str) -> Response:
    response = Response(text, mimetype=mimetype)
    # Asked for again each time: it changes with the files and with the language.
    response.headers["Cache-Control"] = "no-cache"
    response.vary.update(("Accept-Language", "Cookie"))
    return response
