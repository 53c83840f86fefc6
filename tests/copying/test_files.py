"""Files of documents that are copied: what is not ours to delete stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from quart_chat.copying.files import DocumentFiles
from quart_chat.copying.installation import CannotCopy

IDS = ("a" * 32, "b" * 32, "c" * 32)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    for id_ in IDS:
        (folder / id_).write_text(id_)
    return folder


def interrupt(number: int) -> None:
    if number == 2:
        raise KeyboardInterrupt


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_folder_that_is_the_same_by_another_path_stays_as_it_is(
    source: Path, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    target.symlink_to(source)
    files = DocumentFiles(source, target, IDS)
    assert files.stay
    files.check()
    files.copy(interrupt)
    assert texts(source) == {id_: id_ for id_ in IDS}


def test_a_copy_that_is_broken_off_takes_its_own_files_away_alone(
    source: Path, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / IDS[2]).write_text("from an earlier attempt")
    with pytest.raises(KeyboardInterrupt):
        DocumentFiles(source, target, IDS).copy(interrupt)
    assert texts(target) == {IDS[2]: "from an earlier attempt"}
    assert texts(source) == {id_: id_ for id_ in IDS}


def test_a_file_that_can_not_be_copied_is_told(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    (tmp_path / "target").write_text("no folder")
    with pytest.raises(CannotCopy):
        DocumentFiles(source, target, IDS).copy(lambda _: None)
