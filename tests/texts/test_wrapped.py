"""Whatever people read is looked up."""

from __future__ import annotations

from pathlib import Path

import pytest

from quart_chat import errors
from tests.texts.extraction import ROOT, sources
from tests.texts.unwrapped import SPEAKING, in_python, in_script, in_template

ERRORS = {name for name, value in vars(errors).items() if isinstance(value, type)}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", sources("templates", ".html"), ids=name)
def test_templates_look_up_what_they_say(path: Path) -> None:
    assert list(in_template(path.read_text("utf-8"))) == []


@pytest.mark.parametrize("path", sources("static/js", ".js"), ids=name)
def test_scripts_look_up_what_they_say(path: Path) -> None:
    assert list(in_script(path.read_text("utf-8"))) == []


@pytest.mark.parametrize("path", sources("quart_chat", ".py"), ids=name)
def test_errors_and_steps_are_looked_up(path: Path) -> None:
    assert list(in_python(path.read_text("utf-8"), ERRORS | SPEAKING | {"ModelError"})) == []


@pytest.mark.parametrize(
    "template",
    [
        "<p>Hello</p>",
        "<p>{{ name }} is here</p>",
        '<b aria-label="Close">x</b>',
        '<input placeholder="{{ name }} there">',
        '{{ "Close it" if open else "" }}',
        '{{ bar("Documents here") }}',
    ],
)
def test_a_text_that_a_template_does_not_look_up_is_found(template: str) -> None:
    assert list(in_template(template))


@pytest.mark.parametrize(
    "template",
    [
        '<p class="hello">{{ _("Hello {name}", name=item("x")) }}</p>',
        '<b aria-label="{{ _("Close") }}">{# A comment. #}{{ icon("x") }}</b>',
        "<script>let hello;</script>{{ size }} MB",
    ],
)
def test_what_a_template_looks_up_is_no_find(template: str) -> None:
    assert list(in_template(template)) == []


@pytest.mark.parametrize(
    "script",
    [
        'element.textContent = "gone";',
        "button.ariaLabel = `Delete ${name}`;",
        'button.setAttribute("aria-label", "Delete");',
        'const GONE = "The chat is gone.";',
        'throw new Error("no");',
        "say(`${count} new messages`);",
        'say(number(3), "The chat is gone.");',
    ],
)
def test_a_text_that_a_script_does_not_look_up_is_found(script: str) -> None:
    assert list(in_script(script))


@pytest.mark.parametrize(
    "script",
    [
        'element.textContent = t("Gone. {name}", { name });',
        'element.textContent = plural("One chat", "{count} chats", 3);',
        'element.textContent = "";',
        'form.querySelector(".row .name");',
        "// A comment. \nlet x;",
        "find(`[data-round='${number}']`, `/chat/${id}`, `${number(ms)} ms`);",
        'say(t("One text. {name}", { name: item.name }), `${t("Two texts.")}`);',
    ],
)
def test_what_a_script_looks_up_is_no_find(script: str) -> None:
    assert list(in_script(script)) == []


def test_an_error_that_is_not_looked_up_is_found() -> None:
    source = 'raise NotFound("There is none.")\nraise NotFound(f"{name} is gone")'
    assert len(list(in_python(source, ERRORS))) == 2
    assert list(in_python('_(f"{name} is gone")', ERRORS))
    assert list(in_python('raise NotFound(_("There is none."))', ERRORS)) == []
