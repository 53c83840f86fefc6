"""What people can do on the pages: one table for the menus, the palette and the list of keys.

The pages contain the commands as a template, from which scripts build menus and the palette;
``static/js/commands`` performs them. Without scripts, the menu of a chat is a list of forms and
links from the same table.

The keys of a command are those of `KeyboardEvent.key <https://w3c.github.io/uievents-key/>`_.
``Mod`` stands for the key of the platform's shortcuts: Control, or Command on a Mac.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from quart_chat.texts import N_, _, language

if TYPE_CHECKING:
    from quart import Quart


class Menu(StrEnum):
    """Where a command is offered."""

    CHAT = "chat"
    MESSAGE = "message"
    DOCUMENT = "document"
    PALETTE = "palette"


@dataclass(frozen=True, slots=True)
class Command:
    """Something that people can do.

    Attributes:
        name: What scripts know it by.
        label: What it is called in menus and in the palette; empty where it has keys alone.
        icon: Its sign, which only commands of the same kind share.
        keys: The keys of its shortcut, pressed together.
        does: What the list of keys says of it; its label, if empty.
        menus: The menus that offer it, in the order of the table.
        url: Where it leads; ``{id}`` is the id of the chat or document.
        download: Whether that is a file.
        place: The part of the page that has to have the focus for the keys to work.
    """

    name: str
    label: str = ""
    icon: str = ""
    keys: tuple[str, ...] = ()
    does: str = ""
    menus: tuple[Menu, ...] = ()
    url: str = ""
    download: bool = False
    place: str = ""

    @property
    def description(self) -> str:
        return _(self.does or self.label)

    @property
    def address(self) -> str:
        """Where it leads in the language in use."""
        german = self.name == "handbook" and language() == "de"
        return "/handbook/de/index" if german else self.url

    @property
    def shown_keys(self) -> list[str]:
        """The keys as they are printed on keyboards."""
        return [key_name(key) for key in self.keys]


_BOTH = (Menu.CHAT, Menu.PALETTE)
_ALL = (Menu.CHAT, Menu.DOCUMENT, Menu.PALETTE)
_OF_MESSAGE = (Menu.MESSAGE,)
_OF_PAGE = (Menu.PALETTE,)

COMMANDS = (
    # A document
    Command(
        "ask-about",
        N_("Ask about this"),
        "chat",
        menus=(Menu.DOCUMENT,),
        url="/?document={id}",
    ),
    Command(
        "original",
        N_("Open original"),
        "original",
        menus=(Menu.DOCUMENT,),
        url="/documents/{id}/original",
        download=True,
    ),
    # A chat, or a document
    Command(
        "rename",
        N_("Rename"),
        "rename",
        ("F2",),
        N_("Rename the chat, or the document in the list"),
        _ALL,
    ),
    Command("pin", N_("Pin"), "pin", menus=_BOTH),
    Command(
        "chat-settings",
        N_("Settings of this chat"),
        "sliders",
        menus=_BOTH,
        url="/chat/{id}/settings",
    ),
    Command("share", N_("Share…"), "share", menus=_BOTH, url="/chat/{id}/share"),
    Command(
        "export-markdown",
        N_("Export as Markdown"),
        "download",
        menus=_BOTH,
        url="/chat/{id}/export.md",
        download=True,
    ),
    Command(
        "export-json",
        N_("Export as JSON"),
        "download",
        menus=_BOTH,
        url="/chat/{id}/export.json",
        download=True,
    ),
    Command(
        "delete",
        N_("Delete"),
        "trash",
        ("Delete",),
        N_("In a list: delete the chat or the document"),
        _ALL,
        place=".chat-link, .document-name",
    ),
    # A question and its answer
    Command("edit", N_("Edit this question"), "pencil", menus=_OF_MESSAGE),
    Command("copy-question", N_("Copy this question"), "copy", menus=_OF_MESSAGE),
    Command("copy-answer", N_("Copy the answer"), "copy", menus=_OF_MESSAGE),
    Command("copy-link", N_("Copy the link to this answer"), "link", menus=_OF_MESSAGE),
    Command("again", N_("Regenerate"), "again", menus=_OF_MESSAGE),
    # The page
    Command("new-chat", N_("New chat"), "plus", ("Mod", "Shift", "o"), menus=_OF_PAGE, url="/"),
    Command("palette", N_("Find chats, documents and actions"), "search", ("Mod", "k")),
    Command("ask", N_("Go to the question field"), "field", ("/",), menus=_OF_PAGE),
    Command("fold", N_("Show or hide the list of chats"), "menu", ("Mod", "b"), menus=_OF_PAGE),
    Command("documents", N_("Documents"), "file", menus=_OF_PAGE, url="/documents"),
    Command("handbook", N_("Handbook"), "book", menus=_OF_PAGE, url="/handbook/"),
    Command("settings", N_("Settings"), "wrench", menus=_OF_PAGE, url="/settings"),
    Command("transfer", N_("Export and import"), "transfer", menus=_OF_PAGE, url="/transfer"),
    Command("doctor", N_("Stream doctor"), "pulse", menus=_OF_PAGE, url="/doctor"),
    Command("shortcuts", N_("Keyboard shortcuts"), "keyboard", ("?",), menus=_OF_PAGE),
)

KEYS = (
    Command("send", keys=("Enter",), does=N_("Send the question")),
    Command("new-line", keys=("Shift", "Enter"), does=N_("Start a new line")),
    Command("stop", keys=("Escape",), does=N_("Stop the answer, or close what is open")),
    Command("edit-last", keys=("↑",), does=N_("In the empty field: edit the last question")),
    Command("end", keys=("End",), does=N_("Outside of the question field: jump to latest")),
    Command("move", keys=("↑", "↓"), does=N_("In the list of chats: move through the list")),
    Command("options", keys=("→",), does=N_("In the list of chats: go to the chat's options")),
    Command("undo", keys=("Mod", "z"), does=N_("Restore the chat that was just deleted")),
)
"""Keys that belong to one part of a page, which handles them itself."""


def key_name(key: str) -> str:
    """The name of a key, as it is printed on it."""
    names = {
        "Mod": _("Ctrl"),
        "Shift": _("Shift"),
        "Enter": _("Enter"),
        "Escape": _("Escape"),
        "Delete": _("Del"),
        "End": _("End"),
    }
    return names.get(key) or key.upper()


def commands_of(menu: str) -> list[Command]:
    """The commands that a menu offers, in its order."""
    return [command for command in COMMANDS if menu in command.menus]


def init_app(app: Quart) -> None:
    """Give the table to the templates of ``app``."""
    app.jinja_env.globals.update(
        commands=COMMANDS,
        commands_of=commands_of,
        shortcuts=lambda: [command for command in (*KEYS, *COMMANDS) if command.keys],
    )
