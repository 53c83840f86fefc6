"""Events of the Responses API, which some gateways send where a chat completion was asked for.

Each is brought into the shape of a chunk of a chat completion. What ends with ``.done`` repeats the
pieces before it, and so does the response as a whole at its end.
"""

from __future__ import annotations

from typing import Any

_PREFIX = "response."
_ANSWERS = ("output_text", "text", "refusal")


def to_chunk(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the chunk that an event or a whole response stands for; any other object as it is."""
    kind = payload.get("type")
    if payload.get("object") == "response" and kind is None:
        return _of_response(payload)
    if not isinstance(kind, str) or not kind.startswith(_PREFIX):
        return payload
    part, _, event = kind.removeprefix(_PREFIX).rpartition(".")
    response = payload.get("response")
    if event in ("completed", "incomplete") and not part and isinstance(response, dict):
        return _of_response(response)
    if event == "failed":
        return payload
    if event != "delta" or not part.startswith((*_ANSWERS, "reasoning")):
        return {}
    field = "reasoning" if part.startswith("reasoning") else "content"
    return {"choices": [{"delta": {field: payload.get("delta")}}]}


def _of_response(response: dict[str, Any]) -> dict[str, Any]:
    status, details = response.get("status"), response.get("incomplete_details")
    if status == "failed":
        return response
    reason = details.get("reason") if isinstance(details, dict) else None
    finish = reason or ("stop" if status == "completed" else status)
    message = {"content": response.get("output")}
    return {**response, "choices": [{"message": message, "finish_reason": finish}]}
