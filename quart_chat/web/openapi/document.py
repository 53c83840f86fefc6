"""The OpenAPI document, made of what the routes of the API declare; pages are not in it."""

from __future__ import annotations

import inspect
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from msgspec.json import schema_components
from quart_schema import Info, OpenAPIProvider, QuartSchema, Server, Tag

from quart_chat.errors import Unauthenticated
from quart_chat.web.auth.cookies import SESSION
from quart_chat.web.auth.public import is_public
from quart_chat.web.openapi.operation import JSON, Answer, Operation, Refusal, find_operation
from quart_chat.web.paths import own_name
from quart_chat.web.schemas.answers import ErrorAnswer
from quart_chat.web.schemas.chatdata import ONE_OF_SEVERAL, SCHEMAS, ChatData, GuardedChatData
from quart_chat.web.schemas.requests import PATH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from quart import Quart
    from werkzeug.routing import Rule

    from quart_chat.config import Settings

Schema = dict[str, Any]

ABOUT = """\
Starts, streams, stops and reads chats, and reads documents.

Every error is answered as `{"error": {"code", "message"}}`: the code is for programs, the message
for people, in the language that `Accept-Language` asks for. A path is answered 405, with the
methods it has in `Allow`, where it is asked with another. `HEAD` is answered as `GET` is, without
the body. Unknown query parameters, and unknown keys of a JSON body, are ignored."""

TAGS = [
    Tag("chat", "One chat: start a round, stream it, stop it, read it."),
    Tag("queue", "The prompts of a chat that wait until the round before them has ended."),
    Tag("chats", "The list of chats, their links, and chats from files."),
    Tag("assistants", "The assistants and their models."),
    Tag("streams", "Streams of server-sent events, each a `ChatData` on a `data:` line."),
    Tag("documents", "The documents that assistants answer from."),
    Tag("settings", "What a user sets for new chats, presets, and a test of the connection."),
    Tag("doctor", "The checks of a browser's connection."),
    Tag("administration", "What the server does and who did what; most is for administrators."),
]

PASSKEYS = Tag("passkeys", "Adding a passkey in a browser, and signing in with one.")
"""Where users sign in here."""

_NAME = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")

RETRIED = frozenset({429, 503})
"""Statuses of what may be sent again after a while."""

_LAST_EVENT_ID = {
    "name": "Last-Event-ID",
    "in": "header",
    "description": "the id of the last event that the client has; it wins over `since`, and one "
    "that means nothing here is answered with a `reset` and all there is",
    "schema": {"type": "string"},
}

_EVENT = {
    "title": "StreamEvent",
    "description": "One event of a stream.",
    "type": "object",
    "properties": {
        "data": {
            "type": "string",
            "description": "a `ChatData`, as JSON on one line",
            "contentMediaType": JSON,
            "contentSchema": {"$ref": f"{SCHEMAS}ChatData"},
        },
        "id": {"type": "string", "description": "what is sent back as `Last-Event-ID`"},
    },
    "required": ["data"],
}

# OpenAPI 3.1 has no word for the items of a stream: tools see it as a text, or as its events.
_STREAM = {
    "description": "Server-sent events, as text; or one of them, once they are parsed.",
    "anyOf": [{"type": "string"}, {"$ref": f"{SCHEMAS}StreamEvent"}],
}

_RETRY_AFTER = {
    "Retry-After": {
        "description": "Seconds to wait before the request is sent again.",
        "schema": {"type": "integer", "minimum": 1},
    }
}


SECURITY = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token that a user has made on the page of the account, `qc_` and more."
        " One that may only read is refused each change with 403.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION,
        "description": "The session of a browser that is signed in.",
    },
}


def _security() -> Schema:
    return {**SECURITY, "session": {**SECURITY["session"], "name": own_name(SESSION)}}


def make_document(app: Quart, version: str, settings: Settings) -> Schema:
    """Describe the API that an app serves."""
    # For the document alone: it is not the extension of the app, whose responses it would convert.
    extension = QuartSchema(
        security=[{name: []} for name in SECURITY] if settings.auth.is_on else None,
        info=Info(title="quart-chat", version=version, description=ABOUT),
        servers=[Server(url=settings.root_path or "/")],
        tags=[*TAGS, PASSKEYS] if settings.auth.accounts else list(TAGS),
    )
    return ApiDocument(app, extension).schema()


class ApiDocument(OpenAPIProvider):
    """Describes each route that declares an operation."""

    def __init__(self, app: Quart, extension: QuartSchema) -> None:
        super().__init__(app, extension)
        self._views = app.view_functions
        self._guarded = extension.security is not None

    def schema(self) -> Schema:
        schema = super().schema()
        schemas: Schema = schema["components"]["schemas"]
        for item in ONE_OF_SEVERAL:
            _describe(item, schemas)
        if self._guarded:
            schema["components"]["securitySchemes"] = _security()
        data = GuardedChatData if self._guarded else ChatData
        schemas |= {"ChatData": _describe(data, schemas), "StreamEvent": _EVENT}
        return schema

    def generate_rules(self) -> Iterator[Rule]:
        return (rule for rule in super().generate_rules() if self._operation(rule))

    def build_paths(self, rule: Rule) -> tuple[Schema, Schema]:
        components: Schema = {}
        operation = self._operation(rule)
        if operation is None:
            return {}, {}
        view = self._views[rule.endpoint]
        summary, _, rest = (inspect.getdoc(view) or "").partition("\n")
        described = {
            "operationId": view.__name__,
            "tags": [operation.tag],
            "summary": summary,
            "description": rest.strip(),
            "parameters": _parameters(operation, sorted(rule.arguments), components),
            "responses": _responses(operation, components, self._refusals(rule)),
        }
        if self._guarded and is_public(view):
            described["security"] = []
        if (body := _request_body(operation, components)) is not None:
            described["requestBody"] = body
        path = _NAME.sub(r"{\1}", rule.rule)
        return {path: dict.fromkeys(map(str.lower, self.generate_methods(rule)), described)}, (
            components
        )

    def _refusals(self, rule: Rule) -> set[Refusal]:
        """What a stranger is told, where there are any."""
        if self._guarded and not is_public(self._views[rule.endpoint]):
            return {(Unauthenticated.status, Unauthenticated.code)}
        return set()

    def _operation(self, rule: Rule) -> Operation | None:
        return find_operation(self._views[rule.endpoint])


def _describe(type_: Any, components: Schema) -> Schema:
    """The schema of a type; what it refers to is added to the components."""
    (schema,), found = schema_components([type_], ref_template=f"{SCHEMAS}{{name}}")
    for component in found.values():
        if "description" in component:
            component["description"] = inspect.cleandoc(component["description"])
    components.update(found)
    return schema


def _parameters(operation: Operation, names: Iterable[str], components: Schema) -> list[Schema]:
    parameters = []
    for name in names:
        schema = _describe(PATH[name], components)
        parameters.append(_parameter(name, "path", schema) | {"required": True})
    if operation.query is not None:
        found: Schema = {}
        _describe(operation.query, found)
        for name, schema in found[operation.query.__name__]["properties"].items():
            parameters.append(_parameter(name, "query", _without_null(schema)))
    if operation.resumes:
        parameters.append(_LAST_EVENT_ID)
    return parameters


def _parameter(name: str, place: str, schema: Schema) -> Schema:
    described = {"name": name, "in": place}
    if "description" in schema:
        described["description"] = schema.pop("description")
    return {**described, "schema": schema}


def _without_null(schema: Schema) -> Schema:
    """What a parameter may be where it is sent: text has no null."""
    if "anyOf" not in schema:
        return schema
    (only,) = [found for found in schema["anyOf"] if found != {"type": "null"}]
    return dict(only)


def _request_body(operation: Operation, components: Schema) -> Schema | None:
    if operation.body is not None:
        schema = _describe(operation.body, components)
        return {"required": True, "content": {JSON: {"schema": schema}}}
    if operation.files is not None:
        files = {
            "type": "array",
            "items": {"type": "string", "format": "binary"},
            "minItems": 1,
            "description": operation.files,
        }
        form = {"type": "object", "properties": {"files": files}, "required": ["files"]}
        return {"required": True, "content": {"multipart/form-data": {"schema": form}}}
    return None


def _responses(operation: Operation, components: Schema, more: set[Refusal]) -> Schema:
    responses = {str(answer.status): _answer(answer, components) for answer in operation.answers}
    codes: dict[int, list[str]] = defaultdict(list)
    for status, code in sorted(operation.refusals() | more):
        codes[status].append(f"`{code}`")
    for status, found in codes.items():
        responses[str(status)] = {
            "description": f"Refused, with the code {' or '.join(found)}.",
            "content": {JSON: {"schema": _describe(ErrorAnswer, components)}},
            **({"headers": _RETRY_AFTER} if status in RETRIED else {}),
        }
    return responses


def _answer(answer: Answer, components: Schema) -> Schema:
    if answer.media_type is None:
        return {"description": answer.description}
    schema = _STREAM if answer.model is None else _describe(answer.model, components)
    description = answer.description or inspect.getdoc(answer.model)
    return {"description": description, "content": {answer.media_type: {"schema": schema}}}
