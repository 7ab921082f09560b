"""`run.yaml` between its writings: the text of one dump, and no work done twice."""

from pathlib import Path

import pytest
import yaml

from probes.files.yaml import parse_yaml
from probes.runs import run_yaml
from probes.runs.folder import Folder
from probes.runs.run_yaml import RunFile, Settings

SETTINGS = Settings("s", "1" * 64, "p", "2" * 64, 0, None, "auto", "auto", 3)
ODD = ["plain", "", "yes", "1e3", "a: b", "- c", "[red]", "é\N{SNOWMAN}", "two\nlines", "w " * 90]


def content(names: list[str]) -> dict[str, object]:
    models = [{"name": n, "id": f"{n}/{n}", "step": None, "tolerance": 1e-5} for n in names]
    return {"format": 1, "models": models, "missing": "honest", "sessions": [{"command": "probes"}]}


@pytest.mark.parametrize("names", [[], *([n] for n in ODD), ODD])
def test_the_text_is_that_of_one_dump(names: list[str]) -> None:
    said = content(names)
    text = RunFile().text(said)
    assert text.decode() == yaml.safe_dump(said, sort_keys=False, allow_unicode=True)
    assert parse_yaml(text, "run.yaml") == said


def test_a_model_is_worded_once_and_again_where_it_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worded, dump = [], run_yaml._dump
    monkeypatch.setattr(run_yaml, "_dump", lambda value: worded.append(value) or dump(value))
    file, models = RunFile(), [{"name": str(n), "splits": 0} for n in range(50)]
    for count in range(1, 51):
        file.text({"models": models[:count]})
    assert worded == [[model] for model in models]
    models[7] = {"name": "7", "splits": 2}
    assert b"splits: 2" in file.text({"models": models})
    assert len(worded) == 51


def test_models_come_into_a_folder_without_its_file_being_parsed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path)
    folder.record(SETTINGS, [], "probes run")
    with monkeypatch.context() as patched:
        patched.setattr(run_yaml, "parse_yaml", None)
        for n in range(5):
            folder.record(SETTINGS, [{"name": f"m{n}", "memory_splits": 0}], "")
        folder.record(SETTINGS, [{"name": "m2", "memory_splits": 1}], "")
        assert folder.models() == [f"m{n}" for n in range(5)]
    assert Folder(tmp_path).run() == folder.run()
    assert folder.run()["models"][2]["memory_splits"] == 1


def test_what_another_process_wrote_is_read(tmp_path: Path) -> None:
    mine, other = Folder(tmp_path), Folder(tmp_path)
    mine.record(SETTINGS, [], "probes run")
    other.choose("legacy-agree")
    mine.record(SETTINGS, [{"name": "m"}], "")
    assert mine.missing() == Folder(tmp_path).missing() == "legacy-agree"
