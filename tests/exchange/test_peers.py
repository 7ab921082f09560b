"""Against the programs themselves, where they are installed (``pytest -m peers``): Inspect opens
what is exported, and lm-evaluation-harness runs it."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import probes
from probes import api
from probes.asking import protocols
from probes.backends.recordings import recording
from probes.errors import ModelError, UsageError
from probes.exchange import inspect_log, lm_eval_task
from probes.runs import read_back
from probes.runs.folder import Folder
from tests import checkpoints
from tests.data.peers import make
from tests.run_folders import instrument, run

pytestmark = [pytest.mark.peers, pytest.mark.usefixtures("pictureless"),
              pytest.mark.filterwarnings("default")]  # fmt: skip
PEERS = Path(make.__file__).parent


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("scored") / "run"
    return run(out, {"one": "planted:a=-6,noise=0.5,abstain=.1", "two": "planted:a=4"},
               instrument(), seed=3)  # fmt: skip


def read(path: Path) -> Any:
    from inspect_ai.log import read_eval_log

    return read_eval_log(str(path))


@pytest.mark.parametrize("suffix", [".eval", ".json"])
def test_inspect_reads_samples_scores_model_and_metadata(
    scored: Path, tmp_path: Path, suffix: str
) -> None:
    log = read(inspect_log.save(scored, tmp_path / f"x{suffix}", "one"))
    header, answers = Folder(scored), (scored / "answers" / "one.jsonl").read_text().splitlines()
    lines = [json.loads(line) for line in answers[1:]]
    assert (log.status, log.eval.model, log.eval.task) == ("success", "one", "made-default")
    assert len(log.samples) == len(lines)
    about = log.eval.metadata["probes"]
    for name in ("set_sha256", "protocol_sha256", "seed"):
        assert about[name] == header.run()[name]
    assert log.eval.packages["torch"] == json.loads(answers[0])["versions"]["torch"]
    by_key = {s.metadata["key"]: s for s in log.samples}
    for line in lines:
        sample = by_key[line["key"]]
        assert sample.input == line["before"]
        assert bool(sample.scores) == (line["status"] == "ok")
        assert sample.metadata.get("logprobs") == line["logprobs"]
    placements = read_back.tables(scored).placements.set_index(["model", "axis"])
    metrics = {s.name: s.metrics for s in log.results.scores}["position"]
    assert metrics["a"].value == pytest.approx(placements.loc[("one", "a"), "position"])
    assert metrics["a low"].value == pytest.approx(placements.loc[("one", "a"), "low"])


def test_agreement_is_that_of_the_options(scored: Path, tmp_path: Path) -> None:
    log = read(inspect_log.save(scored, tmp_path / "x.json", "two"))
    for sample in log.samples:
        scores = sample.metadata["logprobs"]
        if set(scores) == {"agree", "disagree"}:
            wanted = math.tanh((scores["agree"] - scores["disagree"]) / 2)
            assert sample.scores["agreement"].value == pytest.approx(wanted)


def test_one_of_several_models_is_named(scored: Path, tmp_path: Path) -> None:
    for name, sentence in (("", "holds 2 models"), ("tow", "did you mean 'two'")):
        with pytest.raises(UsageError, match=sentence):
            inspect_log.save(scored, tmp_path / "x.eval", name)
    assert [*tmp_path.iterdir()] == []


def test_an_eval_file_says_what_its_json_form_says(tmp_path: Path) -> None:
    """And, cut off, one sentence; so does what was never a log."""
    rows = [recording.read(str(PEERS / f"inspect{s}")).rows for s in (".eval", ".json")]
    assert rows[0] == rows[1]
    for name, raw in (
        ("cut.eval", (PEERS / "inspect.eval").read_bytes()[:-60]),
        ("half.eval", (PEERS / "inspect.eval").read_bytes()[:2000]),
        ("none.eval", b"hello"),
    ):
        (tmp_path / name).write_bytes(raw)
        with pytest.raises(ModelError, match=f"{name}: Inspect cannot read this log") as refused:
            recording.read(str(tmp_path / name))
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize("suffix", [".eval", ".json"])
def test_replies_come_back_from_a_log(tmp_path: Path, suffix: str) -> None:
    """The same placements as of the run that was exported; another set is refused."""
    content = instrument(axes=1)
    rows = [
        f"m,{s['id']}{mirror},{reply}"
        for s in content["statements"]
        for mirror, reply in (("", "stimme zu"), (":mirror", "stimme nicht zu"))
    ]
    (tmp_path / "r.csv").write_text("\n".join(["model,statement,reply", *rows]) + "\n")
    out = run(tmp_path / "run", {"m": f"recorded:{tmp_path / 'r.csv'}"}, content,
              protocol="recorded")  # fmt: skip
    path = inspect_log.save(out, tmp_path / f"x{suffix}")
    back = run(tmp_path / "back", {"m": f"recorded:{path}"}, content, protocol="recorded")
    first, second = (read_back.tables(folder).placements for folder in (out, back))
    assert first.equals(second)
    with pytest.raises(ModelError, match="is about the set made of sha256"):
        run(tmp_path / "other", {"m": f"recorded:{path}"}, instrument(axes=1, said=" now"),
            protocol="recorded")  # fmt: skip


def test_the_harness_runs_a_task_and_its_numbers_are_ours(tmp_path: Path) -> None:
    """Of a model with and of one without a token that begins every text; within 1e-4."""
    protocol, file = protocols.load(PEERS / "two.yaml"), PEERS / "mini.yaml"
    lm_eval_task.save(*lm_eval_task.meant(str(file), str(PEERS / "two.yaml")), tmp_path / "task")
    for name in ("gpt2", "llama"):
        model = checkpoints.build(name, tmp_path)
        arguments = f"pretrained={model},dtype=float32,max_length={checkpoints.CONTEXT}"
        done = [sys.executable, "-m", "lm_eval", "run", "--model", "hf", "--model_args", arguments]
        done += ["--tasks", "probes_mini_two", "--include_path", str(tmp_path / "task")]
        done += ["--log_samples", "--output_path", str(tmp_path / name), "--device", "cpu"]
        subprocess.run(done, check=True, cwd=tmp_path, env={**os.environ, "HF_HUB_OFFLINE": "1"})
        (samples,) = (tmp_path / name).rglob("samples_*.jsonl")
        ours, theirs = (
            api.run(api.load_model(text), file, protocol, progress=False)
            for text in (f"m={model}", f"m=recorded:{samples}")
        )
        scores = [
            {(a.statement, a.role, a.wording): a.logprobs or {} for a in evidence.answers}
            for evidence in (ours, theirs)
        ]
        assert scores[0].keys() == scores[1].keys()
        for cell, values in scores[0].items():
            assert scores[1][cell] == pytest.approx(values, abs=1e-4)
        positions = [probes.place(e).placements["position"][0] for e in (ours, theirs)]
        assert positions[0] == pytest.approx(positions[1], abs=1e-4)
