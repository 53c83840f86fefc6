"""Finds what people would read and no catalogue knows: literals that nothing looks up."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser

from babel.messages.jslexer import tokenize

ATTRIBUTES = {"aria-label", "aria-description", "title", "placeholder", "alt", "label"}

NAMES = {"quart-chat", "F2", "MB", "KB", "GB", "ms", "s"}
"""What is the same in every language."""

_JINJA = re.compile(r"{#.*?#}|{%.*?%}|{{.*?}}", re.DOTALL)
_JINJA_TEXTS = re.compile(r"""\b(?:_|ngettext)\((?:[^()"']|"[^"]*"|'[^']*'|\([^()]*\))*\)""")
_JINJA_LITERAL = re.compile(r'"([^"]*)"')
_VALUE = re.compile(r"\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")


class TemplateTexts(HTMLParser):
    """Gathers the text nodes and the attributes for people."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in {"script", "style", "path"}
        self.texts += [value for name, value in attrs if name in ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"script", "style", "path"}

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.texts.append(data)


def in_template(source: str) -> Iterator[str]:
    """Words of a template that nothing looks up, in its markup or in its expressions."""
    # Expressions first: their quotes would end the attributes that they stand in.
    parser = TemplateTexts()
    parser.feed(_JINJA.sub("", source))
    parser.close()
    for text in parser.texts:
        if any(word not in NAMES for word in re.findall(r"[^\W\d_][\w-]*", text)):
            yield text.strip()
    for expression in _JINJA.findall(source):
        if not expression.startswith("{#"):
            for literal in _JINJA_LITERAL.findall(_JINJA_TEXTS.sub("", expression)):
                if is_sentence(literal):
                    yield literal


def is_sentence(literal: str) -> bool:
    """Whether a literal reads like something for people: a capital letter, and more words."""
    return bool(re.match(r"[A-ZÄÖÜ][^\W\d_]*[ ,.…:!?]", literal))


SHOWN = re.compile(
    r"""(?: \.(?:textContent|innerText|title|alt|placeholder|aria[A-Z]\w+)\s*=(?!=)
        | setAttribute\(\s*"(?:aria-label|aria-description|title|alt|placeholder)",
        | new\ (?:Error|Notification)\(
        ) \s* ["`]\ *[^"`$\W]""",
    re.VERBOSE,
)


def in_script(source: str) -> Iterator[str]:
    """Words of a script that nothing looks up."""
    for match in SHOWN.finditer(source):
        yield source[match.start() : source.find("\n", match.end())]
    calls: list[str] = []  # what stands before each parenthesis that is open
    before = ""
    for token in tokenize(source, jsx=False):
        if token.type in {"linecomment", "multilinecomment"}:
            continue
        if token.value == "(":
            calls.append(before)
        elif token.value == ")" and calls:
            calls.pop()
        elif calls[-1:] not in (["t"], ["plural"]):
            literal = token.value[1:-1]
            if token.type == "string" and is_sentence(literal):
                yield literal
            if token.type == "template_string" and has_words(literal):
                yield literal
        before = token.value


def has_words(template: str) -> bool:
    """Whether a template literal has a word that stands for itself beside its values.

    The scheme of an address is none.
    """
    return bool(
        re.search(r"(?:^| )[A-Za-zÄÖÜäöü]{3,}(?:[ .,:;!?…](?!//)|$)", _VALUE.sub("", template))
    )


SPEAKING = {"Step", "Mark", "Progress", "Ending", "Failed", "Advanced", "AssistantError"}
"""What is made of a text for people, beside the errors."""


def in_python(source: str, speaking: set[str]) -> Iterator[str]:
    """Sentences that are given to something that speaks to people, without being looked up."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in speaking:
                for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
                    yield from _literal(argument)
            case ast.Call(func=ast.Name(id="_" | "N_" | "ngettext"), args=arguments):
                # What is not written out can't be found: the values go in afterwards.
                yield from (
                    ast.unparse(argument)
                    for argument in arguments
                    if isinstance(argument, ast.JoinedStr | ast.BinOp)
                )


def _literal(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)) if is_sentence(text):
            yield text
        case ast.JoinedStr():
            parts = (part.value for part in node.values if isinstance(part, ast.Constant))
            text = "".join(map(str, parts))
            if " " in text.strip():
                yield text
        case ast.BinOp(left=left, right=right):
            yield from _literal(left)
            yield from _literal(right)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _literal(body)
            yield from _literal(orelse)
