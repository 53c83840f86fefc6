"""The OpenAPI document: the routes of the API, and nothing of the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from quart_schema import OpenAPIProvider

from quart_chat.web.schemas import ErrorAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from werkzeug.routing import Rule

View = TypeVar("View", bound="Callable[..., object]")

_ANSWERS = "_quart_chat_answers"


def document_answer(
    status: int, description: str, media_type: str | None = None
) -> Callable[[View], View]:
    """Describe an answer that is no JSON: a stream, or nothing at all."""
    content: dict[str, Any] = {} if media_type is None else {"content": {media_type: {}}}

    def mark(view: View) -> View:
        vars(view).setdefault(_ANSWERS, {})[status] = {"description": description, **content}
        return view

    return mark


document_stream = document_answer(200, "Server-sent events.", "text/event-stream")


class ApiDocument(OpenAPIProvider):
    """Describes what is below ``/api/``; whatever is refused is answered in one shape."""

    def generate_rules(self) -> Iterator[Rule]:
        return (rule for rule in super().generate_rules() if rule.rule.startswith("/api/"))

    def build_paths(self, rule: Rule) -> tuple[dict[str, Any], dict[str, Any]]:
        paths, components = super().build_paths(rule)
        error, error_components = self.build_response_object(ErrorAnswer, None)
        answers = getattr(self._app.view_functions[rule.endpoint], _ANSWERS, {})
        for path in paths.values():
            for operation in path.values():
                operation["responses"].update({**answers, "default": error})
        return paths, {**components, **error_components}
