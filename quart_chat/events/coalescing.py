"""Events that wait together for a reader may be merged, and some may not wait at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from quart_chat.events.event import Event, make_event


class Coalescer(Protocol):
    """Says what a manager's events mean to their readers."""

    def check(self, event_type: str, data: Mapping[str, Any]) -> None:
        """Refuse an event that could not be merged.

        Raises:
            ValueError: Why not; the emitter hears of it, not the readers.
        """
        ...

    def is_urgent(self, event: Event) -> bool:
        """Whether an event is sent at once, however busy its context is."""
        ...

    def merge(self, events: Iterable[Event]) -> list[tuple[Event, bytes]]:
        """Pair events with the bodies to send; a merged pair has the last of its events."""
        ...


class NoCoalescing:
    """Sends each event by itself; only those that end something are urgent."""

    def check(self, event_type: str, data: Mapping[str, Any]) -> None:
        """Any event will do."""

    def is_urgent(self, event: Event) -> bool:
        return event.terminal

    def merge(self, events: Iterable[Event]) -> list[tuple[Event, bytes]]:
        return [(event, event.body) for event in events]


class DeltaCoalescer:
    """Merges the pieces of texts that grow.

    A piece says which text it belongs to, where in it it begins, and what it adds. Pieces join
    when they follow each other, belong to one text and the second begins where the first ends.
    The first piece of a text is urgent.

    Args:
        event_type: The type of the events that are pieces.
        text_id: The key of their data that names the text.
        offset: The key of the place where the piece begins, in characters.
        text: The key of what it adds.
    """

    def __init__(
        self, event_type: str = "delta", *, text_id: str = "id", offset: str = "offset",
        text: str = "text",
    ) -> None:  # fmt: skip
        self._type = event_type
        self._id = text_id
        self._offset = offset
        self._text = text

    def check(self, event_type: str, data: Mapping[str, Any]) -> None:
        if event_type == self._type and not (
            self._id in data
            and isinstance(data.get(self._offset), int)
            and isinstance(data.get(self._text), str)
        ):
            raise ValueError(
                f"a {self._type} needs {self._id}, a whole number as {self._offset}, "
                f"and a string as {self._text}"
            )

    def is_urgent(self, event: Event) -> bool:
        return event.terminal or (event.type == self._type and event.data[self._offset] == 0)

    def merge(self, events: Iterable[Event]) -> list[tuple[Event, bytes]]:
        merged: list[tuple[Event, bytes]] = []
        run: list[Event] = []
        for event in events:
            if run and not self._joins(run[-1], event):
                merged.append(self._merge_run(run))
                run = []
            if event.type == self._type:
                run.append(event)
            else:
                merged.append((event, event.body))
        if run:
            merged.append(self._merge_run(run))
        return merged

    def _joins(self, first: Event, second: Event) -> bool:
        if second.type != self._type or first.category != second.category:
            return False
        a, b = first.data, second.data
        end = a[self._offset] + len(a[self._text])
        return bool(a[self._id] == b[self._id] and end == b[self._offset])

    def _merge_run(self, run: Sequence[Event]) -> tuple[Event, bytes]:
        first, last = run[0], run[-1]
        if first is last:
            return first, first.body
        item = {**first.data, self._text: "".join([event.data[self._text] for event in run])}
        whole = make_event(first.context_id, self._type, item, created_at=first.created_at)
        return last, whole.body
