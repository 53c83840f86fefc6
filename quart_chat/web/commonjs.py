"""Packages of npm as they were published, sent as modules that a browser can import.

What is published in CommonJS is the body of a function: it is given ``require``, which takes the
name of another package, and leaves what it offers in ``module.exports``. A module that declares
these names around it, and imports the packages that it requires, is the same for a browser; so
no build step is needed, and the files under ``static/vendor`` stay as they are.
"""

from __future__ import annotations

import re

PACKAGES = {
    # What a browser has or the pages don't use, and is half of the weight: our own stand in.
    "entities": "../../js/markdown/entities.js",
    "linkify-it": "../../js/markdown/linkify.js",
    "mdurl": "../mdurl/index.cjs.js",
    "punycode.js": "../punycode.js/punycode.js",
    "uc.micro": "../uc.micro/index.cjs.js",
}
"""The module of each package that is required, as seen from a folder beside it."""

_REQUIRED = re.compile(r'^(?:const|let|var) \w+ ?= ?require\("([^"]+)"\)', re.MULTILINE)


def as_module(script: str) -> str:
    """A script in CommonJS as a module whose default export is what it exports.

    Raises:
        KeyError: It requires a package that is not in `PACKAGES`.
    """
    names = {name: f"package{number}" for number, name in enumerate(_REQUIRED.findall(script))}
    imports = "".join(f'import {name} from "{PACKAGES[it]}";\n' for it, name in names.items())
    required = ", ".join(f'"{it}": {name}' for it, name in names.items())
    return (
        f"{imports}"
        f"const require = (name) => ({{ {required} }})[name];\n"
        "const module = { exports: {} };\nconst { exports } = module;\n"
        f"{script}\n"
        "export default module.exports;\n"
    )
