"""Quart's JSON, by orjson."""

from __future__ import annotations

from typing import Any

import orjson
from quart.json.provider import JSONProvider


class OrjsonProvider(JSONProvider):
    """Compact UTF-8; understands dataclasses, enumerations and datetimes."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        options = orjson.OPT_NON_STR_KEYS | (orjson.OPT_INDENT_2 if kwargs.get("indent") else 0)
        return orjson.dumps(obj, option=options).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return orjson.loads(s)
