"""Why an answer ends: one word for what each server calls by another."""

from __future__ import annotations

from typing import Any

TOOL = "tool_calls"
"""An answer that ends so waits for what a tool says."""
_FIELDS = ("finish_reason", "finishReason", "stop_reason", "done_reason")
_FLAGS = ("done", "stop", "is_end", "is_finished", "finished", "completed")
ENDS = frozenset(
    {
        *("done", "end", "complete", "completed", "finish", "finished", "stop", "close"),
        *("message_stop", "message-end", "response.completed", "[done]"),
    }
)
"""Names of events that end an answer, in lower case."""
# Why an answer ends, as Gemini, Anthropic, Mistral, Cohere, DeepSeek, Bedrock, Zhipu and vLLM say.
_SAME_FINISH = {
    **dict.fromkeys(
        (
            *("max_tokens", "max_output_tokens", "max_new_tokens", "model_length", "token_limit"),
            *("length_limit", "error_limit", "model_context_window_exceeded"),
        ),
        "length",
    ),
    **dict.fromkeys(
        (
            *("safety", "recitation", "prohibited_content", "blocklist", "spii", "refusal"),
            *("content_filtered", "guardrail_intervened", "sensitive"),
        ),
        "content_filter",
    ),
    **dict.fromkeys(
        (
            *("insufficient_system_resource", "network_error", "engine_overloaded", "timeout"),
            *("abort", "aborted", "cancelled"),
        ),
        "error",
    ),
    **dict.fromkeys(("tool_calls", "function_call", "tool_use", "tool_call"), TOOL),
}


def find_finish(choice: dict[str, Any]) -> str | None:
    """The reason that a choice names, in the words of the OpenAI API; None where it goes on."""
    for place in (choice, choice.get("delta"), choice.get("details")):
        if not isinstance(place, dict):
            continue
        for name in _FIELDS:
            value = place.get(name)
            if isinstance(value, str) and value.strip().lower() not in ("", "null", "none"):
                # Such as FinishReason.STOP
                said = value.strip().lower().rpartition(".")[2]
                return _SAME_FINISH.get(said, said)
    ended = any(choice.get(name) is True for name in _FLAGS)
    return "stop" if ended or str(choice.get("type")).lower() in ENDS else None
