r"""TeX as plain text, for places that show no markup: ``\frac{a}{b^2}`` becomes ``a/b²``."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from latex2mathml.converter import Converter

from quart_chat.markdown.math.mathml import LEFT_OVER, MAX_DEPTH, prepare

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

_RAISED = str.maketrans("0123456789+-\u2212=()in", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁱⁿ")
_LOWERED = str.maketrans(
    "0123456789+-\u2212=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ"
)
# Degrees, primes and stars stand beside their base without any mark.
_SIGNS = {"\u2218": "°", **{sign: sign for sign in ("\u2032", "\u2033", "*", "\u2217")}}
_UNSEEN = re.compile("[\u2061-\u2064\u200b]")
_UPRIGHT = re.compile(r"\\(?:ce|pu|mbox|emph)(?=\{)")
_BOXED = re.compile(r"\\boxed(?=\{)")
_LOGO = re.compile(r"\\((?:La)?TeX)(?![A-Za-z])")
# What belongs to the names beside it: no space stands between.
_CLOSE = re.compile(r" +(?=[)\]},;.!?])|(?<=[(\[{]) +| +(?=\()")


def to_plain(tex: str) -> str:
    """A formula in the characters of Unicode; as it was written where these don't suffice."""
    try:
        known = _LOGO.sub(r"\\text{\1}", _BOXED.sub("", _UPRIGHT.sub(r"\\text", prepare(tex))))
        element = Converter().convert_to_element(known)
        text = _read(element, 0)
    except Exception:  # noqa: BLE001 - the library raises many kinds, of its own and Python's
        return tex
    text = " ".join(_CLOSE.sub("", _UNSEEN.sub("", text)).split())
    return tex if not text or LEFT_OVER.search(text) else text


def _read(element: Element, depth: int) -> str:
    if depth > MAX_DEPTH:
        raise RecursionError
    parts = [_read(child, depth + 1) for child in element]
    if element.tag in {"mrow", "math"}:
        return "".join(parts)
    if parts:
        return _combine(element.tag, [part.strip() for part in parts])
    text = unescape(element.text or "")
    is_name = element.tag in {"mi", "mo"} and len(text) > 1 and text.isalpha()
    return " " if element.tag == "mspace" else f" {text} " if is_name else text


def _combine(tag: str, parts: Sequence[str]) -> str:
    match tag, parts:
        case "mfrac", [above, below]:
            return f"{_group(above)}/{_group(below)}"
        case "mroot", [inner, degree]:
            return f"{_script(degree, _RAISED, '^')}√{_group(inner)}"
        case "msup", [base, above]:
            return base + _script(above, _RAISED, "^")
        case "msub" | "munder", [base, below]:
            return base + _script(below, _LOWERED, "_")
        case "msubsup" | "munderover", [base, below, above]:
            return base + _script(below, _LOWERED, "_") + _script(above, _RAISED, "^")
        case "mover", [base, _]:
            return base
        case "mtable", _:
            return "; ".join(parts)
    joined = (" " if tag == "mtr" else "").join(parts)
    return f"√{_group(joined)}" if tag == "msqrt" else joined


def _group(text: str) -> str:
    return text if text.isalnum() else f"({text})"


def _script(text: str, letters: dict[int, int], mark: str) -> str:
    if text in _SIGNS:
        return _SIGNS[text]
    if all(ord(char) in letters for char in text):
        return text.translate(letters)
    return f"{mark}{text if len(text) == 1 else f'({text})'}"
