"""Parts what a model thinks from what it answers, where both come as one text.

A thought stands at the start, between two marks. Some servers put the first mark into the prompt,
so that only the second one comes: what was taken for the answer so far was a thought. Marks that
the answer is *about* stay text: in code, in quotes, or in the middle of a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import NamedTuple

from quart_chat.assistants.openai.replies.mentions import is_in_fence, is_in_span, is_quoted

_MARKS = (
    *((f"<{name}>", f"</{name}>") for name in ("think", "thinking", "thought", "reasoning")),
    ("<seed:think>", "</seed:think>"),
    ("[think]", "[/think]"),
    ("◁think▷", "◁/think▷"),
    ("<|start_thinking|>", "<|end_thinking|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|channel>thought", "<channel|>"),
    (
        "<|start|>assistant<|channel|>analysis<|message|>",
        "<|end|><|start|>assistant<|channel|>final<|message|>",
    ),
    (
        "<|channel|>analysis<|message|>",
        "<|end|><|start|>assistant<|channel|>final<|message|>",
    ),
)
"""What stands before and after a thought, in lower case."""
_HEADS = (
    *("<|im_start|>assistant", "<|start_header_id|>assistant<|end_header_id|>", "<|assistant|>"),
    *("<|start|>assistant<|channel|>final<|message|>", "<|channel|>final<|message|>"),
    "<start_of_turn>model",
)
"""What chat templates put before an answer, in lower case; some servers pass it on with it."""

ANSWER = "<answer>"
"""What some models put before an answer, behind a thought."""

_FLAGS = re.ASCII | re.IGNORECASE
_OPEN_OF = {close: opening for opening, close in _MARKS}
_CLOSE = re.compile("|".join(map(re.escape, _OPEN_OF)), _FLAGS)
_FIRST = re.compile("[" + "".join({re.escape(close[0]) for close in _OPEN_OF}) + "]")
_EDGES = re.compile(
    rf"\A\s*(?:{'|'.join(map(re.escape, _OPEN_OF.values()))})|(?:{_CLOSE.pattern})\s*\Z", _FLAGS
)
_MARKED_ANSWER = re.compile(rf"(?:{_CLOSE.pattern})\s*{ANSWER}", _FLAGS)
_LONGEST = max(len(close) for _, close in _MARKS)
_ENDS_OF_SENTENCES = tuple(".!?\u2026\u3002\uff01\uff1f")
_MENTIONS = 20
"""Marks in an answer that are looked at; one that has more of them is about marks."""


class Parts(NamedTuple):
    """What is certain of a text.

    Attributes:
        recalled: All that was answer so far is none: the thought begins with it.
    """

    thought: str = ""
    answer: str = ""
    recalled: bool = False


class Thinking:
    """Takes a text in pieces, cut anywhere."""

    def __init__(self) -> None:
        self._held = ""
        self._close = ""
        self._answer: list[str] = []
        self._mentions = 0
        self._state: Callable[[str], Parts] = self._begin

    @property
    def over(self) -> bool:
        """Whether all that follows is answer."""
        return self._state == self._pass

    def passes(self, text: str) -> bool:
        """Whether a text is answer as it is, as most are; it is taken if so."""
        if self._state == self._pass:
            return True
        if self._state != self._watch or self._held or _FIRST.search(text):
            return False
        self._answer.append(text)
        return True

    def feed(self, text: str) -> Parts:
        return self._state(text)

    def trust(self) -> None:
        """Thoughts come apart from the text: a mark in its middle belongs to it."""
        if self._state == self._watch and not self._held:
            self._state, self._answer = self._pass, []

    def finish(self) -> Parts:
        """Take what was held back for what might have followed."""
        held, self._held = self._held, ""
        if self._state == self._watch:
            return self._search(held, final=True)
        return Parts(held, "") if self._state == self._think else Parts("", held)

    def _begin(self, text: str) -> Parts:
        self._held += text
        head = self._held.lstrip()
        lowered = head[: _LONGEST + 1].lower()
        for mark in _HEADS:
            if lowered.startswith(mark):
                self._held, self._state = "", self._skip
                return self._skip(head[len(mark) :])
        for opening, close in _MARKS:
            if lowered.startswith(opening):
                self._held, self._close, self._state = "", close, self._think
                return self._think(head[len(opening) :])
            if lowered.startswith(close):
                self._held, self._state = "", self._skip
                return self._skip(head[len(close) :])
        if any(mark.startswith(lowered) for pair in (*_MARKS, _HEADS) for mark in pair):
            return Parts()
        held, self._held, self._state = self._held, "", self._watch
        return self._watch(held)

    def _think(self, text: str) -> Parts:
        text = self._held + text
        found = self._close[0] in text and re.search(re.escape(self._close), text, _FLAGS)
        if found:
            self._held, self._state = "", self._skip
            rest = self._skip(text[found.end() :])
            return Parts(text[: found.start()] + rest.thought, rest.answer)
        end = _beginning_of((self._close,), text)
        self._held = text[end:]
        return Parts(text[:end], "")

    def _skip(self, text: str) -> Parts:
        """The space before an answer is none of it; a thought, or another one, may follow.

        So may the end of the thought once more, and the beginning of an answer that is marked too.
        """
        self._held += text
        head = self._held.lstrip()
        lowered = head[:_LONGEST].lower()
        for opening, close in _MARKS:
            if lowered.startswith(opening):
                self._held, self._close, self._state = "", close, self._think
                return self._think("\n\n" + head[len(opening) :])
        for mark in (*_OPEN_OF, ANSWER):
            if lowered.startswith(mark):
                self._held = ""
                return self._skip(head[len(mark) :])
        marks = (ANSWER, *(mark for pair in _MARKS for mark in pair))
        if not head or any(mark.startswith(lowered) for mark in marks):
            self._held = head
            return Parts()
        self._held, self._state = "", self._pass
        return Parts("", head)

    def _watch(self, text: str) -> Parts:
        """Answer, unless the end of a thought comes that had no beginning."""
        return (
            Parts("", text) if self.passes(text) else self._search(self._held + text, final=False)
        )

    def _search(self, text: str, *, final: bool) -> Parts:
        """Find such an end; what follows it says whether it is one."""
        self._held = ""
        at = 0
        while (mark := _CLOSE.search(text, at)) and (final or mark.end() < len(text)):
            before = "".join(self._answer) + text[: mark.start()]
            if not _is_mentioned(mark[0].lower(), before, text[mark.end() : mark.end() + 1]):
                self._state, self._answer = self._skip, []
                rest = self._skip(text[mark.end() :])
                return Parts(before + rest.thought, rest.answer, recalled=True)
            at = mark.end()
            self._mentions += 1
            if self._mentions == _MENTIONS:
                self._state, self._answer = self._pass, []
                return Parts("", text)
        end = len(text) if final else mark.start() if mark else _beginning_of(_OPEN_OF, text, at)
        self._held = text[end:]
        self._answer.append(text[:end])
        return Parts("", text[:end])

    def _pass(self, text: str) -> Parts:
        return Parts("", text)


def is_marked_answer(text: str) -> bool:
    """Whether the answer behind a thought is marked, so that the mark of its end is no text."""
    return _MARKED_ANSWER.search(text) is not None


def bare(thought: str) -> str:
    """A thought without the marks that some servers leave around it, apart from the answer."""
    return _EDGES.sub("", thought).strip()


def _is_mentioned(close: str, before: str, after: str) -> bool:
    """Whether a mark is part of a sentence or of code, with what stands before and after it."""
    if _OPEN_OF[close] in before.lower() or is_in_fence(before):
        return True
    line = before.rpartition("\n")[2]
    ends_line = after in ("", "\n", "\r")
    if not line.strip() and ends_line:
        return False
    if is_in_span(before) or is_quoted(before, after):
        return True
    ends_sentence = line.rstrip().endswith(_ENDS_OF_SENTENCES)
    return before[-1] in " \t" and not ends_line and not ends_sentence


def _beginning_of(marks: Collection[str], text: str, at: int = 0) -> int:
    """Where a mark may begin that the text's end cuts off; else the text's end."""
    firsts = {mark[0] for mark in marks}
    for start in range(max(at, len(text) - _LONGEST + 1), len(text)):
        if text[start] in firsts:
            tail = text[start:].lower()
            if any(mark.startswith(tail) for mark in marks):
                return start
    return len(text)
