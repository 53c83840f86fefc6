"""The table of commands: one name, one label and one sign for one thing."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from quart.typing import TestClientProtocol as Client

from quart_chat.resources import resource_path
from quart_chat.texts import use
from quart_chat.web.commands import COMMANDS, KEYS, Menu, commands_of

ICONS = resource_path("templates/_icons.html").read_text("utf-8")
PATHS = dict(re.findall(r'"([\w-]+)": "([^"]+)"', ICONS))


def test_names_labels_and_keys_are_used_once() -> None:
    for values in (
        [command.name for command in (*COMMANDS, *KEYS)],
        [command.label for command in COMMANDS],
        [command.keys for command in (*COMMANDS, *KEYS) if command.keys],
    ):
        assert [value for value, count in Counter(values).items() if count > 1] == []


def test_a_sign_has_one_meaning() -> None:
    """Commands of the same kind share a sign: to copy something, to export something."""
    assert [name for name, count in Counter(PATHS.values()).items() if count > 1] == []
    verbs: dict[str, set[str]] = {}
    for command in COMMANDS:
        assert command.icon in PATHS
        verbs.setdefault(command.icon, set()).add(command.label.split()[0])
    assert {icon: found for icon, found in verbs.items() if len(found) > 1} == {}


def test_each_sign_of_the_templates_is_used_for_one_text() -> None:
    """A control that has a command's label has the command's sign as well."""
    signs = {command.label: command.icon for command in COMMANDS}
    control = re.compile(r'icon\("([\w-]+)"\) }} {{ _\("([^"]+)"\)')
    found = 0
    for path in resource_path("templates").glob("*.html"):
        for icon, label in control.findall(path.read_text("utf-8")):
            if label in signs:
                found += 1
                assert icon == signs[label], f"{path.name}: {label}"
    assert found > 0


@pytest.mark.parametrize("menu", Menu)
def test_every_command_of_a_menu_has_a_german_label(menu: Menu) -> None:
    for command in commands_of(menu):
        english = command.description
        with use("de"):
            assert command.description != english or command.label == "Handbook"


@pytest.mark.parametrize("path", ["/", "/settings", "/documents", "/handbook/"])
async def test_pages_contain_the_commands(client: Client, path: str) -> None:
    page = await (await client.get(path)).get_data(as_text=True)
    for command in COMMANDS:
        assert f'data-command="{command.name}"' in page
