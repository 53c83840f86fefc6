"""The lists that an endpoint answers: its models, in the shapes that servers give, embeddings."""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from typing import Any

from quart_chat.assistants.openai.decoding import decode, load_json
from quart_chat.assistants.openai.words import unframe
from quart_chat.plaintext import clean

_LISTS = ("data", "models", "model_list", "result", "items", "list")
_NAMES = ("id", "model", "name", "modelId", "model_id", "modelName", "model_name", "key", "slug")
_UTF_16 = (BOM_UTF16_LE, BOM_UTF16_BE)
_MAX_DEPTH = 4
"""Objects around the list."""


def read_models(body: bytes) -> tuple[str, ...] | None:
    """The models' names, each once, in their order; None where the body holds no list.

    The OpenAI API answers ``{"data": [{"id": ...}]}``. Ollama's own has ``models`` with names,
    others answer the list alone, names alone, or an object for each by its name. A list that is
    null is an empty one.

    Raises:
        ValueError: It is no JSON.
    """
    text = body.decode("utf-16") if body.startswith(_UTF_16) else decode(body)
    listed = _find_list(load_json(unframe(text)))
    if listed is None:
        return None
    names = (_name(each) for each in listed)
    return tuple(dict.fromkeys(name for name in names if name))


def read_embeddings(body: bytes) -> list[list[float]] | None:
    """The vectors that the OpenAI API answers, ``{"data": [{"index": 0, "embedding": [...]}]}``.

    None where the body holds no such list, or where the vectors differ in length.
    """
    try:
        data = load_json(body)["data"]
        data = sorted(data, key=lambda each: each["index"])
        vectors = [[float(number) for number in each["embedding"]] for each in data]
    except (ValueError, TypeError, KeyError):
        return None
    return vectors if len({len(vector) for vector in vectors}) == 1 else None


def _find_list(found: Any) -> list[Any] | None:
    for _depth in range(_MAX_DEPTH):
        if isinstance(found, str):
            found = load_json(found)
        if isinstance(found, list):
            return found
        if not isinstance(found, dict) or found.get("error"):
            return None
        if found.get("object") == "model":
            return [found]
        name = _place(found)
        if name is None:
            return _by_name(found)
        found = [] if found[name] is None else found[name]
    return None


def _place(found: dict[str, Any]) -> str | None:
    """Where an object holds the list: at a name that is known, or as its one list or object."""
    known = [name for name in _LISTS if name in found]
    if known:
        return next((name for name in known if found[name]), known[0])
    for kind in (list, dict):
        names = [name for name, value in found.items() if isinstance(value, kind)]
        if len(names) == 1:
            return names[0]
    return None


def _by_name(found: dict[str, Any]) -> list[Any] | None:
    """Models that are objects, each at its name."""
    if not found or not all(isinstance(each, dict) for each in found.values()):
        return None
    return [each if _name(each) else name for name, each in found.items()]


def _name(each: Any) -> str:
    if isinstance(each, dict):
        names = (each.get(name) for name in _NAMES)
        each = next((name for name in names if isinstance(name, str) and name.strip()), "")
    return clean(each.strip()) if isinstance(each, str) else ""
