"""Rounds from the messages of other programs, which keep them as a tree of single messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from quart_chat.chat.transfer.file import (
    MAX_ROUNDS,
    MAX_TEXT,
    ChatFile,
    FileChat,
    FileMessage,
    FileRound,
    FileUsage,
)
from quart_chat.markdown.titles import make_title
from quart_chat.texts import _

MAX_TITLE = 1_000
"""Characters of a title, which a model may have written in Markdown."""

MAX_NODES = 50_000
"""Messages of a conversation that are looked at, hidden ones included."""

MAX_ALL = 20 * MAX_TEXT
"""Characters in all rounds: branches that fork late repeat what they have in common."""


class NotReadable(Exception):
    """A conversation that is none; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was said: by the "user" or the "assistant", of which the model may be known."""

    role: str
    text: str
    at: float
    model: str = ""


class Budget:
    """Bounds what the messages of a conversation say together.

    A document beside a chat is shown after each of its changes: small ones make a large text.
    """

    def __init__(self) -> None:
        self._left = MAX_ALL

    def spend(self, said: Said | None) -> Said | None:
        """Count a message.

        Raises:
            NotReadable: It is too much.
        """
        self._left -= len(said.text) if said else 0
        if self._left < 0:
            raise NotReadable(_("It has too many messages."))
        return said


@dataclass(frozen=True, slots=True)
class Node:
    """A message of a tree; without anything said it only leads on."""

    parent: str | None
    children: tuple[str, ...] = ()
    said: Said | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a conversation comes from, and what is known of it as a whole."""

    assistant: str
    id: str
    title: str
    created_at: float
    updated_at: float
    current: str | None = None


# The last of them and those before it: branches share what they have in common.
_Answers = tuple[Said, "_Answers"] | None


@dataclass(frozen=True, slots=True)
class _Path:
    """What has been said on the way to a node, since the last round that is complete.

    Attributes:
        parent: The number of that round.
        last: The id of the last node with something to show.
    """

    parent: int | None = None
    prompt: Said | None = None
    answers: _Answers = None
    last: str | None = None

    @property
    def empty(self) -> bool:
        return self.prompt is None and self.answers is None


def to_chat(nodes: Mapping[str, Node], origin: Origin) -> ChatFile:
    """Gather the messages of a conversation, with all its branches.

    Raises:
        NotReadable: There is nothing in it, or far too much.
    """
    tree = _Tree(nodes, origin.assistant)
    tree.walk()
    if not tree.rounds:
        raise NotReadable(_("There is no message in it."))
    return ChatFile(
        chat=FileChat(
            id=origin.id[:200],
            title=make_title(origin.title, MAX_TITLE),
            created_at=origin.created_at,
            updated_at=origin.updated_at,
            head_round=tree.leaf(origin.current or ""),
        ),
        rounds=tree.rounds,
    )


class _Tree:
    """The nodes of a conversation, and the rounds that they are gathered to.

    Attributes:
        leaves: The round that each last node belongs to.
    """

    def __init__(self, nodes: Mapping[str, Node], assistant: str) -> None:
        if len(nodes) > MAX_NODES:
            raise NotReadable(_("It has too many messages."))
        self.rounds: list[FileRound] = []
        self.leaves: dict[str, int] = {}
        self._assistant = assistant
        self._nodes = nodes
        self._children = _children(nodes)
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
            return (id_ in listed) + (_parent(self._nodes, id_) is not None)

        return sorted(self._nodes, key=rank)

    def _extend(self, id_: str, path: _Path) -> _Path:
        said = self._nodes[id_].said
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
        messages = [_prompt(path.prompt.text if path.prompt else "", begun.at)]
        if answers:
            messages.append(self._answer(answers))
        self._left -= sum(len(message.content) for message in messages)
        if self._left < 0:
            raise NotReadable(_("It has too many messages."))
        self.rounds.append(
            FileRound(
                number=number,
                parent=path.parent,
                status="complete" if answers else "stopped",
                assistant=self._assistant,
                model=_model(answers),
                started_at=begun.at,
                ended_at=messages[-1].created_at,
                messages=messages,
            )
        )
        self._ended[path.last] = number
        return number

    def _answer(self, answers: list[Said]) -> FileMessage:
        model = _model(answers)
        return FileMessage(
            role="assistant",
            content="\n\n".join(said.text for said in answers)[:MAX_TEXT],
            assistant=self._assistant,
            created_at=answers[-1].at,
            updated_at=answers[-1].at,
            usage=FileUsage(model) if model else None,
        )


def _prompt(text: str, at: float) -> FileMessage:
    return FileMessage(role="user", content=text, created_at=at, updated_at=at)


def _model(answers: list[Said]) -> str | None:
    """Which model said the last of an answer."""
    return next((said.model[:200] for said in reversed(answers) if said.model), None)


def _children(nodes: Mapping[str, Node]) -> dict[str, list[str]]:
    """The children of each node: those that it lists, and those that call it their parent."""
    # Dictionaries keep an order, and each of their keys once.
    found = {
        id_: dict.fromkeys(child for child in node.children if child in nodes)
        for id_, node in nodes.items()
    }
    for id_ in nodes:
        parent = _parent(nodes, id_)
        if parent is not None:
            found[parent].setdefault(id_)
    return {id_: list(children) for id_, children in found.items()}


def _parent(nodes: Mapping[str, Node], id_: str) -> str | None:
    parent = nodes[id_].parent
    return parent if parent in nodes else None


def _in_order(answers: _Answers) -> list[Said]:
    found: list[Said] = []
    while answers is not None:
        said, answers = answers
        found.append(said)
    return found[::-1]
