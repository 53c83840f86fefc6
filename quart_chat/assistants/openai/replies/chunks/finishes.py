"""Why an answer ends: one word for what each server calls by another."""

from __future__ import annotations

from typing import Any

TOOL = "tool_calls"
"""An answer that ends so waits for what a tool says."""
_FIELDS = (
    *("finish_reason", "finishReason", "stop_reason", "done_reason", "stopReason"),
    *("completionReason", "incomplete_details", "finish_details"),
)
_FLAGS = frozenset(
    (
        *("done", "stop", "end", "finish", "finished", "complete", "completed", "final", "last"),
        *("eos", "eof", "stopped", "is_end", "isEnd", "is_finished", "isFinished", "is_final"),
        *("isFinal", "is_done", "isDone", "is_last", "isLast"),
    )
)
_TRUE = (True, "true", "True", "1")
_GOES_ON = frozenset({"", "null", "none", "not_finished", "finish_reason_unspecified"})
# Why an answer ends, as Gemini, Anthropic, Mistral, Cohere, DeepSeek, Bedrock, Zhipu and vLLM say.
_SAME_FINISH = {
    **dict.fromkeys(
        (
            *("max_tokens", "max_output_tokens", "max_new_tokens", "model_length", "token_limit"),
            *("length_limit", "error_limit", "model_context_window_exceeded"),
            *("maximum_tokens", "max_length", "max_tokens_reached"),
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


def goes_on(choice: dict[str, Any]) -> bool:
    """Whether a choice says that more of it follows."""
    pieces = any(choice.get(name) for name in ("delta", "token"))
    return pieces or any(choice[name] is False for name in _FLAGS & choice.keys())


def find_finish(choice: dict[str, Any]) -> str | None:
    """The reason that a choice names, in the words of the OpenAI API; None where it goes on."""
    for place in (choice, choice.get("delta"), choice.get("details")):
        if not isinstance(place, dict):
            continue
        for name in _FIELDS:
            value = place.get(name)
            if isinstance(value, dict):
                value = value.get("reason", value.get("type"))
            elif value is True:
                return "stop"
            if isinstance(value, str) and value.strip().lower() not in _GOES_ON:
                # Such as FinishReason.STOP
                said = value.strip().lower().rpartition(".")[2]
                return "error" if said.startswith("error:") else _SAME_FINISH.get(said, said)
    if isinstance(feedback := choice.get("promptFeedback"), dict) and feedback.get("blockReason"):
        return "content_filter"
    return "stop" if any(choice[name] in _TRUE for name in _FLAGS & choice.keys()) else None
