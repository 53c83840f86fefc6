"""The migrations of both engines: a version is the place of a script among them."""

from __future__ import annotations

from importlib.resources import files

ENGINES = ("sqlite", "postgres")


def names(engine: str) -> list[str]:
    folder = files(f"quart_chat.storage.{engine}").joinpath("migrations")
    return sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))


def numbers(engine: str) -> list[int]:
    return [int(name.partition("_")[0]) for name in names(engine)]


def test_no_number_is_left_out_or_given_twice() -> None:
    of_sqlite, of_postgres = map(numbers, ENGINES)
    assert of_sqlite == list(range(1, len(of_sqlite) + 1))
    # The first script for PostgreSQL makes what the first sixteen for SQLite do.
    assert of_postgres == [1, *range(17, of_sqlite[-1] + 1)]


def test_both_engines_end_with_the_same_script() -> None:
    of_sqlite, of_postgres = map(names, ENGINES)
    assert of_postgres[1:] == of_sqlite[16:]
