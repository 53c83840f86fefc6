"""The API of documents: upload, list, read, delete."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from quart import Blueprint

from quart_chat.documents.finding import by_name
from quart_chat.documents.names import clean_name
from quart_chat.errors import (
    EmptyFile,
    EncryptedFile,
    FileTooLarge,
    MalformedFile,
    MislabelledFile,
    NotFound,
    OversizedContent,
    QuotaExceeded,
    StorageUnavailable,
    UnreadableFile,
    UnsupportedFile,
)
from quart_chat.web.api.uploads import Uploads, failure, take_files
from quart_chat.web.context import services, user_id
from quart_chat.web.openapi.operation import Answer, nothing, operation
from quart_chat.web.schemas.answers import DocumentList, DocumentPassages, Uploaded
from quart_chat.web.schemas.documents import DocumentChange, DocumentsQuery, PassagesQuery
from quart_chat.web.schemas.items import DocumentItem

if TYPE_CHECKING:
    from quart_chat.wire import Item

blueprint = Blueprint("documents", __name__, url_prefix="/api/documents")


@blueprint.post("")
@operation(
    Answer(Uploaded, 201),
    tag="documents",
    files="documents of any kind that can be read",
    errors=[
        FileTooLarge,
        QuotaExceeded,
        UnsupportedFile,
        MislabelledFile,
        EmptyFile,
        EncryptedFile,
        MalformedFile,
        OversizedContent,
        UnreadableFile,
        StorageUnavailable,
    ],
)
async def upload_documents(uploaded: Uploads) -> tuple[Item, int]:
    """Take the files of a form, and begin to read them.

    Files that are refused are named with the reason; if all are, the first reason is the answer.
    """
    documents = services().documents
    files = await take_files(uploaded, partial(documents.add, user_id()))
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
@operation(Answer(DocumentList), tag="documents", query=DocumentsQuery)
async def list_documents(query: DocumentsQuery) -> Item:
    """List the user's documents, newest first; with `q`, those whose names have its words."""
    documents = services().documents
    found = by_name(await documents.documents(user_id()), query.q)
    return {"documents": [documents.item(document) for document in found]}


@blueprint.get("/<document_id>")
@operation(Answer(DocumentPassages), tag="documents", query=PassagesQuery, errors=[NotFound])
async def get_document(document_id: str, query: PassagesQuery) -> Item:
    """Read a document's entry in the list and its passages, a page at a time."""
    documents = services().documents
    page = await documents.passages(user_id(), document_id, query.after, query.limit)
    return {
        "document": documents.item(page.document),
        "passages": [passage.to_item() for passage in page.passages],
        "next": page.next,
    }


@blueprint.patch("/<document_id>")
@operation(Answer(DocumentItem), tag="documents", body=DocumentChange, errors=[NotFound])
async def change_document(document_id: str, body: DocumentChange) -> Item:
    """Rename a document."""
    documents = services().documents
    return documents.item(await documents.rename(user_id(), document_id, body.name))


@blueprint.delete("/<document_id>")
@operation(nothing("It is deleted."), tag="documents", errors=[NotFound])
async def delete_document(document_id: str) -> tuple[str, int]:
    """Delete a document, its file and its index."""
    await services().documents.delete(user_id(), document_id)
    return "", 204
