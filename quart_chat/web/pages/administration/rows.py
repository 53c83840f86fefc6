"""The rows of the live page as they are at first: the same as ``server-monitor.js`` makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quart_chat.texts import _, duration, number, rate
from quart_chat.web.auth.client import has_accounts
from quart_chat.web.monitoring.figures import SHOWN

if TYPE_CHECKING:
    from quart_chat.wire import Item


def texts() -> dict[str, str]:
    """The patterns that the rows are made by, here and by the script."""
    return {
        "chat": _("A chat"),
        "chat_of": _("A chat of {user}"),
        "list": _("A list of chats"),
        "list_of": _("The list of chats of {user}"),
        "document": _("A document"),
        "document_of": _("A document of {user}"),
        "nodes": _("Messages between the nodes"),
        "page": _("This page"),
        "other": _("Another context"),
        "rate": _("{rate} events/s"),
        "reader": _("Without an account") if has_accounts() else _("A reader"),
        "current": _("{user}: up to date"),
        "behind": _("{user}: {count} behind, for {time}"),
        "more": _("and {count} more"),
        "running": _("running for {time}"),
        "in_chat": _("chat {id}"),
        "on_node": _("node {id}"),
        "stop": _("Stop the answer for {user}"),
        "user": _("A user"),
        "open": _("The figures are renewed every second."),
        "broken": _("Not connected: the figures are out of date."),
    }


def view(figures: Item) -> dict[str, Any]:
    """The rows of the figures of one node."""
    said = texts()
    return {
        "contexts": [context_row(context, said) for context in figures["busiest"]],
        "rounds": [round_row(round_, figures, said) for round_ in figures["rounds"]],
        "more_contexts": _more(figures["moreContexts"], said),
        "more_rounds": _more(figures["moreRounds"], said),
    }


def context_row(context: Item, said: dict[str, str]) -> dict[str, Any]:
    """A context with its readers."""
    kind, user = context["kind"], context["user"]
    title = said[f"{kind}_of"].format(user=user) if user and f"{kind}_of" in said else said[kind]
    has_id = kind in ("chat", "document", "other")
    pace = context["eventsPerSecond"]
    hint = [context["id"]] if has_id else []
    hint += [] if pace is None else [said["rate"].format(rate=rate(pace))]
    lines = [_reader_line(reader, said) for reader in context["readers"]]
    lines += [more] if (more := _more(context["moreReaders"], said)) else []
    return {
        "key": f"{kind} {context['id']}",
        "title": title,
        "hint": " · ".join(hint),
        "lines": lines,
    }


def round_row(round_: Item, figures: Item, said: dict[str, str]) -> dict[str, Any]:
    """A round that runs."""
    user = round_["user"] or said["user"]
    hint = [
        said["running"].format(time=clock(figures["at"] - round_["startedAt"])),
        said["in_chat"].format(id=round_["workflowId"][:SHOWN]),
    ]
    return {
        "key": f"{round_['workflowId']} {round_['roundNumber']}",
        "title": f"{user} · {round_['model'] or round_['assistant']}",
        "hint": " · ".join(hint),
        "label": said["stop"].format(user=user),
        "workflow_id": round_["workflowId"],
        "number": round_["roundNumber"],
    }


def clock(seconds: float) -> str:
    """How long something has run, as a clock shows it."""
    whole = max(0, int(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def _reader_line(reader: Item, said: dict[str, str]) -> str:
    user = reader["user"] or said["reader"]
    if not reader["behind"]:
        return said["current"].format(user=user)
    return said["behind"].format(
        user=user, count=number(reader["behind"]), time=duration(1000 * reader["seconds"])
    )


def _more(count: int, said: dict[str, str]) -> str:
    return said["more"].format(count=number(count)) if count else ""
