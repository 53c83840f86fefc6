"""Documents are taken, read, told of and deleted; what fails leaves nothing behind."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import pytest

from quart_chat.documents.models import Document, Kind, Status
from quart_chat.documents.reading import subprocess as reading
from quart_chat.documents.reading import worker as reader
from quart_chat.documents.reading.queue import IngestionQueue, IngestionTimeouts
from quart_chat.documents.reading.subprocess import ResourceLimits
from quart_chat.documents.service import DocumentService
from quart_chat.documents.uploads import DocumentLimits
from quart_chat.errors import (
    ChatError,
    DatabaseUnavailable,
    InvalidInput,
    MalformedFile,
    NotFound,
    OversizedContent,
    StorageUnavailable,
    Unavailable,
    UnreadableFile,
)
from quart_chat.events import Event
from quart_chat.storage.sqlite.documents import Transaction
from quart_chat.texts import use
from tests.documents import made
from tests.documents.conftest import USER, Library, in_chunks
from tests.stores import fetch, open_store
from tests.waiting import until

TEXT = "The kiwi is green.\n\n" + "The plum is blue, and so on and on. " * 60


async def test_a_document_is_read_and_its_context_tells_how(library: Library) -> None:
    document = await library.add("fruit.txt", TEXT)
    assert (document.status, document.kind) == (Status.WAITING, Kind.TEXT)
    told = await library.told(document)
    assert [event["type"] for event in told if event["type"] != "progress"] == [
        "status",
        "status",
        "complete",
    ]
    assert {event["category"] for event in told} == {"document"}
    fractions = [event["data"]["progress"] for event in told if event["type"] == "progress"]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    ready = await library.service.document(USER, document.id)
    assert (ready.status, ready.passages) == (Status.READY, await library.rows("document_passages"))
    assert library.files == [document.id]


async def test_the_owners_list_is_told_of_each_change(library: Library) -> None:
    async with library.events.subscribe(f"user:{USER}") as list_:
        document = await library.read("fruit.txt", TEXT)
        await library.service.delete(USER, document.id)
        items: list[dict[str, object]] = []
        while not items or not items[-1].get("deleted"):
            batch = await list_.read()
            assert batch is not None
            assert {event["data"]["type"] for event in batch.events} <= {"document"}
            items += [event["data"]["item"] for event in batch.events]
    statuses = list(dict.fromkeys(item.get("status") for item in items))
    assert statuses == ["waiting", "reading", "ready", None]
    assert any(item.get("progress") is not None for item in items)
    assert items[-1] == {"id": document.id, "deleted": True}


async def test_progress_is_told_while_a_part_takes_long(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the database takes for a batch, reports go on."""
    insert = IngestionQueue._insert_passages
    context = f"user:{USER}"

    async def insert_slowly(*args: Any) -> None:
        async with library.events.subscribe(context) as list_:
            for _ in range(5):
                await list_.read()
        await insert(*args)

    monkeypatch.setattr(IngestionQueue, "_insert_passages", insert_slowly)
    document = await library.add("fruit.txt", TEXT)
    told = await library.told(document)
    assert sum(event["type"] == "progress" for event in told) >= 5


async def test_an_upload_cancelled_while_its_file_is_opened_leaves_nothing(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that opens the file is done only after whoever sent it has gone away."""
    opening, gone = threading.Event(), threading.Event()
    opened: list[IO[bytes]] = []
    open_now = Path.open

    def open_late(path: Path, mode: str) -> IO[bytes]:
        opening.set()
        gone.wait()
        opened.append(open_now(path, mode))
        return opened[0]

    monkeypatch.setattr(Path, "open", open_late)
    task = asyncio.create_task(library.add("a.txt", TEXT))
    await until(opening.is_set)
    task.cancel()
    await asyncio.sleep(0)
    gone.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert opened[0].closed
    assert library.files == []


async def test_passages_come_in_pages(library: Library) -> None:
    document = await library.read("long.txt", TEXT * 10)
    first = await library.service.passages(USER, document.id, 0, 3)
    rest = await library.service.passages(USER, document.id, first.next or 0, 500)
    numbers = [passage.number for passage in first.passages + rest.passages]
    assert first.next == 3
    assert rest.next is None
    assert numbers == list(range(1, document.passages + 1))


async def test_what_belongs_to_another_is_not_found(library: Library) -> None:
    document = await library.read("fruit.txt", TEXT)
    for call in (
        library.service.document("bob", document.id),
        library.service.passages("bob", document.id),
        library.service.delete("bob", document.id),
        library.service.check_ids("bob", [document.id]),
        library.service.announce("bob", document.id),
        library.service.document(USER, "0" * 32),
        library.service.document(USER, "../x"),
    ):
        with pytest.raises(NotFound):
            await call
    assert await library.service.documents("bob") == []


async def test_ids_are_checked_and_taken_once_each(library: Library) -> None:
    document = await library.read("fruit.txt", TEXT)
    ids = await library.service.check_ids(USER, [document.id, document.id])
    assert ids == (document.id,)
    failed = await library.read("blank.txt", " ")
    with pytest.raises(InvalidInput, match="not ready"):
        await library.service.check_ids(USER, [failed.id])


async def test_deleting_removes_the_file_and_the_passages(library: Library) -> None:
    document = await library.read("fruit.txt", TEXT * 20)
    await library.service.delete(USER, document.id)
    assert library.files == []
    assert await library.service.documents(USER) == []
    await library.service.close()
    assert await library.tombstones() == [document.id]
    for table in ("document_passages", "document_words"):
        assert await library.rows(table) == 0


@pytest.mark.sqlite
async def test_deleting_removes_the_words_from_the_index(library: Library) -> None:
    document = await library.read("fruit.txt", TEXT * 20)
    await library.service.delete(USER, document.id)
    await library.service.close()
    for index in ("document_terms", "document_trigrams"):
        sql = f"SELECT rowid FROM {index} WHERE {index} MATCH 'kiwi'"  # noqa: S608
        assert await fetch(library.database, sql) == []


async def test_a_document_that_is_being_read_can_be_deleted(library: Library) -> None:
    first = await library.add("long.txt", TEXT * 2000)
    second = await library.add("waiting.txt", TEXT)
    async for event in library.events.stream_events(f"document:{first.id}"):
        if event["type"] == "progress":
            break
    await library.service.delete(USER, first.id)
    told = await library.told(first)
    assert told[-1]["type"] == "stopped"
    assert told[-1]["data"] == {"id": first.id, "deleted": True}
    await library.told(second)
    assert library.files == [second.id]
    with pytest.raises(NotFound):
        await library.service.document(USER, first.id)


async def test_no_progress_is_told_of_a_deleted_document(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.service = library.make_service(timeouts=IngestionTimeouts(progress=0.0))
    stop = IngestionQueue.stop

    async def stop_late(queue: IngestionQueue, document_id: str) -> None:
        for _ in range(20):  # turns in each of which progress could be told
            await asyncio.sleep(0)
        await stop(queue, document_id)

    document = await library.add("long.txt", TEXT * 2000)
    async with library.events.subscribe(f"user:{USER}", after=0) as list_:
        async for event in library.events.stream_events(f"document:{document.id}"):
            if event["type"] == "progress":
                break
        monkeypatch.setattr(IngestionQueue, "stop", stop_late)
        await library.service.delete(USER, document.id)
        assert (await library.told(document))[-1]["type"] == "stopped"
        await library.events.emit_event(f"user:{USER}", "status", {})
        events: list[Event] = []
        while not events or events[-1]["type"] != "status":
            batch = await list_.read()
            assert batch is not None
            events += batch.events
    assert events[-2]["data"]["item"] == {"id": document.id, "deleted": True}
    await library.service.close()


async def test_every_change_of_a_document_takes_the_next_seq_of_its_owners_list(
    library: Library,
) -> None:
    async with library.events.subscribe(f"user:{USER}") as list_:
        document = await library.read("fruit.txt", TEXT)
        await library.service.delete(USER, document.id)
        events: list[Event] = []
        while not events or not events[-1]["data"]["item"].get("deleted"):
            batch = await list_.read()
            assert batch is not None
            events += batch.events
    changes = [event for event in events if event.seq is not None]
    assert [event.seq for event in changes] == [1, 2, 3, 4]
    told = [event["data"]["item"] for event in changes]
    assert [item.get("seq") for item in told] == [1, 2, 3, None]
    progress = [event["data"]["item"] for event in events if event.seq is None]
    assert {(item["status"], item["seq"]) for item in progress} == {("reading", 2)}
    assert document.list_seq == 3


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.txt", b"", "empty_file"),
        ("malformed.pdf", b"%PDF-1.7\nnothing of the kind", "malformed_file"),
        ("encrypted.pdf", made.encrypted_pdf("secret"), "encrypted_file"),
        ("bomb.docx", partial(made.zip_bomb, 150_000_000), "oversized_content"),
        ("liar.docx", partial(made.lying_zip_bomb, 150_000_000), "malformed_file"),
        ("laughs.docx", made.billion_laughs(), "malformed_file"),
        ("workbook.docx", made.word_archive("x", "xl/workbook.xml"), "unsupported_file"),
        ("picture.pdf", made.PNG, "mislabelled_file"),
        ("late.txt", b"text " * 50_000 + made.PNG, "mislabelled_file"),
        ("large.txt", b"12345678 " * 2_900_000, "file_too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
async def test_what_is_refused_leaves_nothing(
    library: Library, name: str, content: bytes | Callable[[], bytes], code: str
) -> None:
    with pytest.raises(ChatError) as error:
        await library.add(name, content() if callable(content) else content)
    assert error.value.code == code
    assert library.files == []
    assert await library.rows("documents") == 0


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("blank.txt", b" \n", "empty_file"),
        ("pictures.pdf", made.pdf(["", ""]), "empty_file"),
        ("bomb.pdf", partial(made.pdf_bomb, 200_000_000), "oversized_content"),
    ],
    ids=["blank", "no text", "bomb"],
)
async def test_what_fails_while_it_is_read_says_why_and_keeps_nothing_else(
    library: Library, name: str, content: bytes | Callable[[], bytes], code: str
) -> None:
    document = await library.add(name, content() if callable(content) else content)
    told = await library.told(document)
    assert (told[-1]["type"], told[-1]["data"]["code"]) == ("error", code)
    failed = await library.service.document(USER, document.id)
    assert failed.message == told[-1]["message"]
    await until(lambda: library.files == [])
    assert await library.rows("document_passages") == 0


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.txt", b"", "Die Datei ist leer."),
        ("malformed.pdf", b"%PDF-1.7\nnone", "Das PDF ist beschädigt oder unvollständig."),
    ],
    ids=["told here", "told by the process that reads"],
)
async def test_a_refusal_is_told_in_the_language_of_the_upload(
    library: Library, name: str, content: bytes, message: str
) -> None:
    with use("de"), pytest.raises(ChatError) as error:
        await library.add(name, content)
    assert error.value.message == message


async def test_progress_and_failure_are_told_in_the_language_of_the_upload(
    library: Library,
) -> None:
    with use("de"):
        document = await library.add("pictures.pdf", made.pdf(["", ""]))
    told = await library.told(document)
    assert told[-1]["message"].startswith("Das PDF enthält keinen Text.")


async def test_all_documents_together_have_a_quota(library: Library) -> None:
    library.service = library.make_service(limits=DocumentLimits(document=3000, together=5000))
    kept = await library.read("one.txt", "a b c " * 400)
    with pytest.raises(ChatError) as error:
        await library.add("two.txt", "a b c " * 450)
    assert error.value.code == "quota_exceeded"
    await library.service.delete(USER, kept.id)
    await library.add("two.txt", "a b c " * 450)
    await library.service.close()


async def test_uploads_at_the_same_time_share_the_quota(library: Library) -> None:
    library.service = library.make_service(limits=DocumentLimits(document=3000, together=5000))
    results = await asyncio.gather(
        *(library.add(f"{n}.txt", "a b c " * 450) for n in range(3)), return_exceptions=True
    )
    assert sum(isinstance(result, ChatError) for result in results) == 2
    await library.service.close()


async def test_the_quota_holds_where_the_database_has_the_last_word(library: Library) -> None:
    document = await library.read("one.txt", TEXT)
    service = library.make_service(limits=DocumentLimits(together=document.size))
    with pytest.raises(ChatError) as error:
        await service._uploads._insert(replace(document, id="1" * 32))
    assert error.value.code == "quota_exceeded"


class FullDisk(BytesIO):
    def __init__(self, code: int) -> None:
        super().__init__()
        self._code = code

    def write(self, _: object) -> int:
        raise OSError(self._code, os.strerror(self._code))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
async def test_a_disk_that_is_full_is_said(
    library: Library, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(Path, "open", lambda *_: FullDisk(code))
    with pytest.raises(StorageUnavailable, match="the disk is full"):
        await library.add("a.txt", "one")
    assert library.files == []


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
@pytest.mark.parametrize("refused", ["open", "rename"])
async def test_a_folder_that_is_read_only_is_said(
    library: Library, monkeypatch: pytest.MonkeyPatch, code: int, refused: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, refused, refuse)
    with pytest.raises(StorageUnavailable, match="read-only"):
        await library.add("a.txt", "one")
    assert library.files == []
    assert await library.service.documents(USER) == []


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE])
async def test_an_upload_without_a_descriptor_left_can_be_tried_again(
    library: Library, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refuse)
        with pytest.raises(StorageUnavailable, match="too many files"):
            await library.add("a.txt", "one")
    assert (await library.read("a.txt", "one")).status is Status.READY


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE])
async def test_a_reading_without_a_descriptor_left_is_tried_again(
    library: Library, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """It is not the document's fault, whose file would be removed."""
    run, begun = asyncio.create_subprocess_exec, 0

    async def refuse_some(*arguments: Any, **options: Any) -> asyncio.subprocess.Process:
        nonlocal begun
        begun += 1
        if begun < 3:
            raise OSError(code, os.strerror(code))
        return await run(*arguments, **options)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", refuse_some)
    assert (await library.read("a.txt", "one")).status is Status.READY
    assert begun == 3


async def test_an_upload_that_is_given_up_leaves_nothing(library: Library) -> None:
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"a b c "
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(library.service.add(USER, "a.txt", endless()))
    await begun.wait()
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert library.files == []


async def test_who_leaves_after_the_last_byte_has_the_document_all_the_same(
    library: Library,
) -> None:
    task: asyncio.Task[object]

    async def chunks() -> AsyncIterator[bytes]:
        yield TEXT.encode()

    task = asyncio.create_task(library.service.add(USER, "a.txt", chunks()))
    async with library.events.subscribe(f"user:{USER}") as list_:
        assert await list_.read() is not None
    task.cancel()
    await asyncio.wait({task})
    (document,) = await library.service.documents(USER)
    assert (await library.told(document))[-1]["type"] == "complete"


# The process that reads


async def test_reading_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text(TEXT * 5000)
    with pytest.raises(OversizedContent, match="longer"):
        await read_all(path, ResourceLimits(seconds=0))


async def test_reading_that_takes_too_much_memory_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_bytes(b"abcdefgh\n" * 6_000_000)
    with pytest.raises(OversizedContent):
        await read_all(path, ResourceLimits(memory=64 * 1024 * 1024))


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", OversizedContent),
        ("os._exit(3)", UnreadableFile),
        ("print('no message')", MalformedFile),
        ("print('x' * 9_000_000)", MalformedFile),
    ],
    ids=["killed", "ended", "babbling", "flooding"],
)
async def test_a_process_that_fails_is_one_document_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behaviour: str, error: type[ChatError]
) -> None:
    script = tmp_path / "reader"
    script.write_text(f"#!/usr/bin/env python3\nimport os, signal\n{behaviour}\n")
    script.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(script))
    with pytest.raises(error):
        await read_all(tmp_path / "any", ResourceLimits())


async def test_a_server_that_can_not_start_a_process_says_so(
    library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "nothing"))
    document = await library.add("fruit.txt", TEXT)
    assert (await library.told(document))[-1]["data"]["code"] == "unreadable_file"


async def test_the_process_is_told_nothing_of_the_servers_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "reader"
    script.write_text(
        "#!/usr/bin/env python3\nimport json, os\n"
        'print(json.dumps({"type": "failed", "code": "empty_file", "message": str(os.environ)}))\n'
    )
    script.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(script))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with pytest.raises(ChatError) as error:
        await read_all(tmp_path / "any", ResourceLimits())
    assert "PATH" in error.value.message
    assert "secret" not in error.value.message


def test_the_process_reads_a_file_and_writes_messages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    confined: list[tuple[int, int]] = []
    monkeypatch.setattr(reader, "confine", lambda *bounds: confined.append(bounds))
    path = tmp_path / "a.txt"
    path.write_text(TEXT)
    reader.main("read", "text", str(path), "1000", "60", "en")
    assert confined == [(1000, 60)]
    assert capfdbinary.readouterr().out.splitlines()[-1] == (
        b'{"type":"finished","pages":null,"warnings":[]}'
    )


async def read_all(path: Path, resource_limits: ResourceLimits) -> None:
    async with reading.read(path, Kind.TEXT, resource_limits) as messages:
        async for _ in messages:
            pass


# Starts and ends


async def restart(library: Library) -> DocumentService:
    await library.service.close()
    await library.events.close()
    await library.events.open()
    library.service = library.make_service()
    await library.service.recover()
    return library.service


async def interrupt(library: Library, status: Status, attempts: int) -> None:
    sql = "UPDATE documents SET status = ?, attempts = ?"
    await library.database.write(lambda statements: statements.fetch(sql, (status, attempts)))


async def test_a_document_that_was_being_read_is_read_again(library: Library) -> None:
    document = await library.read("fruit.txt", TEXT)
    await interrupt(library, Status.READING, 1)
    await restart(library)
    assert (await library.told(document))[-1]["type"] == "complete"
    again = await library.service.document(USER, document.id)
    assert (again.passages, again.attempts) == (document.passages, 2)
    assert await library.rows("document_passages") == document.passages


async def test_a_document_that_ends_the_server_each_time_is_given_up(library: Library) -> None:
    document = await library.read("fruit.txt", TEXT)
    await interrupt(library, Status.READING, 3)
    service = await restart(library)
    failed = await service.document(USER, document.id)
    assert (failed.status, failed.code) == (Status.FAILED, "interrupted_reading")
    assert library.files == []


async def test_a_document_whose_file_is_gone_is_marked(library: Library) -> None:
    document = await library.read("fruit.txt", TEXT)
    await interrupt(library, Status.WAITING, 0)
    (library.folder / document.id).unlink()
    service = await restart(library)
    assert (await service.document(USER, document.id)).code == "unreadable_file"


async def test_a_deletion_that_was_interrupted_goes_on(library: Library) -> None:
    document = await library.read("fruit.txt", TEXT)
    await interrupt(library, Status.DELETING, 1)
    service = await restart(library)
    await service.close()
    assert library.files == []
    assert await library.tombstones() == [document.id]
    assert await library.rows("document_words") == 0


async def test_files_of_no_document_are_removed_at_start(library: Library) -> None:
    kept = await library.read("fruit.txt", TEXT)
    for name in ("0" * 32, "1" * 32 + ".part"):
        (library.folder / name).write_text("left over")
    await restart(library)
    assert library.files == [kept.id]


async def test_closing_in_the_middle_of_a_reading_costs_no_attempt(library: Library) -> None:
    document = await library.add("long.txt", TEXT * 2000)
    async for event in library.events.stream_events(f"document:{document.id}"):
        if event["type"] == "progress" and event["data"]["progress"] > 0:
            break
    await library.service.close()
    waiting = await library.service.document(USER, document.id)
    assert (waiting.status, waiting.attempts) == (Status.WAITING, 0)
    with pytest.raises(Unavailable):
        await library.add("late.txt", TEXT)
    await restart(library)
    assert (await library.told(document))[-1]["type"] == "complete"


async def test_what_the_database_refuses_for_a_moment_is_tried_again(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = library.store.documents.transaction
    insert = engine.insert_words
    refusals = iter([DatabaseUnavailable("busy"), DatabaseUnavailable("busy")])

    def refuse(*args: Any) -> None:
        for refusal in refusals:
            raise refusal
        insert(*args)

    monkeypatch.setattr(engine, "insert_words", refuse)
    document = await library.read("fruit.txt", TEXT)
    assert document.status is Status.READY
    assert await library.rows("document_passages") == document.passages


async def test_a_deletion_that_the_database_refuses_is_left_to_the_next_start(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = await library.read("fruit.txt", TEXT)

    def refuse(*_: object) -> None:
        raise DatabaseUnavailable("full")

    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "delete_some_contents", refuse)
        await library.service.delete(USER, document.id)
        await library.service.close()
    assert await library.service.documents(USER) == []
    await (await restart(library)).close()
    assert await library.tombstones() == [document.id]


async def test_a_context_that_is_held_no_more_says_again_how_it_ended(library: Library) -> None:
    document = await library.read("fruit.txt", TEXT)
    await library.events.close()
    await library.events.open()
    await library.service.announce(USER, document.id)
    await library.service.announce(USER, document.id)
    assert [event["type"] for event in await library.told(document)] == ["complete"]


async def test_documents_survive_in_the_file(library: Library, tmp_path: Path) -> None:
    document = await library.read("fruit.txt", TEXT)
    other = await open_store(tmp_path / "chat.sqlite")
    stored = await other.documents.read(lambda reader: reader.select_documents(USER))
    assert stored == [document]
    await other.database.close()


async def test_chunks_may_be_of_any_size(library: Library) -> None:
    document = await library.service.add(USER, "a.md", in_chunks(TEXT.encode(), 7))
    assert (document.size, document.kind) == (len(TEXT.encode()), Kind.MARKDOWN)


async def test_two_files_are_checked_at_a_time(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = running = most = 0
    go_on = asyncio.Event()

    async def check(*_: object) -> None:
        nonlocal checks, running, most
        checks, running = checks + 1, running + 1
        most = max(most, running)
        try:
            await go_on.wait()
        finally:
            running -= 1

    monkeypatch.setattr("quart_chat.documents.uploads.check", check)
    pdf = made.pdf(["The kiwi is green."])

    def upload(number: int) -> asyncio.Task[Document]:
        return asyncio.create_task(library.add("fruit.pdf", pdf, f"user {number}"))

    uploads = [upload(1), upload(2)]
    await until(lambda: running == 2)
    uploads += [upload(3), upload(4)]
    # What needs no check waits for none of them.
    await library.add("fruit.txt", TEXT)
    uploads[0].cancel()
    await until(lambda: checks == 3)
    assert running == 2
    go_on.set()
    ended = await asyncio.gather(*uploads, return_exceptions=True)
    assert [type(end) for end in ended] == [asyncio.CancelledError, Document, Document, Document]
    assert (checks, most) == (4, 2)
