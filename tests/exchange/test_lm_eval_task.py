"""A task folder for lm-evaluation-harness asks what a run of a plain causal model asks."""

import json
import math
import runpy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from probes.exchange import lm_eval_task
from probes.files.lock import LOCK, held
from probes.runs.prepare import gather
from probes.runs.recipe import ProtocolChoice
from tests.data.peers import make
from tests.run_folders import instrument, run

pytestmark = pytest.mark.usefixtures("pictureless")
Command = Callable[..., tuple[int, str, str]]
PEERS = Path(make.__file__).parent


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a set with two axes, by the protocol `default`, from a run of a planted model."""
    out = tmp_path_factory.mktemp("task")
    run(out / "run", {"m": "planted:a=3"}, instrument(), protocol="default", seed=5)
    lm_eval_task.save(*lm_eval_task.meant(str(out / "run"), ""), out / "folder")
    return out


def documents(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "docs.jsonl").read_text("utf-8").splitlines()]


def description(folder: Path) -> dict[str, Any]:
    """What the task's YAML says; its functions are names."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!function", lambda _, node: node.value)
    (file,) = folder.glob("*.yaml")
    found: dict[str, Any] = yaml.load(file.read_text("utf-8"), Loader)
    return found


def test_documents_are_the_cells_of_the_run(task: Path) -> None:
    """Each with its text, role, order and seed, controls and blanks as well."""
    lines = (task / "run" / "answers" / "m.jsonl").read_text("utf-8").splitlines()
    asked = [json.loads(line) for line in lines[1:]]
    found = documents(task / "folder")
    names = ("wording", "order", "seed", "role")
    cells = {
        (*(d["probes"][n] for n in names), d["probes"]["statement"], d["probes"]["mirrored"])
        for d in found
    }
    assert len(cells) == len(found) == len(asked)
    assert {(d["before"], d["probes"]["wording"]) for d in found} == {
        (a["before"], a["wording"]) for a in asked
    }
    assert cells == {
        (*(a[n] for n in names), a["statement"].removesuffix(":mirror"),
         a["role"] == "mirror" or a["statement"].endswith(":mirror"))
        for a in asked
    }  # fmt: skip


def test_choices_are_all_forms_with_what_follows_them(task: Path) -> None:
    recipe = gather(
        lm_eval_task.meant(str(task / "run"), "")[0].statements, ProtocolChoice("default")
    ).recipe
    options = {w.name: w.options for w in recipe.wordings}
    for doc in documents(task / "folder"):
        forms = [form for option in options[doc["probes"]["wording"]] for form in option.forms]
        ends = {c.lstrip().removeprefix(f) for c, f in zip(doc["choices"], forms, strict=True)}
        assert len(ends) == 1  # the rest of the sentence
        assert len(doc["labels"]) == len(doc["sides"]) == len(forms)


def test_the_description_names_set_protocol_and_an_axis_each(task: Path) -> None:
    said = description(task / "folder")
    assert said["task"] == "probes_made_default"
    assert [m["metric"] for m in said["metric_list"]] == ["agreement", "a", "b"]
    assert said["metadata"]["set_sha256"] == documents(task / "folder")[0]["probes"]["set_sha256"]
    assert (said["custom_dataset"], said["target_delimiter"]) == ("utils.docs", "")


def test_the_harness_is_told_agreement_and_its_pull(task: Path) -> None:
    """tanh(L / 2), over sums of forms; a mirror pulls the other way, a control nowhere."""
    code = runpy.run_path(str(task / "folder" / "utils.py"))
    doc: Mapping[str, Any] = {
        "sides": ["agree", "agree", "disagree", "neutral"],
        "pulls": {"a": -1, "b": 0},
        "probes": {"role": "mirror"},
    }
    scores = [(math.log(p), False) for p in (0.2, 0.1, 0.1, 0.3)]
    assert code["process_results"](doc, scores) == pytest.approx({"agreement": 0.5, "a": -0.5})
    control = {**doc, "pulls": {"a": 0, "b": 0}, "probes": {"role": "control"}}
    assert code["process_results"](control, scores) == {}
    by_role = {
        d["probes"]["role"]: d["pulls"]
        for d in documents(task / "folder")
        if d["probes"]["statement"] in {"a0", "blank-1"}
    }
    assert (by_role["statement"], by_role["mirror"]) == ({"a": -1, "b": 0}, {"a": 1, "b": 0})
    assert by_role["blank"] == {"a": 0, "b": 0}


def test_a_set_is_exported_by_name_and_by_file(command: Command, tmp_path: Path) -> None:
    """The stored samples were asked by this very folder."""
    arguments = ["--lm-eval", str(tmp_path / "t"), "--protocol", str(PEERS / "two.yaml")]
    assert command("export", str(PEERS / "mini.yaml"), *arguments)[0] == 0
    lines = (PEERS / "samples_probes_mini_two.jsonl").read_text("utf-8").splitlines()
    assert documents(tmp_path / "t") == [json.loads(line)["doc"] for line in lines]
    done = command("export", "compass", "--lm-eval", str(tmp_path / "c"))
    assert done[1].split() == [
        str(tmp_path / "c" / name)
        for name in ("docs.jsonl", "utils.py", "probes_compass_default.yaml")
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["compas", "--lm-eval", "t"], "unknown statement set 'compas': did you mean 'compass'"),
        (["compass", "--lm-eval", "t", "--protocol", "open"], "one that scores options"),
        (["compass", "--lm-eval", "no/such/folder"], "no/such/folder: cannot be made"),
        (["compass", "--model", "m"], "--model m: goes with --inspect"),
        (["compass", "--inspect", "x.log"], "should end in .eval or .json"),
    ],
)
def test_what_cannot_be_exported_is_one_sentence(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    arguments: list[str], sentence: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    status, _, said = command("export", *arguments)
    assert (status, sentence in said, said.count("\n")) == (2, True, 1)
    assert [*tmp_path.iterdir()] == []


def renamed(folder: Path, name: str, axis: str = "x") -> Path:
    """The small set under another name, its axis under another."""
    text = (PEERS / "mini.yaml").read_text("utf-8")
    path = folder / f"{name}.yaml"
    path.write_text(text.replace("name: mini", f"name: {name}").replace("{x:", f"{{{axis}:"))
    return path


def test_a_task_has_a_folder_of_its_own(command: Command, tmp_path: Path) -> None:
    """Another set's documents would stand under the first one's description, whose numbers would
    be of other statements; a run folder would no longer hold what its hashes say."""
    given = ["--protocol", str(PEERS / "two.yaml"), "--lm-eval", str(tmp_path / "t")]
    assert command("export", str(PEERS / "mini.yaml"), *given)[0] == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "t").iterdir()}
    status, _, said = command("export", str(renamed(tmp_path, "other")), *given)
    assert (status, said.count("\n")) == (2, 1)
    assert "not the folder of this task (probes_other_two.yaml)" in said
    assert {path.name: path.read_bytes() for path in (tmp_path / "t").iterdir()} == before
    (tmp_path / "t" / "probes_mini_two.yaml").unlink()  # as a kill leaves it
    assert command("export", str(PEERS / "mini.yaml"), *given)[0] == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "t").iterdir()} == before


def test_a_folder_in_which_a_command_writes_is_left_to_it(command: Command, tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    with held(tmp_path / "t", "command"):
        given = ["--protocol", str(PEERS / "two.yaml"), "--lm-eval", str(tmp_path / "t")]
        status, _, said = command("export", str(PEERS / "mini.yaml"), *given)
    assert (status, "another command is at work in this folder" in said) == (2, True)
    assert {path.name for path in (tmp_path / "t").iterdir()} <= {LOCK}


def test_an_axis_of_a_metrics_name_is_refused(command: Command, tmp_path: Path) -> None:
    """Its numbers would stand in the place of the others."""
    path = renamed(tmp_path, "other", "agreement")
    given = ["--protocol", str(PEERS / "two.yaml"), "--lm-eval", str(tmp_path / "t")]
    status, _, said = command("export", str(path), *given)
    assert (status, "has an axis 'agreement'" in said) == (2, True), said
    assert not (tmp_path / "t").exists()


def test_without_inspect_its_extra_is_named(command: Command, tmp_path: Path) -> None:
    """Whoever has it is told what the folder lacks."""
    status, _, said = command("export", str(tmp_path), "--inspect", str(tmp_path / "x.eval"))
    assert status == 2
    assert "--inspect needs Inspect: pip install 'political-probes[inspect]'" in said or (
        "run.yaml" in said
    )
    assert not (tmp_path / "x.eval").exists()
