"""Answers in the shapes that servers give them: what can be understood counts, and nothing else.

``C(x)`` is a chunk with the text x and no other field, ``END`` the usual end of a stream.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quart_chat.assistants.openai.failures.error_mapper import ErrorMapper
from quart_chat.assistants.openai.failures.errors import ModelError
from quart_chat.assistants.openai.replies import frames
from quart_chat.assistants.openai.replies.reply import Reply
from quart_chat.assistants.protocol import Output, Rewrite, Step, Text, Usage
from tests.assistants.openai.endpoint import (
    DONE,
    Exchange,
    FakeEndpoint,
    Script,
    delta,
    event,
    fake_endpoint,
    refuse,
    say,
    talk,
)
from tests.assistants.openai.test_assistant import assistant, outputs_of, text
from tests.examples import examples


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


def C(text: str) -> bytes:  # noqa: N802 - as in the list above
    return event({"choices": [{"delta": {"content": text}}]})


def part(content: object) -> bytes:
    return event({"choices": [{"delta": {"content": content}}]})


def data(raw: bytes) -> bytes:
    return b"data: " + raw + b"\n\n"


END = delta("stop") + DONE


def answer(outputs: list[Output]) -> tuple[str, str]:
    """What was thought, and what stands as the answer in the end."""
    thoughts = [
        output.message
        for output in outputs
        if isinstance(output, Step) and (output.key, output.status) == ("reasoning", "completed")
    ]
    said = ""
    for output in outputs:
        if isinstance(output, Rewrite):
            said = output.text
        elif isinstance(output, Text):
            said += output.text
    return "\n".join(thoughts), said


async def ask(endpoint: FakeEndpoint, script: Script) -> tuple[str, str]:
    endpoint.script(script)
    async with assistant(endpoint, retries=0) as model, asyncio.timeout(30):
        return answer(await outputs_of(model))


WHOLE = {"choices": [{"message": {"role": "assistant", "content": "Hi!"}, "finish_reason": "stop"}]}
PRETTY = orjson.dumps(WHOLE, option=orjson.OPT_INDENT_2)
IN_LINES = b"".join(b"data: " + line + b"\n" for line in PRETTY.splitlines()) + b"\n"
NDJSON = (
    b'{"model":"m","message":{"role":"assistant","content":"Hi"},"done":false}\n'
    b'{"message":{"content":"!"},"done":false}\n'
    b'{"message":{"content":""},"done":true,"done_reason":"stop","eval_count":2}\n'
)


@pytest.mark.parametrize(
    "stream",
    [
        # Chunks that can't be read
        C("Hi") + b"data:\n\n" + b": ping\n\n" + C("!") + END,
        C("Hi") + data(b"{") + C("!") + END,
        C("Hi") + data(b"[1, 2") + data(b"not json") + C("!") + END,
        C("Hi") + data(b"null") + data(b"7") + data(b'"text"') + data(b"[]") + C("!") + END,
        C("Hi") + data(b'{"choices":[{"delta":{"content":"lost') + C("!") + END,
        C("Hi") + event({"choices": None, "usage": {"prompt_tokens": "12"}}) + C("!") + END,
        C("Hi") + event({"choices": [None], "usage": [], "id": 7}) + C("!") + END,
        C("Hi") + event({"choices": {}, "usage": {"completion_tokens": [1]}}) + C("!") + END,
        C("Hi") + event({"choices": [{"delta": None, "index": "x"}], "error": None}) + C("!") + END,
        C("Hi") + event({"choices": [{"delta": {"role": 7, "content": None}}]}) + C("!") + END,
        C("Hi") + part(True) + part({}) + part([None, []]) + C("!") + END,
        C("Hi") + C("!") + b"data: [DONE] \n\n",
        C("Hi") + C("!") + b"data:[DONE]\n\n",
        # Frames without a line end between them, and JSON with something behind it
        C("Hi")[:-2] + C("!") + END,
        C("Hi")[:-2] + C("!")[:-2] + DONE,
        C("Hi")[:-2] + C("!")[:-2] + b"[DONE]\n\n",
        C("Hi")[:-2] + b"data: {]\n\n" + C("!") + END,
        C("Hi")[:-2] + b"garbage\n\n" + C("!")[:-2] + b'{"choi\n\n' + END,
        # Frames as they are not usually written
        C("Hi").replace(b"data: ", b"data:") + C("!").replace(b"\n", b"\r\n") + END,
        (C("Hi") + C("!") + END).replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + C("Hi") + C("!") + END,
        C("Hi").replace(b"\n\n", b"\n") + C("!").replace(b"\n\n", b"\n") + b"data: [DONE]\n",
        b"event: message\nid: 7\nretry: 100\n" + C("Hi") + b"event: delta\n" + C("!") + END,
        b'data: {"choices":\ndata: [{"delta": {"content": "Hi!"}}]}\n\n' + END,
        C("Hi") + C("!") + b'data: {"choices":[{"finish_reason":"stop"}]}',
        b"".join(b"data: " + line + b"\n\n" for line in (C("Hi")[6:-2], C("!")[6:-2])) + END,
        # A whole answer in place of a stream
        event(WHOLE) + DONE,
        event(WHOLE),
        b"data: " + PRETTY + b"\n\n" + DONE,
        IN_LINES + DONE,
        C("Hi") + C("!") + event(WHOLE) + DONE,
        orjson.dumps(WHOLE),
        PRETTY,
        orjson.dumps([WHOLE]),
        orjson.dumps(orjson.dumps(WHOLE).decode()),
        orjson.dumps([{"generated_text": "Hi!"}]),
        event({"token": {"text": "Hi"}, "generated_text": None})
        + event(
            {"token": {"text": "!"}, "generated_text": "Hi!", "details": {"finish_reason": "eos"}}
        ),
        orjson.dumps({"code": 0, "message": "success", "data": WHOLE}),
        event({"output": {"text": "Hi!", "finish_reason": "stop"}, "request_id": "1"}),
        # Objects without data:
        NDJSON,
        b'{"response":"Hi","done":false}\n{"response":"!","done":true}\n',
        # Other places for the text
        event({"choices": [{"text": "Hi"}]}) + event({"choices": [{"text": "!"}]}) + END,
        event({"choices": [{"message": {"content": "Hi"}}]})
        + event({"choices": [{"message": {"content": "!"}}]})
        + END,
        event({"choices": [{"delta": "Hi"}]}) + event({"choices": [{"delta": ["!"]}]}) + END,
        event({"choices": [{"delta": {"refusal": "Hi!", "content": None}}]}) + END,
        part([{"type": "text", "text": "Hi"}, {"type": "text", "text": {"value": "!"}}]) + END,
        part([{"type": "output_text", "text": "Hi"}, "!"]) + END,
        part({"type": "text", "text": "Hi"}) + part({"parts": [{"text": "!"}]}) + END,
        part([{"type": "image_url", "image_url": {"url": "x"}}, {"text": "Hi!"}]) + END,
        event({"choices": [None, {"delta": {"content": "Hi!"}}]}) + END,
        event({"choices": {"delta": {"content": "Hi!"}}}) + END,
        # All of the answer so far, beside its pieces
        b"".join(
            event({"choices": [{"delta": {"content": d}, "message": {"content": w}, **f}]})
            for d, w, f in (
                *(("Hi", "Hi", {}), ("!", "Hi!", {})),
                ("", "Hi!", {"finish_reason": "stop"}),
            )
        ),
        # Several objects in a row, and a sequence of them (RFC 7464)
        C("Hi")[6:-2] + C("!")[6:-2] + orjson.dumps({"choices": [{"finish_reason": "stop"}]}),
        b"".join(b"\x1e" + each[6:-1] for each in (C("Hi"), C("!"))) + END,
        C("Hi!").replace(b"data", b"Data") + END.replace(b"DONE", b"done"),
        # Ends that are said elsewhere or otherwise
        C("Hi!") + event({"choices": [{"delta": {"finish_reason": "stop"}}]}),
        event({"content": "Hi!", "stop": False}) + event({"content": "", "stop": True}),
        event({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi!"}})
        + event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}),
        event({"type": "content-delta", "delta": {"message": {"content": {"text": "Hi!"}}}})
        + event({"type": "message-end", "delta": {"finish_reason": "COMPLETE"}}),
        event({"candidates": [{"content": {"parts": [{"text": "Hi!"}]}, "finishReason": "STOP"}]}),
        C("Hi!") + event({"choices": [{"finish_reason": "FinishReason.STOP"}]}),
    ],
)
async def test_what_can_be_read_is_the_answer(endpoint: FakeEndpoint, stream: bytes) -> None:
    assert await ask(endpoint, talk(stream)) == ("", "Hi!")


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (data(b'{"choices":[{"delta":{"content":"\\ud83d"}}]}') + data(
            b'{"choices":[{"delta":{"content":"\\ude00!"}}]}') + END, "😀!"),
        (data(b'{"choices":[{"delta":{"content":"a\\ud83d"}}]}') + C("") + data(
            b'{"choices":[{"delta":{"content":"\\ude00"}}]}') + END, "a😀"),
        (data(b'{"choices":[{"delta":{"content":"\\ud83d"}}]}') + C("x") + END, "\ufffdx"),
        (C("x") + data(b'{"choices":[{"delta":{"content":"\\ud83d"}}]}') + END, "x\ufffd"),
        (data(b'{"choices":[{"delta":{"content":"\\ude00x"}}]}') + END, "\ufffdx"),
        (data(b'{"choices":[{"delta":{"content":"a\xffb"}}]}') + END, "a\ufffdb"),
        (data(b'{"choices":[{"delta":{"content":"\xe2\x82"}}]}') + C("x") + END, "\ufffdx"),
        (data(b'{"choices":[{"delta":{"content":"a\tb\x01"}}]}') + END, "a\tb\x01"),
        (part(42) + C("!") + END, "42!"),
    ],
)  # fmt: skip
async def test_one_bad_character_costs_one(
    endpoint: FakeEndpoint, stream: bytes, expected: str
) -> None:
    assert await ask(endpoint, talk(stream)) == ("", expected)


THINKING = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]


@pytest.mark.parametrize(
    "stream",
    [
        part(THINKING) + part([{"type": "text", "text": "Hi"}]) + END,
        part([*THINKING, {"type": "text", "text": "Hi"}]) + END,
        part([{"type": "reasoning", "summary": [{"text": "Hm"}]}, {"text": "Hi"}]) + END,
        part({"parts": [{"text": "Hm", "thought": True}, {"text": "Hi"}]}) + END,
        part([{"type": "thinking", "text": "Hm"}, {"type": "text", "text": "Hi"}]) + END,
        part([{"type": "thinking", "thinking": "Hm", "signature": "x"}]) + part("Hi") + END,
        delta(reasoning_content="Hm") + C("Hi") + END,
        delta(reasoning="<think>\nHm") + delta(reasoning="</think>\n") + C("Hi") + END,
        delta(reasoning=["Hm"]) + C("Hi") + END,
        delta(thinking={"text": "Hm"}) + C("Hi") + END,
        delta(reasoning="Hm", reasoning_content="Hm", content="Hi") + END,
        delta(reasoning_details=[{"type": "reasoning.text", "text": "Hm"}]) + C("Hi") + END,
        event({"choices": [{"message": {"content": "Hi", "reasoning_content": "Hm"}}]}),
        b'{"message":{"thinking":"Hm"}}\n{"message":{"content":"Hi"},"done":true}\n',
        b'{"thinking":"Hm","response":""}\n{"response":"Hi","done":true}\n',
        C("<thinking>Hm") + C("</thinking>\n") + C("Hi") + END,
        C("[TH") + C("INK]Hm[/THINK]Hi") + END,
        # Marked at its end alone
        C("Hm") + C("</think>\n\nHi") + END,
        C("H") + C("m") + C("</thi") + C("nk>") + C("\n") + C("Hi") + END,
        C("Hm</thinking>Hi") + END,
        C("Hm\n[/THINK]\n") + C("Hi") + END,
        event({"choices": [{"message": {"content": "Hm</think>Hi"}, "finish_reason": "stop"}]}),
        delta(reasoning="Hm") + C("</think>\n\nHi") + END,
        delta(thinking_blocks=[{"type": "thinking", "thinking": "Hm"}]) + C("Hi") + END,
        event({"delta": {"type": "thinking_delta", "thinking": "Hm"}}) + C("Hi") + END,
        C("<|begin_of_thought|>Hm<|end_of_thought|>Hi") + END,
        C("<|channel>thought\nHm<channel|>Hi") + END,
        C("<|start|>assistant<|channel|>analysis<|message|>Hm<|end|>")
        + C("<|start|>assistant<|channel|>final<|message|>Hi")
        + END,
    ],
)
async def test_what_is_thought_is_no_answer(endpoint: FakeEndpoint, stream: bytes) -> None:
    async def tell(exchange: Exchange) -> None:
        exchange.begin()
        for frame in stream.split(b"\n\n"):
            await exchange.send(frame + b"\n\n")
            await asyncio.sleep(0)
        await exchange.finish()

    assert await ask(endpoint, talk(stream)) == ("Hm", "Hi")
    assert await ask(endpoint, tell) == ("Hm", "Hi")


async def test_text_about_a_mark_stays_text(endpoint: FakeEndpoint) -> None:
    said = "Close it with `</think>`:\n\n```\n<think>\n</think>\n```\n\nThe </think> mark ends it."
    stream = b"".join(C(said[at : at + 3]) for at in range(0, len(said), 3))
    assert await ask(endpoint, talk(stream + END)) == ("", said)


@pytest.mark.parametrize(
    "script",
    [
        refuse(200, WHOLE, **{"Content-Type": "application/json"}),
        refuse(200, PRETTY, **{"Content-Type": "application/json; charset=utf-8"}),
        refuse(200, C("Hi!") + END, **{"Content-Type": "text/plain"}),
        refuse(200, gzip.compress(C("Hi!") + END), **{"Content-Encoding": "gzip"}),
        refuse(200, gzip.compress(orjson.dumps(WHOLE)), **{"Content-Encoding": "gzip"}),
        refuse(201, C("Hi!") + END),
    ],
)
async def test_what_a_response_says_of_itself_is_no_matter(
    endpoint: FakeEndpoint, script: Script
) -> None:
    assert await ask(endpoint, script) == ("", "Hi!")


@pytest.mark.parametrize(
    ("counted", "expected"),
    [
        ({"prompt_tokens": "12", "completion_tokens": "3"}, (12, 3)),
        ({"prompt_tokens": 12.0, "completion_tokens": 3.0}, (12, 3)),
        ({"input_tokens": 12, "output_tokens": 3}, (12, 3)),
        ([{"prompt_tokens": 12, "completion_tokens": 3}], (12, 3)),
        ({"prompt_tokens": None, "completion_tokens": True}, (None, None)),
        ({"prompt_tokens": "many", "completion_tokens": -1}, (None, None)),
        ("12", (None, None)),
    ],
)
async def test_counts_are_read_in_odd_shapes(
    endpoint: FakeEndpoint, counted: object, expected: tuple[int | None, int | None]
) -> None:
    endpoint.script(talk(C("Hi"), delta("stop"), event({"choices": [], "usage": counted}), DONE))
    async with assistant(endpoint) as model:
        outputs = await outputs_of(model)
    usage = [output for output in outputs if isinstance(output, Usage)][-1]
    assert (usage.prompt_tokens if expected[0] else None, usage.answer_tokens) == expected


@pytest.mark.parametrize(
    "chunk",
    [
        {"choices": [{"delta": {}, "usage": {"prompt_tokens": 12, "completion_tokens": 3}}]},
        {"choices": [], "x_groq": {"usage": {"prompt_tokens": 12, "completion_tokens": 3}}},
        {"usageMetadata": {"promptTokenCount": 12, "candidatesTokenCount": 3}},
        {"content": "", "tokens_evaluated": 12, "tokens_predicted": 3},
        {"usage": {"inputTokens": 12, "outputTokens": 3}},
    ],
)
async def test_counts_are_found_where_servers_put_them(
    endpoint: FakeEndpoint, chunk: object
) -> None:
    endpoint.script(talk(C("Hi"), event(chunk), END))
    async with assistant(endpoint) as model:
        outputs = await outputs_of(model)
    usage = [output for output in outputs if isinstance(output, Usage)][-1]
    assert (usage.prompt_tokens, usage.answer_tokens) == (12, 3)


@pytest.mark.parametrize(
    ("finish", "says"),
    [
        *((each, "token limit") for each in ("MAX_TOKENS", "model_length", "ERROR_LIMIT")),
        *((each, "content filter") for each in ("RECITATION", "guardrail_intervened", "refusal")),
        *((each, "") for each in ("end_turn", "eos_token", "COMPLETE", "stop_sequence")),
    ],
)
@pytest.mark.parametrize("beside", [{}, {"content": "!"}])
async def test_why_an_answer_ends_is_said_in_the_words_of_many(
    endpoint: FakeEndpoint, finish: str, says: str, beside: dict[str, str]
) -> None:
    endpoint.script(talk(C("Hi"), delta(finish, **beside), DONE))
    async with assistant(endpoint) as model:
        outputs = await outputs_of(model)
    warned = [each.message for each in outputs if isinstance(each, Step) and each.type == "warning"]
    assert [says in warning for warning in warned] == ([True] if says else [])


def test_an_empty_reason_ends_no_answer() -> None:
    reply = Reply(ErrorMapper("host", ""))
    reply.ask("tiny")
    list(reply.feed(delta("", content="Hi")))
    assert not reply.whole


@pytest.mark.parametrize("finish", ["insufficient_system_resource", "network_error", "abort"])
async def test_an_answer_that_was_given_up_is_an_error(endpoint: FakeEndpoint, finish: str) -> None:
    endpoint.script(talk(C("Hi"), delta(finish), DONE))
    async with assistant(endpoint, retries=0) as model:
        with pytest.raises(ModelError, match="stopped with an error"):
            await outputs_of(model)


async def test_what_was_skipped_is_counted_in_one_line_without_a_word_of_it(
    endpoint: FakeEndpoint, caplog: pytest.LogCaptureFixture
) -> None:
    bad = data(b'{"secret') + data(b"secret") + data(b"[secret")
    with caplog.at_level(logging.WARNING):
        assert await ask(endpoint, talk(C("Hi") + bad + C("!") + END)) == ("", "Hi!")
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("3 chunks of an answer of 127.0.0.1:")
    assert "secret" not in line


@given(st.data())
@settings(max_examples=examples(200))
def test_no_way_to_cut_a_stream_changes_its_answer(data_: st.DataObject) -> None:
    stream = (
        b"\xef\xbb\xbf: hello\r\n\r\n"
        + C("Grüße ")
        + data(b"{") * 2
        + C("🙂").replace(b"\n", b"\r\n")
        + IN_LINES.replace(b"Hi!", b"whole")
        + data(b'{"choices":[{"delta":{"content":"\\ud83d"}}]}')
        + data(b'{"choices":[{"delta":{"content":"\\ude00"}}]}').replace(b"\n", b"\r")
        + b"garbage\n\n"
        + END
    )
    cuts = sorted(data_.draw(st.sets(st.integers(0, len(stream)), max_size=20)))
    reply = Reply(ErrorMapper("host", ""))
    reply.ask("tiny")
    outputs: list[Output] = []
    for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        outputs += reply.feed(stream[start:stop])
    outputs += reply.finish()
    assert text(outputs) == "Grüße 🙂whole😀"


@given(
    st.lists(st.binary(max_size=40) | st.sampled_from([b"data: ", b"\n", b"\r", b"{", b'"', b"}"]))
)
def test_whatever_comes_is_read_or_skipped(pieces: list[bytes]) -> None:
    reply = Reply(ErrorMapper("host", ""))
    reply.ask("tiny")
    for piece in (*pieces, b"\n\n", C("Hi"), END):
        list(reply.feed(piece))
    list(reply.rest())


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "delta", "message", "content", "text", "type", "usage", "finish_reason"]
            ),
            inner,
            max_size=3,
        )
    ),
)


@given(JSON)
def test_json_of_any_shape_costs_no_other_chunk(payload: object) -> None:
    reply = Reply(ErrorMapper("host", ""))
    reply.ask("tiny")
    list(reply.feed(say("Hi")))
    list(reply.feed(event(payload)))
    after = list(reply.feed(say(" there")))
    assert reply.failure is not None or reply.over or text(after).endswith(" there")


# Long lines


async def test_a_long_line_in_small_pieces_is_read(endpoint: FakeEndpoint) -> None:
    long = "word " * 200_000

    async def trickle(exchange: Exchange) -> None:
        exchange.begin()
        line = C(long) + END
        for at in range(0, len(line), 4096):
            await exchange.send(line[at : at + 4096])
        await exchange.finish()

    endpoint.script(trickle)
    async with assistant(endpoint) as model:
        outputs = await outputs_of(model)
    assert answer(outputs) == ("", long)
    assert max(len(output.text) for output in outputs if isinstance(output, Text)) < 50_000


def test_pieces_of_a_line_are_kept_as_they_came_and_joined_once() -> None:
    taken: list[bytes] = []

    def take(chunk: bytes, event: str) -> bool:
        taken.append(chunk)
        return True

    reader = frames.Frames(take)
    pieces = [b"data: ", *(b"%d," % n for n in range(1000))]
    for piece in pieces:
        reader.feed(piece)
    assert all(kept is piece for kept, piece in zip(reader._line, pieces, strict=True))
    reader.feed(b"end\n")
    assert taken == [b"".join(pieces)[6:] + b"end"]


@pytest.mark.parametrize("chunk", [b"data: x\n" * 5000 + b"\n", b"data: " + b"{}data:{" * 5000])
def test_of_many_parts_that_can_not_be_read_only_some_are_tried(chunk: bytes) -> None:
    tried = 0

    def refuse_all(chunk: bytes, event: str) -> bool:
        nonlocal tried
        tried += 1
        return False

    reader = frames.Frames(refuse_all)
    reader.feed(chunk + b"\n")
    assert tried < frames.MAX_FAILED + 5


@pytest.mark.parametrize(
    "choices",
    [
        b"0," * 500_000 + b'{"delta":{"content":"lost"}}',
        b'{"delta":{"content":[' + b'{"text":"a"},' * 50_000 + b"7]}}",
        b"[" * 300_000,
        b'{"delta":' + b'{"content":' * 400 + b"1" + b"}" * 401,
    ],
)
async def test_a_large_chunk_of_many_parts_costs_itself_alone(
    endpoint: FakeEndpoint, choices: bytes
) -> None:
    """To look at each part would keep all others waiting."""
    many = data(b'{"choices":[' + choices + b"]}")
    assert await ask(endpoint, talk(C("Hi") + many + C("!") + END)) == ("", "Hi!")


@pytest.mark.parametrize("line", [b"data: ", b"", b": ", b"event: "])
async def test_a_line_that_is_too_long_costs_itself_alone(
    endpoint: FakeEndpoint,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    line: bytes,
) -> None:
    monkeypatch.setattr(frames, "MAX_LINE", 10_000)
    long = line + b"x" * 50_000 + b"\n\n"

    async def trickle(exchange: Exchange) -> None:
        exchange.begin()
        stream = C("Hi") + long + C("!") + END
        for at in range(0, len(stream), 1000):
            await exchange.send(stream[at : at + 1000])
            await asyncio.sleep(0)
        await exchange.finish()

    assert await ask(endpoint, trickle) == ("", "Hi!")
    assert "1 chunks of an answer" in caplog.text
