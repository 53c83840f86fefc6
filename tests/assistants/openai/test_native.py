"""Answers in the shapes of other APIs, which gateways pass through by mistake."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from quart_chat.assistants.protocol import Step, Usage
from tests.assistants.openai.endpoint import DONE, FakeEndpoint, event, fake_endpoint, refuse, talk
from tests.assistants.openai.test_assistant import assistant, outputs_of
from tests.assistants.openai.test_odd_endpoints import named
from tests.assistants.openai.test_shapes import END, C, ask
from tests.assistants.openai.test_words import WORDS, fail


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


def lines(*objects: object) -> bytes:
    return b"".join(orjson.dumps(each) + b"\n" for each in objects)


def token(text: str, *, special: bool = False, whole: str | None = None) -> bytes:
    """What Text Generation Inference sends for each token."""
    return event({"token": {"text": text, "special": special}, "generated_text": whole})


def cohere(kind: str, **content: object) -> bytes:
    return named(kind, index=0, delta={"message": {"content": content}})


def block(kind: str, **fields: object) -> bytes:
    """A piece as Anthropic's Messages send it."""
    return named("content_block_delta", index=0, delta={"type": kind, **fields})


def converse(**delta: object) -> bytes:
    """A piece as Bedrock's Converse sends it."""
    return event({"contentBlockDelta": {"contentBlockIndex": 0, "delta": delta}})


def gemini(*parts: object, **fields: object) -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": parts, "role": "model"}, "index": 0, **fields}]}


def baidu(text: str, *, end: bool = False) -> bytes:
    return event({"result": text, "is_end": end, "need_clear_history": False})


MESSAGE = {"type": "message", "content": [{"type": "output_text", "text": "Hi there"}]}
THOUGHT = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm"}]}
COMPLETED = {
    "object": "response",
    "status": "completed",
    "output": [THOUGHT, MESSAGE],
    "reasoning": {"effort": "low", "summary": "auto"},
    "text": {"format": {"type": "text"}},
}
CHUNK = base64.b64encode(orjson.dumps({"type": "content_block_delta", "delta": {"text": "Hi"}}))


@pytest.mark.parametrize(
    "stream",
    [
        # Text Generation Inference
        token("Hi") + token(" there", whole="Hi there"),
        token("<s>", special=True)
        + token(" Hi")
        + token(" there")
        + token("</s>", special=True, whole="Hi there"),
        # Cohere
        cohere("content-start", type="text", text="")
        + cohere("content-delta", text="Hi")
        + cohere("content-delta", text=" there")
        + named("message-end", delta={"finish_reason": "COMPLETE"}),
        lines(
            {"event_type": "text-generation", "text": "Hi", "is_finished": False},
            {"event_type": "text-generation", "text": " there", "is_finished": False},
            {"event_type": "stream-end", "is_finished": True, "response": {"text": "Hi there"}},
        ),
        # Anthropic's Messages, and Bedrock's Converse and Invoke
        named("message_start", message={"content": [], "usage": {"output_tokens": 1}})
        + named("ping")
        + named("content_block_start", content_block={"type": "text", "text": "Hi"})
        + block("text_delta", text=" there")
        + block("input_json_delta", partial_json="{}")
        + named("message_stop"),
        event({"messageStart": {"role": "assistant"}})
        + converse(text="Hi")
        + converse(text=" there")
        + event({"messageStop": {"stopReason": "end_turn"}}),
        orjson.dumps(
            {"output": {"message": {"content": [{"text": "Hi there"}]}}, "stopReason": "end_turn"}
        ),
        event({"bytes": CHUNK.decode(), "p": "abcd"})
        + C(" there")
        + event({"type": "message_stop"}),
        event({"outputText": "Hi", "completionReason": None})
        + event({"outputText": " there", "completionReason": "FINISH"}),
        event({"generation": "Hi", "stop_reason": None})
        + event({"generation": " there", "stop_reason": "stop"}),
        event({"outputs": [{"text": "Hi", "stop_reason": None}]})
        + event({"outputs": [{"text": " there", "stop_reason": "stop"}]}),
        # Gemini
        event(gemini({"text": "Hi"})) + event(gemini({"text": " there"}, finishReason="STOP")),
        orjson.dumps([gemini({"text": "Hi"}), gemini({"text": " there"}, finishReason="STOP")]),
        # Baidu, Tencent, watsonx, Aleph Alpha, Vertex
        baidu("Hi") + baidu(" there", end=True),
        event({"Choices": [{"Delta": {"Content": "Hi"}, "FinishReason": ""}]})
        + event({"Choices": [{"Delta": {"Content": " there"}, "FinishReason": "stop"}]}),
        event({"results": [{"generated_text": "Hi", "stop_reason": "NOT_FINISHED"}]})
        + event({"results": [{"generated_text": " there", "stop_reason": "EOS_TOKEN"}]}),
        event({"type": "stream_chunk", "completion": "Hi"})
        + event({"type": "stream_chunk", "completion": " there"})
        + DONE,
        orjson.dumps({"predictions": ["Hi there"]}),
        # Ollama
        lines({"response": "Hi", "done": False}, {"response": " there", "done": True}),
        lines({"message": {"content": "Hi"}}, {"message": {"content": " there"}, "done": True}),
        # Assistants, Coze, Dify, LM Studio, AI SDK
        event({"object": "thread.message.delta", "delta": {"content": [{"text": {"value": "Hi"}}]}})
        + C(" there")
        + event({"object": "thread.message", "content": [{"text": {"value": "Hi there"}}]})
        + b"event: done\ndata: [DONE]\n\n",
        b"event: conversation.message.delta\n"
        + event({"type": "answer", "content": "Hi"})
        + b"event: conversation.message.delta\n"
        + event({"type": "answer", "content": " there"})
        + b"event: conversation.message.completed\n"
        + event({"type": "answer", "content": "Hi there"})
        + b"event: conversation.message.completed\n"
        + event({"type": "follow_up", "content": "And then?"})
        + b"event: done\n\n",
        event({"event": "text_chunk", "data": {"text": "Hi"}})
        + event({"event": "text_chunk", "data": {"text": " there"}})
        + event({"event": "workflow_finished", "data": {"outputs": {"text": "Hi there"}}}),
        event({"event": "message", "answer": "Hi"})
        + event({"event": "message", "answer": " there"})
        + event({"event": "message_end", "metadata": {}}),
        named("message.delta", content="Hi")
        + named("message.delta", content=" there")
        + named("chat.end", result={"output": [{"type": "message", "content": "Hi there"}]}),
        event({"type": "text-delta", "delta": "Hi"})
        + event({"type": "tool-input-delta", "delta": "{}"})
        + event({"type": "text-delta", "delta": " there"})
        + event({"type": "finish"}),
        # The Responses API, with and without the pieces
        named("response.output_text.done", text="Hi there")
        + named("response.completed", response={"status": "completed", "output": []}),
        named("response.output_text.done", text="Hi there")
        + named("response.output_item.done", item=MESSAGE),
        named("response.output_text.delta", delta="Hi  there")
        + named("response.output_text.done", text="Hi there")
        + named("response.completed", response={"status": "completed", "output": [MESSAGE]}),
        # In the response of a function in the cloud
        orjson.dumps(
            {"statusCode": 200, "body": '{"choices":[{"message":{"content":"Hi there"}}]}'}
        ),
        orjson.dumps({"success": True, "errors": [], "result": {"response": "Hi there"}}),
    ],
)
async def test_the_text_of_other_apis_is_shown_once(endpoint: FakeEndpoint, stream: bytes) -> None:
    thought, said = await ask(endpoint, talk(stream))
    assert thought == ""
    assert " ".join(said.split()) == "Hi there"


@pytest.mark.parametrize(
    "stream",
    [
        block("thinking_delta", thinking="Hm") + block("signature_delta", signature="x") + C("Hi"),
        converse(reasoningContent={"text": "Hm"}) + converse(text="Hi"),
        event(gemini({"text": "Hm", "thought": True})) + event(gemini({"text": "Hi"})),
        cohere("content-delta", thinking="Hm") + cohere("content-delta", text="Hi"),
        named("reasoning.delta", content="Hm") + named("message.delta", content="Hi"),
        event({"type": "reasoning-delta", "delta": "Hm"}) + C("Hi"),
        named("response.reasoning_text.delta", delta="Hm")
        + named("response.output_text.delta", delta="Hi there")
        + named("response.completed", response=COMPLETED),
        named("response.completed", response=COMPLETED),
    ],
)
async def test_the_thoughts_of_other_apis_are_no_answer(
    endpoint: FakeEndpoint, stream: bytes
) -> None:
    thought, said = await ask(endpoint, talk(stream + END))
    assert (thought, said.removesuffix(" there")) == ("Hm", "Hi")


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (named("error", error={"type": "overloaded_error", "message": WORDS}), "endpoint_busy"),
        (event({"throttlingException": {"message": WORDS}}), "endpoint_busy"),
        (event({"modelStreamErrorException": {"message": WORDS}}), "endpoint_error"),
        (event({"error_code": 18, "error_msg": WORDS}), "endpoint_error"),
        (event({"type": "error", "errorText": WORDS}), "endpoint_error"),
        (event({"errorInfo": {"message": WORDS}}), "endpoint_error"),
        (event({"result": {"status": "error", "message": WORDS}}), "endpoint_error"),
        (event({"success": False, "description": WORDS}), "endpoint_error"),
        (event({"kind": "error", "text": WORDS}), "endpoint_error"),
        (event({"error": "server_error", "error_description": WORDS}), "endpoint_error"),
        (event({"error": {"message": {"en": WORDS}}}), "endpoint_error"),
        (event({"status": "failed", "last_error": {"message": WORDS}}), "endpoint_error"),
        (event({"exceptionMessage": WORDS}), "endpoint_error"),
        (b"event: exception\ndata: CUDA out of memory\n\n", "endpoint_error"),
        (event({"body": {"error": {"message": WORDS}}}), "endpoint_error"),
    ],
)
@pytest.mark.parametrize("before", [b"", C("Hi")])
async def test_the_errors_of_other_apis_are_told(
    endpoint: FakeEndpoint, frame: bytes, code: str, before: bytes
) -> None:
    error, _ = await fail(endpoint, talk(before + frame), retries=0)
    assert error.code == code
    assert error.message.count(WORDS) == 1


@pytest.mark.parametrize(
    "news",
    [
        {"type": "status", "message": "Searching the web"},
        {"status": "processing", "message": "Loading the model"},
        {"event": "title", "title": "A greeting"},
        {"code": 0, "message": "It works"},
        {"level": "info", "message": "Loading weights"},
    ],
)
async def test_what_is_told_of_the_progress_ends_no_answer(
    endpoint: FakeEndpoint, news: object
) -> None:
    stream = talk(event(news) + C("Hi") + event(news) + C("!") + END)
    assert await ask(endpoint, stream) == ("", "Hi!")


@pytest.mark.parametrize("code", ["answer_malformed", "empty_answer"])
async def test_words_in_no_shape_that_is_known_reach_the_person(
    endpoint: FakeEndpoint, code: str
) -> None:
    end = DONE if code == "empty_answer" else b""
    for unknown in (
        event({"say": {"it": [WORDS]}}),
        b"event: output\ndata: CUDA out of memory\n\n",
    ):
        error, _ = await fail(endpoint, talk(unknown + end), retries=0)
        assert error.code == code
        assert error.message.count(WORDS) == 1


@pytest.mark.parametrize(
    "end",
    [
        *(b"event: done\n\n", b"event: done\ndata: {}\n\n", b"event: end_of_stream\n\n"),
        *(b"data: [END]\n\n", b"data: <EOS>\n\n", b"data: [ DONE ]\n\n", b"data: '[DONE]'\n\n"),
        *map(
            event,
            [
                *({"status": "done"}, {"op": "end"}, {"isEnd": True}, {"end": 1}),
                *({"event": "message_end"}, {"msg": "done"}, {"eos": "true"}),
                {"choices": [{"delta": {}, "finish_reason": True}]},
                {"choices": [{"delta": {}, "finish_reason": {"type": "stop"}}]},
            ],
        ),
        C("[DONE]"),
        C("<|im_end|>"),
    ],
)
async def test_an_answer_ends_with_other_marks(endpoint: FakeEndpoint, end: bytes) -> None:
    assert await ask(endpoint, talk(C("Hi there") + C(" you") + end)) == ("", "Hi there you")


@pytest.mark.parametrize("end", [b"data: [END]\n\n", event({"status": "done"})])
async def test_a_mark_of_an_end_before_an_answer_ends_none(
    endpoint: FakeEndpoint, end: bytes
) -> None:
    error, _ = await fail(endpoint, talk(end), retries=0)
    assert error.code == "empty_answer"
    assert await ask(endpoint, talk(end + C("Hi") + END)) == ("", "Hi")


@pytest.mark.parametrize(
    "stream",
    [
        named("message_start", message={"usage": {"input_tokens": 12, "output_tokens": 1}})
        + block("text_delta", text="Hi")
        + named("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 3}),
        cohere("content-delta", text="Hi")
        + named(
            "message-end",
            delta={
                "finish_reason": "COMPLETE",
                "usage": {"tokens": {"input_tokens": 12, "output_tokens": 3}},
            },
        ),
        converse(text="Hi")
        + event({"messageStop": {"stopReason": "end_turn"}})
        + event({"metadata": {"usage": {"inputTokens": 12, "outputTokens": 3}}}),
    ],
)
async def test_what_other_apis_count_is_told(endpoint: FakeEndpoint, stream: bytes) -> None:
    endpoint.script(talk(stream))
    async with assistant(endpoint) as model:
        outputs = await outputs_of(model)
    usage = [output for output in outputs if isinstance(output, Usage)][-1]
    assert (usage.prompt_tokens, usage.answer_tokens) == (12, 3)


async def test_a_prompt_that_gemini_blocks_is_told_as_filtered(endpoint: FakeEndpoint) -> None:
    blocked = event({"promptFeedback": {"blockReason": "OTHER"}, "usageMetadata": {}})
    endpoint.script(talk(C("Hi") + blocked))
    async with assistant(endpoint) as model:
        outputs = await outputs_of(model)
    assert any("filter" in each.message for each in outputs if isinstance(each, Step))


@pytest.mark.parametrize("body", [{"result": "Hi!"}, {"reply": "Hi!"}, {"text": "Hi!"}])
async def test_an_object_that_stands_alone_is_a_whole_answer(
    endpoint: FakeEndpoint, body: object
) -> None:
    for whole in (orjson.dumps(body), orjson.dumps(body, option=orjson.OPT_INDENT_2)):
        assert await ask(endpoint, refuse(200, whole)) == ("", "Hi!")
    error, _ = await fail(endpoint, refuse(200, {"response": "Hi", "done": False}), retries=0)
    assert error.code == "answer_cut_off"
