"""The list of what runs at night."""

from __future__ import annotations

from tests.nightly import HERE, NIGHTLY, is_nightly


def test_all_that_is_named_is_there() -> None:
    assert {path for path in NIGHTLY if not path.exists()} == set()


def test_what_is_in_a_folder_that_is_named_runs_at_night() -> None:
    assert is_nightly(HERE / "copying" / "test_command.py")
    assert not is_nightly(HERE / "cluster" / "test_nodes.py")
