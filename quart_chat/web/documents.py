"""The API of documents: upload, list, read, delete."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from quart import Blueprint
from quart_schema import document_querystring, document_response, tag_blueprint

from quart_chat.documents.kinds import clean_name
from quart_chat.web.context import services, user_id
from quart_chat.web.inputs import query_string
from quart_chat.web.schemas import (
    DocumentList,
    DocumentPassages,
    ErrorAnswer,
    PassagesQuery,
    Uploaded,
)
from quart_chat.web.uploads import failure, take_files

if TYPE_CHECKING:
    from quart_chat.chat.models import Item

blueprint = Blueprint("documents", __name__, url_prefix="/api/documents")
tag_blueprint(blueprint, ["documents"])


@blueprint.post("")
@document_response(Uploaded, 201)
@document_response(ErrorAnswer, 413)
@document_response(ErrorAnswer, 415)
@document_response(ErrorAnswer, 422)
@document_response(ErrorAnswer, 503)
async def upload_documents() -> tuple[Item, int]:
    """Take the files of a form, and begin to read them.

    Files that are refused are named with the reason; if all are, the first reason is the answer.
    """
    documents = services().documents
    files = await take_files(partial(documents.add, user_id()))
    if reason := failure(files):
        raise reason
    return {
        "documents": [documents.item(file.result) for file in files if file.result],
        "refused": [
            {
                "name": clean_name(file.name),
                "error": {"code": file.error.code, "message": file.error.message},
            }
            for file in files
            if file.error
        ],
    }, 201


@blueprint.get("")
@document_response(DocumentList)
async def list_documents() -> Item:
    """List the user's documents, newest first."""
    documents = services().documents
    return {"documents": [documents.item(found) for found in await documents.documents(user_id())]}


@blueprint.get("/<document_id>")
@document_querystring(PassagesQuery)
@document_response(DocumentPassages)
@document_response(ErrorAnswer, 404)
async def get_document(document_id: str) -> Item:
    """Read a document's entry in the list and its passages, a page at a time."""
    query, documents = query_string(PassagesQuery), services().documents
    page = await documents.passages(user_id(), document_id, query.after, query.limit)
    return {
        "document": documents.item(page.document),
        "passages": [passage.to_item() for passage in page.passages],
        "next": page.next,
    }


@blueprint.delete("/<document_id>")
@document_response(ErrorAnswer, 404)
async def delete_document(document_id: str) -> tuple[str, int]:
    """Delete a document, its file and its index."""
    await services().documents.delete(user_id(), document_id)
    return "", 204
