"""Reading an ES module: what it imports and exports, and its code without the statements for both.

Each statement begins its line, as Prettier writes it. A form that is not understood is refused with
a ValueError, and so is a module that assigns to a name that it exports: the importers here get its
value, not a live binding (ECMA-262 § module namespace exotic objects).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from posixpath import dirname, normpath

_NAME = r"[\w$]+"
_IMPORT = re.compile(r'^import (?:([^"\';]+?) from )?"(\.[^"]+)";$', re.MULTILINE)
_CLAUSE = re.compile(rf"(?:({_NAME}))?(?:, )?(?:\{{([^}}]*)\}}|\* as ({_NAME}))?")
_PAIR = re.compile(rf"({_NAME})(?: as ({_NAME}))?")
_LISTED = re.compile(r'^export \{([^}]*)\}(?: from "(\.[^"]+)")?;$', re.MULTILINE)
_DECLARED = re.compile(
    r"^export (default )?((?:async )?function\*?|class|const|let|var) "
    rf"(?!extends\b)({_NAME})",
    re.MULTILINE,
)
_DEFAULT = re.compile(r"^export default ", re.MULTILINE)
# Names like __1 are those that joined scripts have for each other.
_REFUSED = re.compile(
    r"^(?:export\b|import\b(?!\()|await\b).*|\bimport(?:\.meta\b|\((?!\"\.)).*|(?<![\w$])__\d+\b",
    re.MULTILINE,
)
# In braces it is a type in a comment.
_LATER = re.compile(r'(?<!\{)\bimport\("(\.[^"]+)"\)')
_ASSIGNED = (
    r"(?<![\w$.])(?<!const )(?<!let )(?<!var ){0}\s*"
    r"(?:\+\+|--|(?:[-+/%^]|\*\*?|<<|>>>?|&&?|\|\|?|\?\?)?=(?![=>]))"
    r"|(?:\+\+|--){0}(?![\w$.])"
)


@dataclass(slots=True)
class Import:
    """A statement of import.

    Attributes:
        module: The name of the other module.
        names: The exports that the statement names.
        pattern: What binds them, given the object of all exports.
    """

    module: str
    names: list[str]
    pattern: str


@dataclass(slots=True)
class Module:
    """A script, read.

    Attributes:
        code: The script without its imports and exports, which still loads others later.
        exports: The name of each export, and the expression for its value.
        later: The modules that it loads by ``import()``.
    """

    name: str
    code: str = ""
    imports: list[Import] = field(default_factory=list)
    exports: dict[str, str] = field(default_factory=dict)
    later: list[str] = field(default_factory=list)

    def resolve(self, path: str) -> str:
        """Return the name of the module that a path in this one means."""
        return normpath(f"{dirname(self.name)}/{path}")

    def code_with(self, loads: Mapping[str, str]) -> str:
        """Return the code with other expressions for what it loads later, by module."""
        return _LATER.sub(lambda match: loads[self.resolve(match[1])], self.code)


def read_module(name: str, text: str) -> Module:
    """Read a module. Raise a ValueError where a statement is not understood."""
    module = Module(name)

    def imported(match: re.Match[str]) -> str:
        module.imports.append(_import(module.resolve(match[2]), match[1] or "{}"))
        return ""

    def listed(match: re.Match[str]) -> str:
        pairs = _PAIR.findall(match[1])
        if match[2] is None:
            module.exports.update({new or old: old for old, new in pairs})
            return ""
        place = f"_from{len(module.imports)}"
        module.imports.append(Import(module.resolve(match[2]), [old for old, _new in pairs], place))
        module.exports.update({new or old: f"{place}.{old}" for old, new in pairs})
        return ""

    def declared(match: re.Match[str]) -> str:
        module.exports["default" if match[1] else match[3]] = match[3]
        return f"{match[2]} {match[3]}"

    def default(_match: re.Match[str]) -> str:
        module.exports["default"] = "_default"
        return "const _default = "

    for pattern, take in (
        (_IMPORT, imported),
        (_LISTED, listed),
        (_DECLARED, declared),
        (_DEFAULT, default),
    ):
        text = pattern.sub(take, text)
    module.code = text
    module.later = [module.resolve(path) for path in _LATER.findall(text)]
    _check(module)
    return module


def _import(module: str, clause: str) -> Import:
    match = _CLAUSE.fullmatch(clause.strip())
    if not match or (match[1] and match[3]):
        raise ValueError(f"{module} is imported in a form that is not understood: {clause}")
    if match[3]:
        return Import(module, [], match[3])
    pairs = [("default", match[1])] if match[1] else []
    pairs += _PAIR.findall(match[2] or "")
    pattern = ", ".join(f"{old}: {new}" if new else old for old, new in pairs)
    return Import(module, [old for old, _new in pairs], f"{{ {pattern} }}")


def _check(module: Module) -> None:
    if refused := _REFUSED.search(module.code):
        raise ValueError(f"{module.name} has a statement that is not understood: {refused[0]}")
    for local in module.exports.values():
        if re.search(_ASSIGNED.format(re.escape(local)), module.code):
            raise ValueError(f"{module.name} exports {local} and assigns to it.")
