"""The bodies and query strings of requests about documents."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from quart_chat.web.schemas.requests import MAX_SEQ


class DocumentChange(Struct, rename="camel", frozen=True):
    """What to change of a document."""

    name: Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": 120})]


class DocumentsQuery(Struct, frozen=True):
    """Which documents to list."""

    q: Annotated[str, Meta(max_length=200, description="words in the names of documents")] = ""


class PassagesQuery(Struct, frozen=True):
    """Which passages of a document to read."""

    after: Annotated[
        int, Meta(ge=0, le=MAX_SEQ, description="the number of the last passage the client has")
    ] = 0
    limit: Annotated[int, Meta(ge=1, le=500, description="passages per page")] = 200


class PreviewQuery(Struct, frozen=True):
    """Which passages of a document to show, and which of them to mark.

    What is sought with `find` is marked, and the page is the one with its hit of number `hit`.
    """

    after: Annotated[int, Meta(ge=0, le=MAX_SEQ)] = 0
    passage: Annotated[int, Meta(ge=1, le=MAX_SEQ)] | None = None
    find: str = ""
    hit: Annotated[int, Meta(ge=1, le=MAX_SEQ)] = 1
