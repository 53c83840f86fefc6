"""Scripts joined into one file for each page.

A page names one script, its entry. The file of the entry holds the entry and all that it imports,
in the order in which a browser would run them. Each module stays a scope of its own: a function
that takes what the module imports and returns what it exports. The browser sends one request for
all of them, and gzip finds what they have in common.

What is loaded later, by ``import()``, is a file of its own, whose address is below that of the
page's file: ``js/app.js/js/list/chat-search.js`` is the file that ``js/app.js`` loads for
``js/list/chat-search.js``. It imports from the page's file the modules that are in there, so each
module runs once in a page. A module that several such files need is one more file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from functools import cache
from posixpath import basename, dirname, relpath

from quart_chat.web.static.modules import read_module


class Bundles:
    """The files of the pages.

    Args:
        read: Returns the text of the script of this name.
    """

    def __init__(self, read: Callable[[str], str]) -> None:
        self.module = cache(lambda name: read_module(name, read(name)))
        self.files = cache(self._files)

    def join(self, page: str, script: str) -> str:
        """Return the file that a page loads for a script.

        It exports what the script exports and, by their names, all modules that it holds, which
        the page's other files import. Raise a KeyError if the page has no such file.
        """
        return "\n".join(_File(self, page, script).lines())

    def _files(self, page: str) -> dict[str, list[str]]:
        """The modules in each file of a page, by the script that the file is loaded for."""
        at_first = self._order(page)
        roots = self._loaded_later(page)
        while True:
            files = {page: at_first}
            for root in sorted(roots.difference(at_first)):
                files[root] = self._order(root, without={*at_first, *roots} - {root})
            times = Counter(name for names in files.values() for name in names)
            shared = {name for name, count in times.items() if count > 1}
            if not shared:
                return files
            roots |= shared

    def _loaded_later(self, page: str) -> set[str]:
        """All scripts that a page may load by ``import()``, at any time."""
        found: set[str] = set()
        waiting = [page]
        while waiting:
            modules = map(self.module, self._order(waiting.pop()))
            later = {name for module in modules for name in module.later}
            waiting += later - found
            found |= later
        return found

    def _order(self, root: str, without: Collection[str] = ()) -> list[str]:
        """A module and all that it imports, each after what it imports itself."""
        done: dict[str, None] = {}
        within: list[str] = []

        def visit(name: str) -> None:
            if name in within:
                raise ValueError(f"Modules import each other: {', '.join([*within, name])}.")
            if name not in done and name not in without:
                within.append(name)
                for each in self.module(name).imports:
                    visit(each.module)
                done[within.pop()] = None

        visit(root)
        return list(done)


class _File:
    """A file of a page, in which a variable stands for the exports of each module."""

    def __init__(self, bundles: Bundles, page: str, script: str) -> None:
        files = bundles.files(page)
        self._module = bundles.module
        self._script = script
        self._own = files[script]
        self._homes = {name: root for root, names in files.items() for name in names}
        needed = (each for name in self._own for each in self._needs(name, page))
        self._needed = dict.fromkeys(name for name in needed if self._homes[name] != script)
        self._variables = {
            name: f"__{number}" for number, name in enumerate([*self._needed, *self._own])
        }
        here = _address(page, script)
        self._paths = {root: _path(_address(page, root), here) for root in files}

    def lines(self) -> Iterator[str]:
        for name in self._needed:
            path = self._paths[self._homes[name]]
            yield f'import {{ "{name}" as {self._variables[name]} }} from "{path}";'
        loads = {root: f'import("{path}")' for root, path in self._paths.items()}
        for name, variable in self._variables.items():
            loads[name] = f"Promise.resolve().then(() => {variable})"
        for name in self._own:
            yield from self._scope(name, loads)
        exported = (f'{self._variables[name]} as "{name}"' for name in self._own)
        yield f"export {{ {', '.join(exported)} }};"
        variable = self._variables[self._script]
        for name in self._module(self._script).exports:
            start = "default" if name == "default" else f"const {name} ="
            yield f"export {start} {variable}.{name};"

    def _needs(self, name: str, page: str) -> Iterator[str]:
        module = self._module(name)
        yield from (each.module for each in module.imports)
        yield from (each for each in module.later if self._homes[each] == page)

    def _scope(self, name: str, loads: dict[str, str]) -> Iterator[str]:
        module = self._module(name)
        for each in module.imports:
            if missing := set(each.names) - set(self._module(each.module).exports):
                raise ValueError(f"{name} imports {missing}, which {each.module} does not export.")
        patterns = ", ".join(each.pattern for each in module.imports)
        given = ", ".join(self._variables[each.module] for each in module.imports)
        exports = ", ".join(f"{name}: {value}" for name, value in module.exports.items())
        yield f"const {self._variables[name]} = (({patterns}) => {{"
        yield module.code_with(loads)
        yield f"return {{ {exports} }};\n}})({given});"


def split(address: str) -> tuple[str, str]:
    """Return the page and the script that the address of a file names."""
    page, slash, script = address.partition(".js/")
    return (f"{page}.js", script) if slash else (address, address)


def _address(page: str, script: str) -> str:
    return page if script == page else f"{page}/{script}"


def _path(address: str, here: str) -> str:
    """Return the address as a path relative to another: the page's is a folder of its others."""
    return f"./{relpath(dirname(address), dirname(here))}/{basename(address)}"
