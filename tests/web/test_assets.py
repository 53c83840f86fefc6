from __future__ import annotations

import gzip
import re
from hashlib import sha256
from pathlib import Path
from runpy import run_path

import pytest
from quart import Quart, render_template_string
from quart.typing import TestClientProtocol as Client

from quart_chat.resources import resource_path
from quart_chat.web.static.assets import FOREVER, content_version
from tests.server import ROOT

STATIC = resource_path("static")
VENDOR = run_path(str(ROOT / ".ci/vendor.py"))
FILES = sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file())
STYLES = (STATIC / "css/styles.css").read_text()
PAGES = [path.read_text() for path in resource_path("templates").glob("*.html")]


async def text_of(client: Client, filename: str) -> str:
    return await (await client.get(f"/static/{filename}")).get_data(as_text=True)


async def url_of(app: Quart, filename: str) -> str:
    async with app.test_request_context("/"):
        return await render_template_string("{{ static_url(name) }}", name=filename)


async def test_a_versioned_address_is_kept_for_good(app: Quart, client: Client) -> None:
    response = await client.get(await url_of(app, FILES[0]))
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == FOREVER


@pytest.mark.parametrize("path", ["/static/", "/static/v/0123456789abcdef/"])
async def test_any_other_address_is_asked_about_again(client: Client, path: str) -> None:
    response = await client.get(path + FILES[0])
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-cache"
    again = await client.get(path + FILES[0], headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


async def test_while_debugging_no_version_is_kept(app: Quart) -> None:
    app.debug = True
    assert await url_of(app, "js/app.js") == "/static/js/app.js"


@pytest.mark.parametrize(
    "path", ["../templates/base.html", "%2e%2e/pyproject.toml", "nothing.js", "%00", "a" * 300]
)
async def test_nothing_outside_is_served(client: Client, path: str) -> None:
    for prefix in ("/static/", "/static/v/0/"):
        assert (await client.get(prefix + path)).status_code == 404


async def test_every_static_file_is_served_as_what_it_is(client: Client) -> None:
    types = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    for name in FILES:
        response = await client.get(f"/static/{name}")
        assert response.status_code == 200, name
        expected = types.get(name.rpartition(".")[2], response.mimetype)
        assert response.mimetype == expected, name


async def test_styles_are_one_file_but_for_those_of_single_pages(
    client: Client,
) -> None:
    css = await text_of(client, "css/styles.css")
    assert "@import" not in css
    assert "/*" not in css
    for name in FILES:
        imported = f'@import url("{name.removeprefix("css/")}");' in STYLES
        linked = any(f"static_url('{name}')" in page for page in PAGES)
        if name.startswith("css/"):
            assert imported != linked, name


async def test_a_script_goes_out_without_its_comments(client: Client) -> None:
    script = await text_of(client, "js/chat/conversation.js")
    assert "class Conversation{" in script
    assert "/**" not in script


def test_scripts_by_others_are_as_they_were_published() -> None:
    packages = VENDOR["packages"]((STATIC / "vendor/README.md").read_text())
    modules = {f"vendor/{package.name}/index.js": package for package in packages}
    assert set(modules) == {name for name in FILES if re.match(r"vendor/.*\.js$", name)}
    for name, package in modules.items():
        module = (STATIC / name).read_text("utf-8")
        script = module.partition("const { exports } = module;\n")[2].rpartition(
            "\nexport default "
        )[0]
        assert sha256(script.encode()).hexdigest() == package.checksum, name
        assert VENDOR["as_module"](package, script) == module, f"{name}: run `make vendor`"
        assert list((STATIC / name).parent.glob("LICENSE*")), name


def test_a_package_that_is_not_the_one_named_is_left_out(tmp_path: Path) -> None:
    package = VENDOR["Package"]("mdurl", "9.9.9", "index.js", "0" * 64)
    (tmp_path / "index.js").write_text("module.exports = 1;")
    before = (STATIC / "vendor/mdurl/index.js").read_bytes()
    (failure,) = VENDOR["vendor"](package, tmp_path)
    assert sha256(b"module.exports = 1;").hexdigest() in failure
    assert (STATIC / "vendor/mdurl/index.js").read_bytes() == before


async def test_a_script_by_others_is_served_as_it_stands(app: Quart, client: Client) -> None:
    app.debug = True
    name = "vendor/markdown-it/index.js"
    assert await text_of(client, name) == (STATIC / name).read_text("utf-8")


async def test_a_file_is_compressed_for_who_takes_that(client: Client) -> None:
    url = "/static/js/chat/conversation.js"
    plain = await client.get(url, headers={"Accept-Encoding": "gzip;q=0"})
    packed = await client.get(url, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    content = await packed.get_data(as_text=False)
    assert gzip.decompress(content) == await plain.get_data(as_text=False)
    assert {plain.headers["Vary"], packed.headers["Vary"]} == {"Accept-Encoding"}
    assert plain.headers["ETag"] != packed.headers["ETag"]


async def test_while_debugging_files_go_out_as_they_are(app: Quart, client: Client) -> None:
    app.debug = True
    for name in ("css/styles.css", "js/app.js"):
        response = await client.get(f"/static/{name}")
        assert await response.get_data() == (resource_path("static") / name).read_bytes()


@pytest.mark.parametrize("change", ["content", "name", "new file"])
def test_the_version_changes_with_any_file(tmp_path: Path, change: str) -> None:
    (tmp_path / "a.js").write_text("1")
    before = content_version(tmp_path)
    match change:
        case "content":
            (tmp_path / "a.js").write_text("2")
        case "name":
            (tmp_path / "a.js").rename(tmp_path / "b.js")
        case _:
            (tmp_path / "b.js").write_text("")
    assert re.fullmatch(r"[0-9a-f]{16}", before)
    assert content_version(tmp_path) != before


def test_the_version_changes_with_how_scripts_are_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content_version(tmp_path)
    monkeypatch.setattr("quart_chat.web.static.assets.getsource", lambda module: "changed")
    assert content_version(tmp_path) != before
