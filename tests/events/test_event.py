from __future__ import annotations

import orjson
import pytest

from quart_chat.events.event import make_event


def test_an_event_reads_like_a_mapping() -> None:
    event = make_event("w1", "status", {"a": 1}, "chat", "Working", "read", seq=7).at("ab", 3)
    keys = ["id", "type", "data", "category", "message", "step", "contextId", "seq"]
    assert [event[key] for key in keys] == [
        "ab:3", "status", {"a": 1}, "chat", "Working", "read", "w1", 7,
    ]  # fmt: skip
    assert event["createdAt"] == event.created_at


def test_an_unknown_key_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="nothing"):
        make_event("w1", "status", {})["nothing"]


def test_an_envelope_is_sent_as_it_is() -> None:
    data = {"type": "message", "createdAt": 1.5, "item": {"id": "m1"}}
    assert orjson.loads(make_event("w1", "item", data, enveloped=True).body) == data


def test_other_data_is_put_into_the_same_shape() -> None:
    event = make_event("w1", "complete", {"workflowId": "w1"}, "workflow", "Done", "complete")
    assert orjson.loads(event.body) == {
        "type": "complete",
        "createdAt": event.created_at,
        "item": {"workflowId": "w1"},
        "message": "Done",
        "step": "complete",
    }


@pytest.mark.parametrize("data", [{"x": object()}, {"x": "\ud800"}])
def test_data_without_a_json_form_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        make_event("w1", "status", data)


@pytest.mark.parametrize(
    ("event_type", "terminal"),
    [("complete", True), ("stopped", True), ("error", True), ("status", False)],
)
def test_three_types_are_terminal(event_type: str, terminal: bool) -> None:
    assert make_event("w1", event_type, {}).terminal is terminal


def test_an_event_may_be_of_another_time_than_now() -> None:
    event = make_event("w1", "complete", {}, created_at=7.5)
    assert event.created_at == orjson.loads(event.body)["createdAt"] == 7.5
