"""Streams and refusals as odd servers, gateways and proxies send them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.utils import formatdate

import orjson
import pytest

from quart_chat.assistants.openai.failures.retry_after import (
    advise,
    find_retry_after,
    parse_retry_after,
)
from quart_chat.assistants.protocol import Step
from tests.assistants.openai.endpoint import DONE, FakeEndpoint, delta, event, fake_endpoint, refuse
from tests.assistants.openai.endpoint import talk as tell
from tests.assistants.openai.test_assistant import assistant, outputs_of
from tests.assistants.openai.test_shapes import END, C, answer, ask
from tests.assistants.openai.test_words import KEY, fail

BOM = b"\xef\xbb\xbf"
WORDS = "upstream died"


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


def choice(index: int, text: str, finish: str | None = None) -> dict[str, object]:
    return {"index": index, "delta": {"content": text}, "finish_reason": finish}


def named(kind: str, **fields: object) -> bytes:
    """An event with its name, as some APIs send them."""
    return b"event: " + kind.encode() + b"\n" + event({"type": kind, **fields})


OUTPUT = [{"type": "output_text", "text": "Hi!"}]
RESPONSE = {"status": "completed", "output": [{"type": "message", "content": OUTPUT}]}


@pytest.mark.parametrize(
    "stream",
    [
        BOM + BOM + C("Hi") + C("!") + END,
        C("Hi") + BOM + C("!") + END,
        C("Hi").replace(b"data:", b"data :") + C("!").replace(b"data:", b"DATA\t:") + END,
        C("Hi").replace(b"data:", b"data: data:") + C("!") + END,
        # Fields for an error that say that there is none
        event({"error": {"message": None}, **orjson.loads(C("Hi!")[6:])}) + END,
        event({"error": {"code": 0, "message": "success"}, **orjson.loads(C("Hi!")[6:])}) + END,
        # Several answers where one was asked for
        event({"choices": [choice(1, "No"), choice(0, "Hi!")]}) + END,
        event({"choices": [choice(0, "Hi")]})
        + event({"choices": [choice(1, "No", "stop")]})
        + event({"choices": [choice(0, "!")]})
        + END,
        # Ends that an event says by its name
        *(C("Hi!") + b"event: " + name + b"\n" for name in (b"done\ndata: {}\n", b"END")),
        C("Hi!") + named("message_stop"),
        C("Hi!") + event({"type": "done"}),
        C("Hi!") + event({"choices": [], "usage": {"completion_tokens": 2}}),
        # Events of the Responses API
        named("response.created", response={"status": "in_progress", "output": []})
        + named("response.output_text.delta", delta="Hi")
        + named("response.output_text.delta", delta="!")
        + named("response.function_call_arguments.delta", delta="{}")
        + named("response.output_text.done", text="Hi!")
        + named("response.output_item.done", item={"type": "message", "content": OUTPUT})
        + named("response.completed", response=RESPONSE),
        named("response.completed", response=RESPONSE),
        orjson.dumps({"object": "response", **RESPONSE}),
    ],
)
async def test_what_is_framed_oddly_is_the_answer(endpoint: FakeEndpoint, stream: bytes) -> None:
    assert await ask(endpoint, tell(stream)) == ("", "Hi!")


@pytest.mark.parametrize(
    "chunk",
    [
        {"response": {"error": {"message": WORDS}}},
        {"type": "response.failed", "response": {"error": {"code": "x", "message": WORDS}}},
        {"choices": [{"delta": {"error": {"message": WORDS}}}]},
        {"choices": [{"message": {"error": WORDS}}]},
    ],
)
async def test_an_error_inside_a_chunk_is_told(endpoint: FakeEndpoint, chunk: object) -> None:
    error, _ = await fail(endpoint, tell(C("Hi"), event(chunk)))
    assert error.code == "endpoint_error"
    assert error.message.count(WORDS) == 1


@pytest.mark.parametrize(
    ("body", "media_type", "words"),
    [
        ('{"error":"Modell überlastet"}'.encode("cp1252"), "text/plain; charset=cp1252", "Modell"),
        ('{"error":"Modell überlastet"}'.encode("utf-16"), "", "Modell"),
        ('{"error":"Modell überlastet"}'.encode("utf-16-le"), "a/b; charset=utf-16le", "Modell"),
        ('{"error":"Modell überlastet"}'.encode(), "a/b; charset=iso-8859-1", "Modell"),
        ('{"error":"Modell überlastet"}'.encode(), "a/b; charset=bogus", "Modell"),
        (
            '<meta charset="windows-1251"><title>Ошибка überall?</title>'.encode(
                "cp1251", "ignore"
            ),
            "text/html",
            "Ошибка",
        ),
    ],
)
async def test_a_refusal_is_read_in_its_encoding(
    endpoint: FakeEndpoint, body: bytes, media_type: str, words: str
) -> None:
    error, _ = await fail(endpoint, refuse(500, body, **{"Content-Type": media_type}), retries=0)
    quoted = error.message.splitlines()[0]
    assert quoted.startswith(f"“{words}")
    assert "\ufffd" not in quoted
    assert "überlastet" in quoted or words == "Ошибка"


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://api.example.org/v1/chat/completions?key=hidden", "https://api.example.org/v1 "),
        ("/v2/chat/completions", "/v2 "),
        ("../login?next=x", "/v1/login "),
        ("javascript:alert(1)", "redirects to 127.0.0.1"),
        (f"https://ada:{KEY}@x.example.org/", "https://x.example.org/ "),
        (f"https://x.example.org/{KEY}/v1/models", "https://x.example.org/***/v1 "),
        ("https://[broken", "redirects to 127.0.0.1"),
    ],
)
async def test_a_redirect_says_where_to(endpoint: FakeEndpoint, location: str, told: str) -> None:
    error, _ = await fail(endpoint, refuse(301, b"", Location=location))
    assert told in error.message
    assert "OPENAI_BASE_URL" in error.message
    assert "hidden" not in error.message
    assert KEY not in error.message
    assert len(endpoint.completions) == 1


@pytest.mark.parametrize(
    ("status", "headers", "body", "said"),
    [
        (429, {"Retry-After": "30.5"}, {}, "in 30 seconds"),
        (429, {"Retry-After-Ms": "90000"}, {}, "in 90 seconds"),
        (429, {}, {"error": {"details": [{"retryDelay": "34s"}]}}, "in 34 seconds"),
        (429, {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, {}, "in a while"),
        (429, {"Retry-After": "10800"}, {}, "in 3 hours"),
        (429, {"Retry-After": "30s"}, {}, "in 30 seconds"),
        (429, {"Retry-After": "1m30.4s"}, {}, "in 90 seconds"),
        (429, {"Retry-After": "2999-10-21T07:28:00Z"}, {}, "in a while"),
        (429, {"RateLimit-Reset": "50"}, {}, "in 50 seconds"),
        (429, {"X-RateLimit-Reset": "99999999999"}, {}, "in a while"),
        (429, {}, {"error": {"message": "Please try again in 20s."}}, "in 20 seconds"),
        (429, {}, {"error": {"message": "Try again in 1m12.5s"}}, "in 72 seconds"),
        (429, {}, {"detail": "Retry after 70 seconds"}, "in 70 seconds"),
        (429, {}, {"error": "throttled", "retry_after": 17.2}, "in 17 seconds"),
        (503, {"Retry-After": "60"}, {}, "in 60 seconds"),
    ],
)
async def test_when_to_try_again_is_told_as_it_is_sent(
    endpoint: FakeEndpoint, status: int, headers: dict[str, str], body: object, said: str
) -> None:
    error, _ = await fail(endpoint, refuse(status, body, **headers))
    assert f"Try again {said}." in error.message
    assert len(endpoint.completions) == 1


@pytest.mark.parametrize(
    ("status", "headers"), [(204, {}), (205, {"X": "y"}), (200, {"Content-Length": "0"})]
)
async def test_a_response_without_content_is_told_as_such(
    endpoint: FakeEndpoint, status: int, headers: dict[str, str]
) -> None:
    error, _ = await fail(endpoint, refuse(status, b"", **headers), retries=0)
    assert error.code == "answer_malformed"
    assert f"empty response with status {status}." in error.message


async def test_what_a_refusal_says_in_its_head_is_quoted(endpoint: FakeEndpoint) -> None:
    challenge = 'Bearer error="invalid_token", error_description="The key expired"'
    error, _ = await fail(endpoint, refuse(401, b"", **{"WWW-Authenticate": challenge}))
    assert error.message.startswith("“The key expired” (status 401)\n")


def test_what_is_no_time_is_none() -> None:
    for words in ("wait for 5 models", "retry 3 more", "soon"):
        assert find_retry_after({"retry-after": words}, words) is None


def test_a_time_that_is_over_is_now() -> None:
    assert parse_retry_after(formatdate(0, usegmt=True)) == 0
    assert advise(0.0) == "Try again in 1 second."


@pytest.mark.parametrize("finish", ["tool_calls", "function_call", "tool_use"])
async def test_a_call_of_a_tool_is_no_empty_answer(endpoint: FakeEndpoint, finish: str) -> None:
    call = {"index": 0, "function": {"name": "search", "arguments": "{}"}}
    stream = tell(delta(content=None, tool_calls=[call]), delta(finish), DONE)
    error, _ = await fail(endpoint, stream)
    assert error.code == "empty_answer"
    assert "wanted to call a tool" in error.message


async def test_a_call_of_a_tool_behind_text_is_said(endpoint: FakeEndpoint) -> None:
    endpoint.script(tell(C("Let me look."), delta("tool_calls"), DONE))
    async with assistant(endpoint) as model:
        outputs = await outputs_of(model)
    warned = [each.message for each in outputs if isinstance(each, Step) and each.type == "warning"]
    assert warned == ["The model wanted to call a tool: the answer may be incomplete"]


async def test_events_of_the_responses_api_say_what_is_thought_and_why_they_end(
    endpoint: FakeEndpoint,
) -> None:
    details = {"reason": "max_output_tokens"}
    endpoint.script(
        tell(
            named("response.reasoning_summary_text.delta", delta="Hm"),
            named("response.reasoning_summary_text.done", text="Hm"),
            named("response.output_text.delta", delta="Hi"),
            named(
                "response.incomplete",
                response={"status": "incomplete", "incomplete_details": details, "output": []},
            ),
        )
    )
    async with assistant(endpoint) as model:
        outputs = await outputs_of(model)
    assert answer(outputs) == ("Hm", "Hi")
    assert [each.message for each in outputs if isinstance(each, Step) and each.type == "warning"]


async def test_bytes_that_are_no_text_are_not_quoted(endpoint: FakeEndpoint) -> None:
    error, _ = await fail(endpoint, refuse(200, bytes(range(128, 256)) * 4))
    assert error.message.startswith("What 127.0.0.1")
