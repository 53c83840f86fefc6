"""An endpoint's own words reach the person once, in whatever shape they come."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from quart_chat.assistants.openai.assistant import OpenAIAssistant
from quart_chat.assistants.openai.decoding import load_json
from quart_chat.assistants.openai.failures.errors import ModelError
from quart_chat.assistants.openai.failures.words import find_words
from quart_chat.assistants.openai.history import estimate_tokens
from quart_chat.assistants.protocol import Models, Step, Turn
from tests.assistants.openai.endpoint import (
    HELLO,
    Exchange,
    FakeEndpoint,
    Script,
    event,
    fake_endpoint,
    refuse,
    say,
    talk,
)
from tests.assistants.openai.test_assistant import assistant, outputs_of, question, steps, text

KEY = "sk-do-not-tell-7f3a"
WORDS = "CUDA out of memory"


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


async def fail(endpoint: FakeEndpoint, script: Script, **options: Any) -> tuple[ModelError, str]:
    """The error, and all steps that were shown before it."""
    endpoint.script(script)
    shown = ""
    async with assistant(endpoint, key=KEY, **options) as model, asyncio.timeout(60):
        try:
            async for output in model.answer(question()):
                shown += output.message if isinstance(output, Step) else ""
        except ModelError as error:
            return error, shown
    raise AssertionError("it has answered")


PAGE = b"""<!DOCTYPE html><html><head><title>CUDA out of memory</title>
<style>p { color: red }</style></head><body><h1>500</h1></body></html>"""
UNTITLED = (
    b"<html><head><script>x()</script></head><body><b>CUDA</b> out of&#32;memory</body></html>"
)
CRASH = 'Traceback (most recent call last):\n  File "x.py", line 1\nCUDA out of memory\n'
IN_ONE = {
    "error": {
        "message": "Provider returned error",
        "metadata": {"raw": '{"error": {"message": "CUDA out of memory"}}'},
    }
}

SHAPES: list[object] = [
    {"error": {"message": WORDS}},
    {"error": WORDS},
    {"error": {"message": {"text": WORDS}}},
    {"error": [{"msg": WORDS}]},
    {"errors": [{"detail": WORDS}, {"detail": WORDS}]},
    {"detail": WORDS},
    {"detail": [{"loc": ["body", "messages"], "msg": WORDS, "type": "value_error"}]},
    {"message": WORDS},
    {"msg": WORDS},
    {"reason": WORDS},
    {"error": {"type": "server_error", "param": None}, "message": WORDS},
    {"error": '{"error": {"message": "CUDA out of memory"}}'},
    {"type": "about:blank", "title": WORDS, "status": 500},
    [{"error": {"message": WORDS}}],
    WORDS,
    IN_ONE,
    {"Message": WORDS},
    {"fault": {"faultstring": WORDS, "detail": {"errorcode": "policies.ratelimit"}}},
    {"base_resp": {"status_code": 1002, "status_msg": WORDS}},
    {"Response": {"Error": {"Code": "Failed", "Message": WORDS}}},
    {"errMsg": WORDS},
    {"error": {"message": "", "details": [{"message": WORDS}]}},
    {"data": {"error": {"message": WORDS}}},
    # The words of a status alone say nothing
    {"timestamp": 1, "status": 500, "error": "Internal Server Error", "message": WORDS},
    {"error": {"message": "500 Internal Server Error", "detail": WORDS}},
    {"message": "Error", "cause": {"message": WORDS}},
    {"error": {"message": "Backend", "innererror": {"message": WORDS}}},
    {"status": "error", "info": WORDS},
    {"failure": {"text": WORDS}},
]
BODIES = [
    *map(orjson.dumps, SHAPES),
    orjson.dumps({"error": CRASH}),
    WORDS.encode(),
    b"  CUDA out of\n memory\n",
    PAGE,
    UNTITLED,
    b"<?xml version='1.0'?><Error><Message>CUDA out of memory</Message></Error>",
    b'{"error": {"message": "CUDA out of memory", ',
    b'event: error\ndata: {"error": {"message": "CUDA out of memory"}}\n\n',
    b'error: {"message": "CUDA out of memory"}\n\n',
    b'\xef\xbb\xbf{"error": {"message": "CUDA out of memory"}}',
    b'{"error": {"message": "CUDA out of memory"}}\n<!-- proxy -->',
    b"\x1b[31mCUDA out of memory\x1b[0m\n",
    PAGE.replace(b"CUDA out of memory", b"500 Internal Server Error").replace(
        b"<h1>500</h1>", b"<p>CUDA out of memory</p>"
    ),
]


@pytest.mark.parametrize("body", BODIES)
async def test_a_failures_words_are_quoted_once_with_status_and_host(
    endpoint: FakeEndpoint, body: bytes
) -> None:
    error, shown = await fail(endpoint, refuse(500, body))
    assert error.code == "endpoint_failed"
    assert error.message.count(WORDS) == 1
    assert "status 500" in error.message
    assert "127.0.0.1:" in error.message
    assert "Retry; if that does not help" in error.message
    assert not any(mark in error.message for mark in ("<b>", "Traceback", "File", "color"))
    assert error.message.startswith("“")
    assert "\x1b" not in error.message
    assert error.message.endswith("\nTried 3 times.")
    # Three attempts were made, and none of them says it before.
    assert len(endpoint.completions) == 3
    assert WORDS not in shown
    assert "Retry" not in shown


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 413, 422, 429, 503, 529])
async def test_every_status_comes_with_the_words(endpoint: FakeEndpoint, status: int) -> None:
    error, _ = await fail(endpoint, refuse(status, {"error": {"message": WORDS}}), retries=0)
    assert error.message.count(WORDS) == 1
    assert error.message.count(f"status {status}") == 1


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'""', b"null", b"\xff" * 500, b" \n"])
async def test_without_words_there_is_our_sentence_alone(
    endpoint: FakeEndpoint, body: bytes
) -> None:
    error, _ = await fail(endpoint, refuse(500, body), retries=0)
    assert error.message.endswith("its log says why.")


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"code": 429, "message": "Resource has been exhausted"}, "endpoint_busy"),
        ({"error": {"code": 429, "message": "Resource has been exhausted"}}, "endpoint_busy"),
        ({"error": {"code": "429", "message": "Resource has been exhausted"}}, "endpoint_busy"),
        ([{"error": {"status": "RESOURCE_EXHAUSTED", "message": "Resource has been exhausted"}}],
         "endpoint_busy"),
        ({"type": "error", "error": {"type": "overloaded_error",
          "message": "Resource has been exhausted"}}, "endpoint_busy"),
        ({"error": {"type": "rate_limit_error", "msg": "Resource has been exhausted"}},
         "endpoint_busy"),
        ({"status": 401, "title": "Resource has been exhausted"}, "endpoint_unauthorized"),
        ({"detail": "Resource has been exhausted"}, "endpoint_error"),
        ({"error": "Resource has been exhausted"}, "endpoint_error"),
        ({"object": "error", "message": "Resource has been exhausted", "code": 40303},
         "endpoint_error"),
        ({"base_resp": {"status_code": 1002, "status_msg": "Resource has been exhausted"}},
         "endpoint_error"),
        ({"header": {"code": 11200, "message": "Resource has been exhausted"}}, "endpoint_error"),
        ({"errcode": 40001, "errmsg": "Resource has been exhausted"}, "endpoint_error"),
        ({"fault": {"faultstring": "Resource has been exhausted"}}, "endpoint_error"),
        ({"statusCode": 429, "body": "Resource has been exhausted"}, "endpoint_busy"),
        ({"choices": [{"error": {"code": 429, "message": "Resource has been exhausted"}}]},
         "endpoint_busy"),
        ({"choices": [{"delta": {}}], "x_groq": {"error": "Resource has been exhausted"}},
         "endpoint_error"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("framed", [False, True])
async def test_an_error_may_come_with_status_200(
    endpoint: FakeEndpoint, payload: object, code: str, framed: bool
) -> None:
    script = talk(event(payload)) if framed else refuse(200, payload)
    error, _ = await fail(endpoint, script, retries=0)
    assert error.code == code
    assert error.message.count("Resource has been exhausted") == 1
    assert "cut" not in error.code


@pytest.mark.parametrize(
    "frame",
    [
        *map(event, SHAPES[:10]),
        event(IN_ONE),
        b"event: error\n" + event({"whatever": 1, "text": WORDS}),
        b"event: error\ndata: CUDA out of memory\n\n",
        b"event:error\r\ndata:CUDA out of memory\r\n\r\n",
        event({"choices": [{"delta": {"content": ""}, "finish_reason": "error"}],
               "error": {"message": WORDS}}),
        event({"choices": [], "error": {"message": WORDS}}),
        event({"error": CRASH}),
        orjson.dumps({"error": {"message": WORDS}}) + b"\n\n",
    ],
)  # fmt: skip
async def test_an_error_may_come_behind_text(endpoint: FakeEndpoint, frame: bytes) -> None:
    error, _ = await fail(endpoint, talk(say("Hello"), frame))
    assert error.code == "endpoint_error"
    assert error.message.count(WORDS) == 1
    assert len(endpoint.completions) == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (PAGE, WORDS),
        (WORDS.encode(), WORDS),
        (b"data: CUDA out of memory\n\n", WORDS),
        (b'data: "CUDA out of memory"\n\n', WORDS),
        (b'"CUDA out of memory"', WORDS),
    ],
)
async def test_what_is_no_stream_is_quoted(endpoint: FakeEndpoint, body: bytes, words: str) -> None:
    error, _ = await fail(endpoint, refuse(200, body))
    assert error.code == "answer_malformed"
    assert error.message.count(words) == 1
    assert len(endpoint.completions) == 1


async def test_long_words_are_shortened_and_keys_masked(endpoint: FakeEndpoint) -> None:
    long = f"Wrong key {KEY} here. " + "word " * 500
    error, _ = await fail(endpoint, refuse(500, {"error": long}), retries=0)
    assert "Wrong key *** here." in error.message
    assert KEY not in error.message
    assert error.message.splitlines()[0].endswith("word…”")
    assert len(error.message) < 500


# A parameter that is not known


FORBIDDEN = {
    "detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options"], "msg": "no"}]
}


@pytest.mark.parametrize(
    "refusal",
    [
        refuse(422, FORBIDDEN),
        refuse(400, {"error": {"message": "Unrecognized argument: stream_options"}}),
        refuse(400, {"error": {"message": "unknown field include_usage"}}),
        refuse(500, b"TypeError: create() got an unexpected keyword argument 'stream_options'"),
        talk(event({"error": {"message": "Unknown parameter: 'stream_options'."}})),
        refuse(200, {"message": "streamOptions is not supported", "code": 400}),
        refuse(400, {"error": {"message": "Unsupported parameter", "param": "stream_options"}}),
        refuse(400, {"error": "Stream options can only be defined when stream=True"}),
        refuse(404, {"error": "stream_options: no such field"}),
        refuse(501, "stream_options?".encode("utf-16")),
    ],
)
async def test_a_parameter_that_is_not_known_is_left_out_from_then_on(
    endpoint: FakeEndpoint, refusal: Script
) -> None:
    endpoint.script(refusal, HELLO)
    async with assistant(endpoint, retries=0) as model:
        outputs = await outputs_of(model)
        await outputs_of(model)
    assert text(outputs) == "Hello world"
    assert [step for step in steps(outputs) if step[0] != "model"] == []
    assert ["stream_options" in body for body in endpoint.completions] == [True, False, False]
    assert all(body["stream"] for body in endpoint.completions)


@pytest.mark.parametrize(
    "refusal",
    [refuse(422, {"detail": "temperature is not allowed"}), refuse(400, b"no stream today")],
)
async def test_another_parameter_is_an_error_and_changes_nothing(
    endpoint: FakeEndpoint, refusal: Script
) -> None:
    endpoint.script(refusal, HELLO)
    async with assistant(endpoint) as model:
        with pytest.raises(ModelError):
            await outputs_of(model)
        await outputs_of(model)
    assert ["stream_options" in body for body in endpoint.completions] == [True, True]


async def test_what_is_refused_without_it_too_is_an_error(endpoint: FakeEndpoint) -> None:
    error, _ = await fail(endpoint, refuse(422, FORBIDDEN))
    assert error.code == "endpoint_rejected"
    assert error.message.count("body.stream_options: no") == 1
    assert len(endpoint.completions) == 2


@pytest.mark.parametrize(
    "complaint",
    [
        "System role not supported",
        "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
        "Conversation roles must alternate user/assistant/user/assistant/...",
        "Developer instruction is not enabled for models/gemma-3",
    ],
)
async def test_a_model_without_a_system_message_is_told_in_the_first_prompt(
    endpoint: FakeEndpoint, complaint: str
) -> None:
    endpoint.script(refuse(400, {"error": {"message": complaint}}), HELLO)
    async with assistant(endpoint, retries=0, system_prompt="Be brief.") as model:
        outputs = await outputs_of(model)
        await outputs_of(model)
    assert text(outputs) == "Hello world"
    first, *others = [body["messages"] for body in endpoint.completions]
    assert [message["role"] for message in first] == ["system", "user"]
    joined = {"role": "user", "content": f"Be brief.\n\n{first[1]['content']}"}
    assert others == [[joined], [joined]]


async def test_two_that_are_refused_at_once_are_both_asked_again(endpoint: FakeEndpoint) -> None:
    arrived = 0
    both = asyncio.Event()

    async def refuse_known(exchange: Exchange) -> None:
        nonlocal arrived
        if "stream_options" not in exchange.request.json:
            await HELLO(exchange)
            return
        arrived += 1
        if arrived == 2:
            both.set()
        await both.wait()
        await refuse(422, FORBIDDEN)(exchange)

    endpoint.script(refuse_known)
    async with assistant(endpoint) as model, asyncio.timeout(30):
        answers = await asyncio.gather(outputs_of(model), outputs_of(model))
    assert [text(outputs) for outputs in answers] == ["Hello world"] * 2


# A chat that is too long


HISTORY = tuple(
    Turn(role, f"{role} {n} " + "x" * 400) for n in range(4) for role in ("user", "assistant")
)
FULL = refuse(400, {"error": {"message": "This model's maximum context length is 9 tokens"}})


async def test_a_chat_that_is_too_long_is_asked_once_more_with_half_of_it(
    endpoint: FakeEndpoint,
) -> None:
    endpoint.script(FULL, HELLO)
    async with assistant(endpoint) as model:
        outputs = await outputs_of(model, question(history=HISTORY))
    assert text(outputs) == "Hello world"
    told = [[m["content"] for m in body["messages"]] for body in endpoint.completions]
    assert told[0] == [*(turn.content for turn in HISTORY), "Hello"]
    assert told[1] == [*(turn.content for turn in HISTORY[4:]), "Hello"]
    assert (
        Step(
            "history",
            "The chat is too long for the model: asked again with the latest 4 of 8 earlier"
            " messages",
            "completed",
            "warning",
        )
        in outputs
    )


@pytest.mark.parametrize(("history", "asked"), [(HISTORY, 2), ((), 1)])
async def test_what_is_too_long_all_the_same_is_said_with_the_endpoints_words(
    endpoint: FakeEndpoint, history: tuple[Turn, ...], asked: int
) -> None:
    endpoint.script(FULL)
    async with assistant(endpoint) as model:
        with pytest.raises(ModelError) as caught:
            await outputs_of(model, question(history=history))
    assert caught.value.code == "context_too_long"
    assert caught.value.message.count("maximum context length is 9 tokens") == 1
    assert len(endpoint.completions) == asked


@pytest.mark.parametrize(
    ("sample", "least", "most"),
    [
        ("The quick brown fox jumps over the lazy dog. ", 0.2, 0.3),
        ("Größenänderung für Übermüdete ", 0.2, 0.5),
        ("修复已验证。重跑后用户身份正确。", 0.8, 1.5),
        ("これは重要な点です。", 0.8, 1.5),
        ("이것은 중요한 점입니다. ", 0.6, 1.5),
        ("Быстрая коричневая лиса ", 0.4, 0.8),
        ("الثعلب البني السريع ", 0.4, 0.8),
        ("สวัสดีครับผมชื่อ ", 0.8, 1.5),
        ("नमस्ते दुनिया ", 0.8, 1.5),
        ("😀🎉🚀", 1.0, 3.0),
        ("3141592653589793", 0.3, 1.0),
        ("{}[]();,.", 0.5, 1.0),
        ("aGVsbG8gd29ybGQgdGhpcyBpcyBiYXNlNjQ", 0.4, 0.8),
        ("AF:3b:9C:0e:", 0.4, 1.0),
        ("Ελληνικά κείμενα ", 0.4, 0.8),
        ("שלום לכולם ", 0.4, 0.8),
        ("Tiếng Việt có dấu ", 0.3, 0.6),
        ("தமிழ் மொழி ", 0.8, 2.0),
        ("𠮷野家𩸽", 1.0, 3.0),
        ("def estimate(text: str) -> int:\n    return len(text) // 4\n", 0.2, 0.5),
    ],
)
def test_an_estimate_goes_by_script(sample: str, least: float, most: float) -> None:
    """Tokens a character, as tokenizers of today and of some years ago differ."""
    text = sample * 50
    assert least <= estimate_tokens(text) / len(text) <= most


async def test_a_history_in_chinese_is_cut_to_what_fits(endpoint: FakeEndpoint) -> None:
    history = tuple(Turn(role, "用" * 400) for _ in range(4) for role in ("user", "assistant"))
    async with assistant(endpoint, history_tokens=1000) as model:
        await outputs_of(model, question(history=history))
    told = sum(len(message["content"]) for message in endpoint.completions[0]["messages"])
    assert told == 800 + len("Hello")


# Lists of models


@pytest.mark.parametrize(
    "listed",
    [
        {"data": [{"id": "tiny"}, {"id": "large"}]},
        [{"id": "tiny"}, {"id": "large"}],
        ["tiny", "large"],
        {"models": [{"name": "tiny", "model": "tiny"}, {"name": "large", "size": 7}]},
        {"models": ["tiny", "large"]},
        {"data": [{"id": "tiny"}, None, {"id": "tiny"}, {"id": None}, 7, {"id": "large"}]},
        {"data": {"models": [{"model": "tiny"}, {"name": " large "}]}},
        {"object": "list", "data": ["tiny", "", "large", ["x"]]},
        {"modelSummaries": [{"modelId": "tiny"}, {"modelId": "large"}]},
        {"value": [{"id": "tiny"}, {"id": "large"}]},
        {"body": {"available": ["tiny", "large"]}},
        {"data": [{"model_name": "tiny"}, {"model_name": "large"}]},
        b'\xef\xbb\xbf{"data":[{"id":"tiny"},{"id":"large"}]}',
        b'{"id":"tiny"}\n{"id":"large"}\n',
        {"tiny": {"object": "model"}, "large": {"object": "model"}},
        {"models": {"1": {"id": "tiny"}, "2": {"id": "large"}}},
        {"model_list": [{"model_name": "tiny"}, {"model_name": "large"}], "tags": []},
        {"data": [], "models": ["tiny", "large"]},
        {"data": None, "models": ["tiny", "large"]},
        b'data: {"data":[{"id":"tiny"},{"id":"large"}]}\n\n',
        orjson.dumps('[{"id":"tiny"},{"id":"large"}]'),
        '[{"id":"tiny"},{"id":"large"}]'.encode("utf-16"),
        b'[{"id":"tiny"},{"id":"large"}]\n<!-- proxy -->',
        b'data: {"id":"tiny"}\n\ndata: {"id":"large"}\n\ndata: [DONE]\n\n',
        {"Data": [{"ID": "tiny"}, {"Name": "large"}]},
        {"models": {"chat": ["tiny"], "vision": ["large"]}},
        {"models": {"tiny": "A tiny one", "large": "A large one"}},
        {"data": [{"attributes": {"name": "tiny"}}, {"model": {"id": "large"}}]},
        {"_embedded": {"models": [{"id": "tiny"}, {"id": "large"}]}, "_links": {}},
        {"error": {"code": 0, "message": ""}, "data": [{"label": "tiny"}, {"value": "large"}]},
        {"available": [{"id": "tiny"}, {"id": "large"}], "unavailable": []},
        {"a": {"b": {"c": {"data": [{"id": "tiny"}, {"id": "large"}]}}}},
        {"data": [[{"id": "tiny"}], [{"id": "large"}]]},
        [["tiny", "A tiny one"], ["large", "A large one"]],
    ],
)
async def test_a_list_is_read_in_every_shape(endpoint: FakeEndpoint, listed: object) -> None:
    endpoint.models = refuse(200, listed)
    async with assistant(endpoint) as model:
        assert await model.models() == Models(("tiny", "large"), "tiny")


@pytest.mark.parametrize(
    "listed",
    [{"id": "tiny", "object": "model"}, {"model_id": "tiny"}, {"data": {"id": "tiny"}}],
)
async def test_a_list_may_be_one_model_with_another_status(
    endpoint: FakeEndpoint, listed: object
) -> None:
    endpoint.models = refuse(203, listed)
    async with assistant(endpoint) as model:
        assert await model.models() == Models(("tiny",), "tiny")


@pytest.mark.parametrize("listed", [{"data": None}, [], {"models": []}, {"data": [None]}])
async def test_a_list_may_be_empty(endpoint: FakeEndpoint, listed: object) -> None:
    endpoint.models = refuse(200, listed)
    async with assistant(endpoint) as model:
        assert await model.models() == Models((), "tiny")


@pytest.mark.parametrize(
    ("body", "words"),
    [({"error": "Not ready"}, "Not ready"), (b"<title>Sign in</title>", "Sign in"), (7, "sent is")],
)
async def test_what_is_no_list_says_why(endpoint: FakeEndpoint, body: object, words: str) -> None:
    endpoint.models = refuse(200, body)
    async with assistant(endpoint) as model:
        assert words in ((await model.models()).note or "")


# Addresses


@pytest.mark.parametrize(
    ("suffix", "query"),
    [
        ("", ""),
        ("/", ""),
        ("?api-version=1", "?api-version=1"),
        ("/?api-version=2024-02-01&x=a%2Fb", "?api-version=2024-02-01&x=a%2Fb"),
        ("#readme", ""),
        ("?a=1#readme", "?a=1"),
        ("/chat/completions", ""),
        ("/chat/completions?a=1", "?a=1"),
        ("/completions?a=1&a=2&b[c]=d=", "?a=1&a=2&b%5Bc%5D=d="),
        ("?sig=a+b%2Bc%3D&url=http://x/y?z \n", "?sig=a+b%2Bc%3D&url=http://x/y?z"),
    ],
)
async def test_every_request_keeps_what_the_address_says(
    endpoint: FakeEndpoint, suffix: str, query: str
) -> None:
    async with OpenAIAssistant(endpoint.url + suffix, model="tiny") as model:
        await outputs_of(model)
        await model.models()
    assert [request.path for request in endpoint.requests] == [
        f"/v1/chat/completions{query}",
        f"/v1/models{query}",
    ]


async def test_a_user_and_a_password_of_the_address_are_sent_and_told_to_nobody(
    endpoint: FakeEndpoint,
) -> None:
    url = endpoint.url.replace("//", "//ada:p%40ss:word@") + "?api-key=hidden-7f3a"
    endpoint.script(refuse(403, {"error": "p@ss:word and hidden-7f3a are wrong"}))
    async with OpenAIAssistant(url, model="tiny") as model:
        with pytest.raises(ModelError) as caught:
            await outputs_of(model)
    sent = endpoint.requests[0].headers["authorization"]
    assert sent == "Basic " + base64.b64encode(b"ada:p@ss:word").decode()
    assert "*** and *** are wrong" in caught.value.message
    assert "ada" not in caught.value.message


def test_what_is_hardly_utf_8_is_no_text() -> None:
    few = b'"' + b"\xff" * 1000 + "€".encode() * 50_000 + b'"'
    assert load_json(few) == "\ufffd" * 1000 + "€" * 50_000
    with pytest.raises(ValueError, match="UTF-8"):
        load_json(b'"' + b"\xff" * (4 << 20) + b'"')


@pytest.mark.parametrize(
    "part", ["<script ", "<!--", "<title ", "<head><", "<a ", "</style ", "<p>"]
)
def test_a_page_is_looked_at_once(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """It would take minutes if each part were sought an end for."""
    monkeypatch.setattr("quart_chat.assistants.openai.failures.words.MAX_TEXT", 1 << 22)
    assert WORDS in find_words(f"<p>{WORDS}</p>" + part * 200_000)
