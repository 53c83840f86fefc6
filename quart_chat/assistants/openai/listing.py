"""The lists that an endpoint answers: its models, in the shapes that servers give, embeddings."""

from __future__ import annotations

from typing import Any

from quart_chat.assistants.openai.words import load_json
from quart_chat.plaintext import clean

_LISTS = ("data", "models", "result", "items")
_NAMES = ("id", "model", "name", "modelId", "model_id", "modelName", "model_name", "key", "slug")
_MAX_DEPTH = 4
"""Objects around the list."""


def read_models(body: bytes) -> tuple[str, ...] | None:
    """The models' names, each once, in their order; None where the body holds no list.

    The OpenAI API answers ``{"data": [{"id": ...}]}``. Ollama's own has ``models`` with names,
    others answer the list alone, or names alone. A list that is null is an empty one.

    Raises:
        ValueError: It is no JSON.
    """
    listed = _find_list(load_json(body))
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
        if isinstance(found, list):
            return found
        if not isinstance(found, dict) or found.get("error"):
            return None
        name = next((name for name in _LISTS if name in found), None) or _only_list(found)
        if name is None:
            return None
        found = [] if found[name] is None else found[name]
    return None


def _only_list(found: dict[str, Any]) -> str | None:
    """The name of the one list in an object, or of the one object, which may hold it."""
    for kind in (list, dict):
        names = [name for name, value in found.items() if isinstance(value, kind)]
        if len(names) == 1:
            return names[0]
    return None


def _name(each: Any) -> str:
    if isinstance(each, dict):
        names = (each.get(name) for name in _NAMES)
        each = next((name for name in names if isinstance(name, str) and name.strip()), "")
    return clean(each.strip()) if isinstance(each, str) else ""
