"""What stands in paths, read strictly: an address with anything else is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.routing import BaseConverter

if TYPE_CHECKING:
    from quart import Quart


class WorkflowIdConverter(BaseConverter):
    """The id of a chat, so that no other word of an address is taken for one."""

    regex = "[0-9a-f]{32}"


class RoundConverter(BaseConverter):
    """The number of a round; werkzeug's own takes digits of every script, and zeros in front."""

    regex = "[1-9][0-9]{0,15}"

    def to_python(self, value: str) -> int:
        return int(value)


def init_app(app: Quart) -> None:
    """Have the rules of ``app`` written with ``<chat:...>`` and ``<round:...>``."""
    app.url_map.converters |= {"chat": WorkflowIdConverter, "round": RoundConverter}
