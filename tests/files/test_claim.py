"""A folder to write in: new, empty, or of the same command; anything else is left as it was."""

from pathlib import Path

import pytest

from probes.errors import RunError
from probes.files.claim import claim
from probes.files.lock import LOCK


def test_a_new_folder_is_made_with_its_subfolders(tmp_path: Path) -> None:
    """Folders above it, too; and claiming it again changes nothing."""
    folder = tmp_path / "a" / "b"
    for _ in range(2):
        claim(folder, "mark", "the folder of a test", {LOCK, "inside"}, ["inside"])
    assert [path.name for path in folder.iterdir()] == ["inside"]


@pytest.mark.parametrize("names", [[], [LOCK], ["mark"], ["mark", "anything"]])
def test_a_folder_that_is_empty_or_marked_is_claimed(tmp_path: Path, names: list[str]) -> None:
    """A lock alone is what a command leaves that was killed early."""
    for name in names:
        (tmp_path / name).touch()
    claim(tmp_path, "mark", "the folder of a test")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def test_a_folder_of_something_else_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(RunError) as raised:
        claim(tmp_path, "mark", "the folder of a test", subfolders=["inside"])
    sentence = "is not empty and not the folder of a test; use another --out"
    assert str(raised.value) == f"{tmp_path}: {sentence}"
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_lock_alone_is_refused_where_none_is_ever_left(tmp_path: Path) -> None:
    (tmp_path / LOCK).touch()
    with pytest.raises(RunError, match="is not empty and not of a test"):
        claim(tmp_path, "mark", "of a test", leftovers=())


def test_a_file_in_its_place_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"file: cannot be written: File exists"):
        claim(tmp_path / "file", "mark", "the folder of a test")
