"""The pages of documents. Plain forms do everything; a script shows progress as it is made."""

from __future__ import annotations

from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from quart import Blueprint, Response, redirect, request, send_file

from quart_chat.documents.files import not_kept
from quart_chat.documents.hits import FoundHits
from quart_chat.documents.kind_names import kind_names
from quart_chat.documents.models import page_start
from quart_chat.documents.names import clean_name, file_name
from quart_chat.search.sought import Sought
from quart_chat.web.api.uploads import take_files, uploads
from quart_chat.web.context import services, user_id
from quart_chat.web.downloads import offer_download
from quart_chat.web.inputs import query_string
from quart_chat.web.pages.chat_list import view_list
from quart_chat.web.pages.documents.preview import Search, view_passages
from quart_chat.web.pages.frame import render_in_frame
from quart_chat.web.paths import path_to
from quart_chat.web.schemas.documents import PreviewQuery

if TYPE_CHECKING:
    from quart.typing import ResponseReturnValue

    from quart_chat.errors import ChatError

MAX_SOUGHT = 200
"""Characters that are sought in a document; the field takes no more."""

blueprint = Blueprint("library", __name__, url_prefix="/documents")


@blueprint.get("")
async def list_page() -> str:
    """The user's documents, and a form to add some."""
    return await _render_list([])


@blueprint.post("")
async def upload_page() -> ResponseReturnValue:
    """Take the files of the form; what is refused is said on the page."""
    files = await take_files(uploads(), partial(services().documents.add, user_id()))
    if refused := [(clean_name(file.name), file.error) for file in files if file.error]:
        return await _render_list(refused), refused[0][1].status
    return redirect(path_to("/documents"), 303)


@blueprint.get("/<document_id>")
async def document_page(document_id: str) -> str:
    """A document's passages; a link to one leads to the page that has it and marks it."""
    return await _render_document(document_id)


@blueprint.get("/<document_id>/original")
async def original(document_id: str) -> Response:
    """The file as it was uploaded, to be saved: a browser runs nothing of it here."""
    document, path = await services().documents.original(user_id(), document_id)
    try:
        response = await send_file(path, "application/octet-stream")
    except FileNotFoundError:  # removed since it was looked for
        raise not_kept() from None
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    name = PurePosixPath(file_name(document))
    return offer_download(response, name.stem, name.suffix)


@blueprint.post("/<document_id>/rename")
async def rename_page(document_id: str) -> ResponseReturnValue:
    """Rename a document and go back to its page."""
    form = await request.form
    await services().documents.rename(user_id(), document_id, form.get("name", ""))
    return redirect(path_to(f"/documents/{document_id}"), 303)


@blueprint.get("/<document_id>/delete")
async def confirm_page(document_id: str) -> str:
    """The same, which asks whether to delete the document: where no script does."""
    return await _render_document(document_id, asks=True)


@blueprint.post("/<document_id>/delete")
async def delete_page(document_id: str) -> ResponseReturnValue:
    """Delete a document and go back to the list."""
    await services().documents.delete(user_id(), document_id)
    return redirect(path_to("/documents"), 303)


async def _render_list(refused: list[tuple[str, ChatError]]) -> str:
    chats = await view_list()
    documents = services().documents
    return await render_in_frame(
        "documents.html",
        chats,
        documents=[documents.item(found) for found in await documents.documents(user_id())],
        kinds=kind_names(),
        refused=[(name, error.message) for name, error in refused],
    )


async def _render_document(document_id: str, *, asks: bool = False) -> str:
    query, documents = query_string(PreviewQuery), services().documents
    chats = await view_list()
    search = await _search(document_id, query)
    after = query.after if query.passage is None else page_start(query.passage)
    if search and search.hit:
        after = search.after
    page = await documents.passages(user_id(), document_id, after)
    return await render_in_frame(
        "document.html",
        chats,
        document=documents.item(page.document),
        kinds=kind_names(),
        passages=view_passages(page.passages, after, search),
        after=after,
        marked_passage=query.passage,
        next=page.next,
        search=search,
        asks=asks,
    )


async def _search(document_id: str, query: PreviewQuery) -> Search | None:
    """Look for what is sought in a document; None where nothing is."""
    text = query.find.strip()[:MAX_SOUGHT]
    if not text:
        return None
    sought, found = Sought.read(text), FoundHits((), more=False)
    if sought is not None:
        found = await services().documents.find(user_id(), document_id, sought)
    return Search(text, sought, found, min(query.hit, len(found)))
