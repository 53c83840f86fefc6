"""Templates that are compiled once on a machine."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader
from quart import Quart

from quart_chat.web import templates


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def render(app: Quart, folder: Path) -> str:
    (folder / "page.html").write_text("{{ 1 + 1 }}")
    compiled = app.jinja_env.bytecode_cache
    loader = FileSystemLoader(folder)
    environment = Environment(loader=loader, bytecode_cache=compiled, autoescape=True)
    return environment.get_template("page.html").render()


def test_a_template_is_compiled_once(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Quart(__name__)
    templates.init_app(app)
    assert render(app, tmp_path) == "2"

    def fail(*_: object) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(Environment, "compile", fail)
    again = Quart(__name__)
    templates.init_app(again)
    assert render(again, tmp_path) == "2"


def test_a_cache_that_is_damaged_or_gone_is_none(cache: Path, tmp_path: Path) -> None:
    app = Quart(__name__)
    templates.init_app(app)
    assert render(app, tmp_path) == "2"
    (kept,) = [path for path in cache.rglob("*") if path.is_file()]
    kept.write_bytes(kept.read_bytes()[:-5])
    assert render(app, tmp_path) == "2"
    kept.unlink()
    kept.parent.rmdir()
    assert render(app, tmp_path) == "2"


def test_an_app_does_without_a_folder_that_can_not_be_trusted(cache: Path, tmp_path: Path) -> None:
    app = Quart(__name__)
    templates.init_app(app)
    (folder,) = cache.iterdir()
    folder.rmdir()
    folder.write_text("no folder")
    again = Quart(__name__)
    templates.init_app(again)
    assert again.jinja_env.bytecode_cache is None
    assert render(again, tmp_path) == "2"
