"""TeX as MathML, which browsers show without any script.

A formula may have been written by anybody: what comes out is made of known elements and attributes
alone, is bounded, and is None where the formula can't be shown well.
"""

from __future__ import annotations

import re
from html import escape, unescape
from typing import TYPE_CHECKING

from latex2mathml.converter import Converter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

# Elements within each other.
MAX_DEPTH = 60

ELEMENTS = frozenset(
    """mrow mi mn mo ms mtext mspace mstyle mfrac msqrt mroot msub msup msubsup munder mover
    munderover mmultiscripts mprescripts mtable mtr mtd mpadded mphantom menclose none""".split()  # noqa: SIM905 - a paragraph of names reads best
)
_WORD = r"true|false|prefix|infix|postfix|left|right|center|solid|none|box"
# Lengths that move nothing out of its place.
_LENGTH = r"[+-]?0?\.\d{1,4}(?:em|ex)|\d(?:\.\d{1,4})?(?:em|ex)?|\d{1,2}(?:\.\d{1,4})?(?:pt|px|mu)"
VALUES = {
    **dict.fromkeys(
        """accent accentunder columnalign displaystyle fence form largeop movablelimits notation
        separator stretchy symmetric""".split(),  # noqa: SIM905
        re.compile(rf"(?:{_WORD})(?: (?:{_WORD}))*"),
    ),
    **dict.fromkeys(
        """columnspacing linethickness lspace maxsize minsize rowspacing rspace scriptlevel
        width""".split(),  # noqa: SIM905
        re.compile(rf"(?:{_LENGTH})(?: (?:{_LENGTH}))*"),
    ),
    "mathvariant": re.compile(r"[a-z-]{1,30}"),
}
# An answer has no need to define commands, and a definition may grow without bound.
_REFUSED = re.compile(r"\\(?:new|renew|provide)command|\\[gex]?def(?![A-Za-z])|\\let(?![A-Za-z])")
_ALIGNED = re.compile(
    r"(\\(?:begin|end)\s*\{)(?:(?:aligned|align|split|gathered|gather|multline|eqnarray)\*?\}"
    r"|alignat(?:ed)?\*?\}(?:\s*\{\d\})?)"
)
# Names and numbers of equations, which the library does not know.
_NUMBERING = re.compile(r"\\label\{[^{}]*\}|\\(?:nonumber|notag)(?![A-Za-z])")
_TAG = re.compile(r"\\tag\*?\{([^{}\\$]*)\}")
# What a formula that is not understood leaves: commands, and the ends of cells and rows.
LEFT_OVER = re.compile(r"\\\S|&")


class _NotShown(Exception):
    pass


def to_mathml(tex: str, *, display: bool) -> str | None:
    """The ``math`` element of a formula; None where it can't be shown well."""
    if _REFUSED.search(tex):
        return None
    kind = "block" if display else "inline"
    try:
        math = Converter(display=kind).convert_to_element(prepare(tex))
        inner = "".join(part for child in math for part in _serialise(child, 0))
    except Exception:  # noqa: BLE001 - the library raises many kinds, of its own and Python's
        return None
    source = escape(tex.strip(), quote=False)
    return (
        f'<math display="{kind}"><semantics>{inner}'
        f'<annotation encoding="application/x-tex">{source}</annotation></semantics></math>'
    )


def prepare(tex: str) -> str:
    """Write what the library does not know in terms that it knows."""
    tex = _TAG.sub(r"\\qquad\\text{(\1)}", _NUMBERING.sub("", tex))
    return _ALIGNED.sub(r"\1align*}", tex)


def _serialise(element: Element, depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH or element.tag not in ELEMENTS or "linebreak" in element.attrib:
        raise _NotShown
    # The library writes characters as references, and expects to be read by a browser.
    text = unescape(element.text or "")
    if element.tag in {"mi", "mo", "mn"} and LEFT_OVER.search(text):
        raise _NotShown
    children = [part for child in element for part in _serialise(child, depth + 1)]
    if element.tag == "mrow" and len(element) == 1 and not element.attrib:
        yield from children
        return
    yield f"<{element.tag}{_attributes(element)}>{escape(text, quote=False)}"
    yield from children
    yield f"</{element.tag}>"


def _attributes(element: Element) -> str:
    return "".join(
        f' {name}="{value}"'
        for name, value in element.attrib.items()
        if name in VALUES and VALUES[name].fullmatch(value)
    )
