"""ChatGPT's export, ``conversations.json``: a list of conversations, each a tree of messages.

A conversation's ``mapping`` holds its nodes by id; a node has a ``parent``, ``children`` and a
``message``, which may be null. A message has ``author.role`` and ``content``, of which
``content_type`` says what is in it. What only moves a tool, or what the person was not shown, is
passed over. ``current_node`` ends the branch that was shown.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from quart_chat.chat.transfer.file import (
    MAX_ROUNDS,
    MAX_TEXT,
    ChatFile,
    FileChat,
    FileMessage,
    FileRound,
)
from quart_chat.plaintext import fenced
from quart_chat.texts import _

ASSISTANT = "chatgpt"

MAX_NODES = 50_000
"""Messages of a conversation that are looked at, hidden ones included."""

MAX_ALL = 20 * MAX_TEXT
"""Characters in all rounds: branches that fork late repeat what they have in common."""


class NotReadable(Exception):
    """A conversation that is none; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class _Said:
    role: str
    text: str
    at: float


# The last of them and those before it: branches share what they have in common.
_Answers = tuple[_Said, "_Answers"] | None


@dataclass(frozen=True, slots=True)
class _Path:
    """What has been said on the way to a node, since the last round that is complete.

    Attributes:
        parent: The number of that round.
        last: The id of the last node with something to show.
    """

    parent: int | None = None
    prompt: _Said | None = None
    answers: _Answers = None
    last: str | None = None

    @property
    def empty(self) -> bool:
        return self.prompt is None and self.answers is None


def is_conversation(raw: Any) -> bool:
    return isinstance(raw, dict) and isinstance(raw.get("mapping"), dict)


def read_conversation(raw: dict[str, Any]) -> ChatFile:
    """Read one conversation, with all its branches.

    Raises:
        NotReadable: There is nothing in it, or far too much.
    """
    created = _time(raw.get("create_time"), time.time())
    tree = _Tree(raw["mapping"], created)
    tree.walk()
    if not tree.rounds:
        raise NotReadable(_("There is no message in it."))
    current = raw.get("current_node")
    title = raw.get("title")
    return ChatFile(
        chat=FileChat(
            id=str(raw.get("conversation_id") or raw.get("id") or "")[:200],
            title=title[:10_000] if isinstance(title, str) else "",
            created_at=created,
            updated_at=_time(raw.get("update_time"), created),
            head_round=tree.leaf(current if isinstance(current, str) else ""),
        ),
        rounds=tree.rounds,
    )


class _Tree:
    """The nodes of a conversation, and the rounds that they are gathered to.

    Attributes:
        leaves: The round that each last node belongs to.
    """

    def __init__(self, mapping: dict[str, Any], created: float) -> None:
        if len(mapping) > MAX_NODES:
            raise NotReadable(_("It has too many messages."))
        self.rounds: list[FileRound] = []
        self.leaves: dict[str, int] = {}
        self._mapping = mapping
        self._children = _children(mapping)
        self._created = created
        self._ended: dict[str | None, int] = {}
        self._left = MAX_ALL

    def walk(self) -> None:
        """Go through all branches; each node is seen once, whatever its children say."""
        seen: set[str] = set()
        waiting = [(id_, _Path()) for id_ in reversed(self._starts())]
        while waiting:
            id_, path = waiting.pop()
            if id_ in seen:
                continue
            seen.add(id_)
            path = self._extend(id_, path)
            children = [child for child in self._children[id_] if child not in seen]
            if not children and not path.empty:
                self.leaves[id_] = self._end(path)
            elif not children and path.parent is not None:
                self.leaves[id_] = path.parent
            waiting += [(child, path) for child in reversed(children)]

    def leaf(self, node: str) -> int:
        """The last round of the branch that ends with a node, or of all where it ends none."""
        number = self.leaves.get(node, self.rounds[-1].number)
        # After what was not shown of a branch there is nothing; after its round there may be.
        newest = {round_.parent: round_.number for round_ in self.rounds}
        while number in newest:
            number = newest[number]
        return number

    def _starts(self) -> list[str]:
        """All nodes, the likeliest to begin a branch first: in a ring every node has a parent.

        Those that another start has led to by the time it is their turn begin nothing.
        """
        listed = {child for children in self._children.values() for child in children}

        def rank(id_: str) -> int:
            return (id_ in listed) + (_parent(self._mapping, id_) is not None)

        return sorted(self._mapping, key=rank)

    def _extend(self, id_: str, path: _Path) -> _Path:
        node = self._mapping[id_]
        message = node.get("message") if isinstance(node, dict) else None
        said = _said(message, self._created)
        if said is None:
            return path
        if said.role == "assistant":
            return replace(path, answers=(said, path.answers), last=id_)
        parent = path.parent if path.empty else self._end(path)
        return _Path(parent, said, None, id_)

    def _end(self, path: _Path) -> int:
        """The number of the round that a path ends with; two that fork after it share it."""
        if path.last in self._ended:
            return self._ended[path.last]
        if len(self.rounds) >= MAX_ROUNDS:
            raise NotReadable(_("It has too many messages."))
        number = len(self.rounds) + 1
        answers = _in_order(path.answers)
        begun = path.prompt or answers[0]
        messages = [_message("user", path.prompt.text if path.prompt else "", begun.at)]
        if answers:
            text = "\n\n".join(said.text for said in answers)[:MAX_TEXT]
            messages.append(_message("assistant", text, answers[-1].at))
        self._left -= sum(len(message.content) for message in messages)
        if self._left < 0:
            raise NotReadable(_("It has too many messages."))
        self.rounds.append(
            FileRound(
                number=number,
                parent=path.parent,
                status="complete" if answers else "stopped",
                assistant=ASSISTANT,
                started_at=begun.at,
                ended_at=messages[-1].created_at,
                messages=messages,
            )
        )
        self._ended[path.last] = number
        return number


def _children(mapping: dict[str, Any]) -> dict[str, list[str]]:
    """The children of each node: those that it lists, and those that call it their parent."""
    # Dictionaries keep an order, and each of their keys once.
    found: dict[str, dict[str, None]] = {}
    for id_, node in mapping.items():
        listed = node.get("children") if isinstance(node, dict) else None
        children = listed if isinstance(listed, list) else []
        found[id_] = dict.fromkeys(
            child for child in children if isinstance(child, str) and child in mapping
        )
    for id_ in mapping:
        parent = _parent(mapping, id_)
        if parent is not None:
            found[parent].setdefault(id_)
    return {id_: list(children) for id_, children in found.items()}


def _parent(mapping: dict[str, Any], id_: str) -> str | None:
    node = mapping[id_]
    parent = node.get("parent") if isinstance(node, dict) else None
    return parent if isinstance(parent, str) and parent in mapping else None


def _in_order(answers: _Answers) -> list[_Said]:
    found: list[_Said] = []
    while answers is not None:
        said, answers = answers
        found.append(said)
    return found[::-1]


def _message(role: str, text: str, at: float) -> FileMessage:
    if role == "user":
        return FileMessage(role="user", content=text, created_at=at, updated_at=at)
    return FileMessage(
        role="assistant", content=text, assistant=ASSISTANT, created_at=at, updated_at=at
    )


def _said(message: Any, created: float) -> _Said | None:
    """What a message says to people; None for what they were not shown."""
    if not isinstance(message, dict):
        return None
    author, metadata = message.get("author"), message.get("metadata")
    role = author.get("role") if isinstance(author, dict) else None
    hidden = isinstance(metadata, dict) and metadata.get("is_visually_hidden_from_conversation")
    addressed = message.get("recipient", "all")
    if role not in ("user", "assistant") or hidden or addressed not in ("all", None):
        return None
    if message.get("weight") == 0:
        return None
    text = _text(message.get("content"))[:MAX_TEXT]
    if not text.strip():
        return None
    return _Said(role, text, _time(message.get("create_time"), created))


def _text(content: Any) -> str:
    if not isinstance(content, dict):
        return ""
    kind, parts, text = content.get("content_type"), content.get("parts"), content.get("text")
    if kind in ("text", "multimodal_text") and isinstance(parts, list):
        return "\n\n".join(filter(None, map(_part, parts)))
    if kind in ("code", "execution_output") and isinstance(text, str):
        return fenced(text)
    return ""


def _part(part: Any) -> str:
    """A piece of a message; of a picture or a sound there is only that it was there."""
    if isinstance(part, str):
        return part
    kind = part.get("content_type") if isinstance(part, dict) else None
    if kind == "audio_transcription" and isinstance(part.get("text"), str):
        return str(part["text"])
    return f"[{kind.removesuffix('_asset_pointer')}]" if isinstance(kind, str) else ""


def _time(value: Any, default: float) -> float:
    valid = isinstance(value, int | float) and 0 <= value <= 1e11
    return float(value) if valid else default
