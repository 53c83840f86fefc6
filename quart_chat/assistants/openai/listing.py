"""The lists that an endpoint answers: its models, in the shapes that servers give, embeddings."""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from itertools import chain
from typing import Any

from quart_chat.assistants.openai.decoding import decode, load_json
from quart_chat.assistants.openai.failures.complaints import is_error
from quart_chat.assistants.openai.failures.words import fields_of
from quart_chat.plaintext import clean

_LISTS = ("data", "models", "modellist", "result", "items", "list", "embedded")
_NAMES = ("id", "model", "name", "modelid", "modelname", "key", "slug", "label", "value")
"""Fields by their names without case or signs."""
_NESTED = ("attributes", "model")
_FRAME = re.compile(r"^data:[ \t]*([{\[].*)$", re.MULTILINE)
_DONE = "[DONE]"
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
    frames = [load_json(frame) for frame in _FRAME.findall(text) if frame.strip() != _DONE]
    listed = _find_list((frames if len(frames) > 1 else frames[0]) if frames else load_json(text))
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


def _find_list(found: Any, depth: int = 0) -> list[Any] | None:
    if isinstance(found, str):
        found = load_json(found)
    if isinstance(found, list):
        if not (found and all(isinstance(each, list) for each in found)):
            return found
        # Names with their titles, or lists of models
        pairs = all(each and isinstance(each[0], str) for each in found)
        return [each[0] for each in found] if pairs else list(chain(*found))
    if not isinstance(found, dict) or depth > _MAX_DEPTH:
        return None
    fields = fields_of(found)
    if is_error(fields.get("error")):
        return None
    known = [name for name in _LISTS if name in fields]
    if not known and (fields.get("object") == "model" or isinstance(fields.get("modelid"), str)):
        return [found]
    if known:
        name = next((name for name in known if fields[name]), known[0])
        inner = fields[name]
        if isinstance(inner, dict) and inner and all(isinstance(v, str) for v in inner.values()):
            # A single model, or the title of each by its name
            return [inner] if _name(inner) else list(inner)
        return [] if inner is None else _find_list(inner, depth + 1)
    # Without a name that is known, all lists in it, or the one object
    lists = [value for value in found.values() if isinstance(value, list)]
    objects = [value for value in found.values() if isinstance(value, dict)]
    if lists:
        return list(chain(*lists))
    return _find_list(objects[0], depth + 1) if len(objects) == 1 else _by_name(found)


def _by_name(found: dict[str, Any]) -> list[Any] | None:
    """Models that are objects, each at its name."""
    if not found or not all(isinstance(each, dict) for each in found.values()):
        return None
    return [each if _name(each) else name for name, each in found.items()]


def _name(each: Any) -> str:
    if isinstance(each, dict):
        fields = fields_of(each)
        names = [fields.get(name) for name in _NAMES]
        nested = [_name(fields[name]) for name in _NESTED if isinstance(fields.get(name), dict)]
        names += nested
        each = next((name for name in names if isinstance(name, str) and name.strip()), "")
    return clean(each.strip()) if isinstance(each, str) else ""
