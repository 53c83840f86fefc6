"""Make the modules under static/vendor from the packages on npm that its README names. Needs npm.

What is published in CommonJS is the body of a function: it is given ``require``, which takes the
name of another package, and leaves what it exports in ``module.exports``. A module that declares
these names around the unchanged script, and imports the packages that it requires, is the same for
a browser.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

FOLDER = Path(__file__).parent.parent / "static/vendor"

# The pages don't need the whole of these, which are half of the weight: scripts of our own stand in
# for them.
STAND_INS = {
    "entities": "../../js/markdown/entities.js",
    "linkify-it": "../../js/markdown/linkify.js",
    "punycode.js": "../../js/markdown/punycode.js",
    "uc.micro": "../../js/markdown/punctuation.js",
}

_ROW = re.compile(
    r"^\| `(\S+)/index\.js` \| \[\S+ (\S+)\]\(\S+\) \| `(\S+)` \| `(\w+)` \|$", re.MULTILINE
)
_REQUIRED = re.compile(r'^(?:const|let|var) \w+ ?= ?require\("([^"]+)"\)', re.MULTILINE)


class Package(NamedTuple):
    """A package of npm, and the script of it that becomes a module."""

    name: str
    version: str
    script: str
    checksum: str


def packages(readme: str) -> list[Package]:
    """The packages that the table of the README names."""
    return [Package(*row) for row in _ROW.findall(readme)]


def as_module(package: Package, script: str) -> str:
    """A script in CommonJS as a module whose default export is what it exports."""
    names = {name: f"package{number}" for number, name in enumerate(_REQUIRED.findall(script))}
    modules = {name: STAND_INS.get(name, f"../{name}/index.js") for name in names}
    imports = "".join(f'import {names[name]} from "{path}";\n' for name, path in modules.items())
    required = ", ".join(f'"{name}": {local}' for name, local in names.items())
    return (
        f"// {package.script} of {package.name} {package.version}: made by `make vendor`.\n"
        f"{imports}"
        f"const require = (name) => ({{ {required} }})[name];\n"
        "const module = { exports: {} };\nconst { exports } = module;\n"
        f"{script}\n"
        "export default module.exports;\n"
    )


def main() -> int:
    readme = (FOLDER / "README.md").read_text("utf-8")
    with TemporaryDirectory() as folder:
        failures = [
            failure
            for package in packages(readme)
            for failure in vendor(package, download(package, Path(folder) / package.name))
        ]
    print("\n".join(failures), file=sys.stderr, end="\n" if failures else "")
    return int(bool(failures))


def download(package: Package, folder: Path) -> Path:
    """Unpack a package into a folder; returns where its files are."""
    folder.mkdir()
    name = f"{package.name}@{package.version}"
    command = ["npm", "pack", "--silent", "--pack-destination", str(folder), name]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def vendor(package: Package, source: Path) -> Iterator[str]:
    """Write the module and the licence of a package; yields what keeps it from that."""
    content = (source / package.script).read_bytes()
    checksum = sha256(content).hexdigest()
    if checksum != package.checksum:
        yield f"{package.name} {package.version}: {package.script} has the checksum {checksum}."
        return
    target = FOLDER / package.name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    (target / "index.js").write_text(as_module(package, content.decode()), "utf-8")
    for licence in source.glob("LICENSE*"):
        shutil.copyfile(licence, target / licence.name)


if __name__ == "__main__":
    sys.exit(main())
