"""Chats as files: export one or all, import them again. Plain links and forms do everything."""

from __future__ import annotations

import asyncio
import tempfile
from typing import IO, TYPE_CHECKING

from quart import Blueprint, Response, current_app

from quart_chat.availability.disk import translated_errors
from quart_chat.chat.transfer.archive import file_name, write_zip
from quart_chat.chat.transfer.file import encode, to_file
from quart_chat.chat.transfer.imports import Report
from quart_chat.chat.transfer.prose import to_markdown
from quart_chat.chat.transfer.reading import Fault
from quart_chat.chat.usage.models import to_csv
from quart_chat.errors import (
    EmptyFile,
    FileTooLarge,
    InvalidInput,
    NotFound,
    StorageUnavailable,
)
from quart_chat.texts import _, number
from quart_chat.web.api.uploads import Taken, Uploads, failure, take_files, uploads
from quart_chat.web.context import assistant_titles, services, user_id
from quart_chat.web.downloads import offer_download
from quart_chat.web.openapi.operation import Answer, operation
from quart_chat.web.pages.frame import render_in_frame
from quart_chat.web.schemas.answers import Imported

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from quart.typing import ResponseReturnValue

    from quart_chat.chat.transfer.file import ChatFile
    from quart_chat.wire import Item

blueprint = Blueprint("transfer", __name__)

MAX_IMPORT = "MAX_IMPORT_BYTES"
"""Where the configuration says how many bytes a file may have."""

WRITE = 1024 * 1024
"""Bytes that are written to disk at a time."""


@blueprint.get("/chat/<workflow_id>/export.md")
async def export_markdown(workflow_id: str) -> Response:
    """The branch of a chat that is shown, to read."""
    file = await _file(workflow_id)
    text = await asyncio.to_thread(to_markdown, file, assistant_titles())
    return _download(text.encode(), file_name(file.chat.title), "md", "text/markdown")


@blueprint.get("/chat/<workflow_id>/export.json")
async def export_json(workflow_id: str) -> Response:
    """All of a chat, to import again."""
    file = await _file(workflow_id)
    data = await asyncio.to_thread(encode, file)
    return _download(data, file_name(file.chat.title), "json", "application/json")


@blueprint.get("/transfer/chats.zip")
async def export_all() -> Response:
    """All chats, written as they are sent."""
    chat, user = services().chat, user_id()
    ids: list[str] = []
    before = None
    while True:
        page = await chat.lists.page(user, before=before, limit=100)
        ids += [workflow.id for workflow in page.workflows]
        before = page.next
        if before is None:
            break

    async def files() -> AsyncIterator[ChatFile]:
        for id_ in ids:
            try:
                snapshot = await chat.snapshot(user, id_)
            except NotFound:
                continue  # deleted in the meantime
            yield to_file(snapshot)

    usage = "" if chat.usage is None else to_csv(await chat.usage.all_days(user))
    response = _download(b"", "chats", "zip", "application/zip")
    body = write_zip(files(), assistant_titles(), usage)
    response.response = response.iterable_body_class(body)
    response.headers.pop("Content-Length", None)
    response.timeout = None  # as long as there are chats
    return response


@blueprint.get("/transfer")
async def transfer_page() -> str:
    """A page to export all chats, and to import some."""
    return await render_in_frame("transfer.html", reports=[], failed=None)


@blueprint.post("/transfer")
async def import_page() -> ResponseReturnValue:
    """Take the files of the form, and say on the page what has become of each."""
    try:
        files = await take_files(uploads(), _take)
    except InvalidInput as error:
        page = await render_in_frame("transfer.html", reports=[], failed=error.message)
        return page, error.status
    reason = failure(files)
    reports = [(file.name[:200], _report(file), file.error) for file in files]
    page = await render_in_frame("transfer.html", reports=reports, failed=None)
    return page, 200 if reason is None else reason.status


@blueprint.post("/api/chatbot/import")
@operation(
    Answer(Imported),
    tag="chats",
    files="JSON of chats, zips of it, or the exports of other programs",
    errors=[FileTooLarge, EmptyFile, StorageUnavailable],
)
async def import_chats(uploaded: Uploads) -> Item:
    """Take the chats of files: JSON, or zips of it, of this application or of others.

    Each chat is taken whole or not at all; one that is here already is left as it is. Files that
    can't be taken are named with the reason; if none can, the first reason is the answer.
    """
    files = await take_files(uploaded, _take)
    if reason := failure(files):
        raise reason
    reports = list(map(_report, files))
    codes = [InvalidInput.code if file.error is None else file.error.code for file in files]
    return {
        "taken": [workflow.to_item() for report in reports for workflow in report.taken],
        "known": sum(report.known for report in reports),
        "refused": [
            {"name": fault.name, "error": {"code": code, "message": fault.reason}}
            for report, code in zip(reports, codes, strict=True)
            for fault in report.faults
        ],
    }


async def _take(name: str, content: AsyncIterator[bytes]) -> Report:
    """Take a file: kept on disk until it is read, never in memory."""
    limit = int(current_app.config[MAX_IMPORT])
    with (
        translated_errors(),
        # It has no name in its folder, so that it is gone with the process as well.
        tempfile.TemporaryFile(dir=current_app.instance_path) as file,
    ):
        await _save(content, file, limit)
        return await services().chat.imports.take_file(user_id(), file, name[:200], limit)


def _report(file: Taken[Report]) -> Report:
    """What has become of the chats of a file; one that was not taken is its only fault."""
    if file.result is not None:
        return file.result
    reason = file.error.message if file.error else ""
    return Report(faults=[Fault(file.name[:200], reason)])


async def _save(content: AsyncIterator[bytes], file: IO[bytes], limit: int) -> None:
    size, pending = 0, bytearray()
    async for chunk in content:
        size += len(chunk)
        if size > limit:
            raise FileTooLarge(
                _("The file is larger than {size} MB.").format(size=number(limit / 1e6))
            )
        pending += chunk
        if len(pending) >= WRITE:
            await asyncio.to_thread(file.write, pending)
            pending = bytearray()
    await asyncio.to_thread(file.write, pending)
    if not size:
        raise EmptyFile(_("The file is empty."))


async def _file(workflow_id: str) -> ChatFile:
    return to_file(await services().chat.snapshot(user_id(), workflow_id))


def _download(data: bytes, name: str, ending: str, mimetype: str) -> Response:
    return offer_download(Response(data, mimetype=mimetype), name, f".{ending}")
