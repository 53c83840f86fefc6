"""A client that openapi-python-client makes of the document works against a real server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from io import BytesIO
from typing import Any
from urllib.request import urlopen

import pytest

from tests.server import Server

PACKAGE = "generated_chat_client"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(instance=tmp_path_factory.mktemp("client") / "instance") as server:
        yield server


@pytest.fixture(scope="module")
def generated(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Any]]:
    """Imports modules of a client that is made of the server's document."""
    folder = tmp_path_factory.mktemp("generated")
    document = folder / "openapi.json"
    with urlopen(f"{server.url}/openapi.json") as response:
        document.write_bytes(response.read())
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
    made = subprocess.run(
        [*command, "--path", str(document), "--output-path", str(folder / PACKAGE)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Unable" not in made.stdout + made.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield lambda name: import_module(f"{PACKAGE}.{name}")
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def test_a_generated_client_starts_stops_lists_and_reads(
    server: Server, generated: Callable[[str], Any]
) -> None:
    models = generated("models")
    with (
        generated("client").Client(base_url=server.url) as client,
        ThreadPoolExecutor() as threads,
    ):
        prompt = models.StartRequest(prompt="wait", assistant="slow")
        start = generated("api.chat.start_stream").sync
        streamed = threads.submit(start, client=client, body=prompt)
        list_workflows = generated("api.chats.list_workflows").sync

        def running() -> list[Any]:
            chats = list_workflows(client=client, limit=5).workflows
            return [chat for chat in chats if chat.status == models.WorkflowItemStatus.RUNNING]

        while not (found := running()):
            assert not streamed.done(), streamed.result()
        (chat,) = found
        stopped = generated("api.chat.stop_round").sync(chat.id, client=client)
        assert (stopped.round_number, stopped.status) == (1, models.StoppedStatus.STOPPED)
        assert '"type":"stopped"' in streamed.result(timeout=20)
        held = generated("api.chat.read_chat").sync(chat.id, client=client, since=0)
    prompts = [data.item.content for data in held.items if isinstance(data, models.MessageData)]
    assert "wait" in prompts
    assert isinstance(held.items[-1], models.StoppedData)


def test_a_generated_client_uploads_and_reads_a_refusal(
    server: Server, generated: Callable[[str], Any]
) -> None:
    models, types = generated("models"), generated("types")
    with generated("client").Client(base_url=server.url) as client:
        file = types.File(payload=BytesIO(b"# Kiwi\n\nGreen."), file_name="kiwi.md")
        form = models.UploadDocumentsBody(files=[file])
        uploaded = generated("api.documents.upload_documents").sync(client=client, body=form)
        listed = generated("api.documents.list_documents").sync(client=client)
        read_chat = generated("api.chat.read_chat")
        refused = read_chat.sync("0" * 32, client=client)
        wrong = read_chat.sync_detailed("0" * 32, client=client, since="1e3")
    assert [document.name for document in uploaded.documents] == ["kiwi.md"]
    assert [document.id for document in listed.documents] == [uploaded.documents[0].id]
    assert refused.error.code == "not_found"
    assert (wrong.status_code, wrong.parsed.error.code) == (400, "invalid_parameter")
