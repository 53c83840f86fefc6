"""Fail unless tests took at least 95 % of the branches of each package named."""

from __future__ import annotations

import sys
from pathlib import Path

from coverage import Coverage

REQUIRED = 95.0


def main(packages: list[str]) -> int:
    coverage = Coverage()
    coverage.load()
    failed = False
    for package in packages:
        taken = total = 0
        for path in sorted(Path(package).rglob("*.py")):
            branches = coverage.branch_stats(str(path)).values()
            total += sum(count for count, _ in branches)
            taken += sum(count for _, count in branches)
        percent = 100 * taken / total if total else 100.0
        print(f"{package}: {percent:.1f} % of {total} branches")
        failed |= percent < REQUIRED
    if failed:
        coverage.report(include=[f"{package}/*" for package in packages])
        print(f"At least {REQUIRED} % are required.")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
