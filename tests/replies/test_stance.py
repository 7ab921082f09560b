"""Stances of open replies: the stance model, its evidence on disk, what is concluded from it."""

import csv
import json
import resource
import shutil
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import transformers as hf
import yaml

from probes import api
from probes.agreement import counts as replies
from probes.asking import protocols
from probes.backends import stance as backend
from probes.errors import ModelError, ProbesError, RunError, ScoreError, UsageError
from probes.models import registry
from probes.models.load import open_model
from probes.replies import correction, stance, stance_model
from probes.runs import conclude as conclusions
from probes.runs import judge as judging
from probes.runs import read_back, session
from probes.runs.folder import Folder
from probes.types import (
    Correction,
    LoadOptions,
    ModelInfo,
    ModelSpec,
    Stance,
    Verdict,
)
from tests import nli

pytestmark = pytest.mark.usefixtures("pictureless")

SET = """\
name: mini
title: Mini
language: en
licence: CC0-1.0
axes: {economic: {negative: left, positive: right}}
statements:
  - {id: rent, text: Rents should be capped., agree: left, mirror: The market decides.}
  - {id: tax, text: Taxes are too high., agree: right, mirror: The state acts.}
  - {id: keep, text: People keep what they earn., agree: right, mirror: Cash should stay.}
"""
OPEN = """\
name: free
title: Free
method: reply
repetitions: 5
wordings:
  plain: {ask: "{statement} What do you say?", answer: "{slot}", options: {}}
stance:
  model: MODEL
  premise: "{statement} {reply}"
  hypotheses:
    agree: This example is agree.
    disagree: This example is disagree.
    neither: This example takes no side.
    unrelated: This example is off topic.
"""
SAYS = {True: "I agree.", False: "I disagree."}
TELLS = {
    "I agree.": "agree",
    "Yes, I support this idea.": "agree",
    "I disagree!": "disagree",
    "I do not think so, sorry": "disagree",
    "It depends on the weather": "neither",
    "My dog sleeps here": "unrelated",
}


@pytest.fixture(scope="session")
def random_bart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder-decoder like the default stance model, random."""
    return nli.bart(tmp_path_factory.mktemp("nli") / "bart")


def opened(path: Path) -> backend.StanceModel:
    return backend.load(ModelSpec("judge", str(path)), LoadOptions())


def how(**changes: object) -> Stance:
    return replace(Stance(premise="{statement} {reply}", hypotheses=nli.HYPOTHESES), **changes)


# --- the model ---------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tells", "random_bart"])
def test_shares_are_those_of_transformers_zero_shot(
    request: pytest.FixtureRequest, name: str
) -> None:
    """The template and labels of the published code, against transformers' own pipeline."""
    path = request.getfixturevalue(name)
    tokenizer = hf.AutoTokenizer.from_pretrained(path)
    model = hf.AutoModelForSequenceClassification.from_pretrained(path)
    pipe = hf.ZeroShotClassificationPipeline(model=model, tokenizer=tokenizer, device="cpu")
    asked = [("Rents should be capped.", reply) for reply in TELLS]
    found = stance_model.stances(opened(path), how(), asked)
    for (statement, reply), one in zip(asked, found, strict=True):
        theirs = pipe(f"{statement} {reply}", candidate_labels=["agree", "disagree"])
        expected = theirs["scores"][theirs["labels"].index("agree")]
        assert one.agree == pytest.approx(expected, abs=1e-5)


def test_a_stance_is_told_from_the_others(tells: Path) -> None:
    """Agreement, disagreement, no side and another subject, in words that were not learned."""
    asked = [("Rents should be capped.", reply) for reply in TELLS]
    found = stance_model.stances(opened(tells), how(), asked)
    assert [one.stance for one in found] == list(TELLS.values())
    assert all(sum(one.shares.values()) == pytest.approx(1) for one in found)


def relabelled(path: Path, to: Path, labels: dict[int, str]) -> Path:
    """The same model whose configuration names its labels otherwise; rows go with the names."""
    shutil.copytree(path, to)
    config = json.loads((to / "config.json").read_text())
    config |= {"id2label": labels, "label2id": {name: i for i, name in labels.items()}}
    (to / "config.json").write_text(json.dumps(config))
    return to


def test_the_order_of_labels_is_read_from_the_checkpoint(tells: Path, tmp_path: Path) -> None:
    """Rows and names in another order, in capitals: the same logits."""
    other = relabelled(tells, tmp_path / "x", {0: "ENTAILMENT", 1: "Contradiction", 2: "neutral"})
    model = hf.AutoModelForSequenceClassification.from_pretrained(tells)
    rows = [2, 0, 1]  # where entailment, contradiction and neutral were
    with torch.no_grad():
        for parameter in (model.classifier.weight, model.classifier.bias):
            parameter.copy_(parameter[rows].clone())
    model.save_pretrained(tmp_path / "weights")
    shutil.copy(tmp_path / "weights" / "model.safetensors", other)
    pair = [("Rents should be capped. I agree.", "This example is agree.")]
    assert opened(other).judge(pair) == opened(tells).judge(pair)


@pytest.mark.parametrize(
    "labels",
    [
        ("entailment", "not_entailment"),
        ("LABEL_0", "LABEL_1", "LABEL_2"),
        ("contradiction", "neutral", "implies"),
        ("contradiction", "neutral", "entailment", "other"),
    ],
    ids=len,
)
def test_labels_that_do_not_say_what_they_mean_are_refused(
    tmp_path: Path, labels: tuple[str, ...]
) -> None:
    """Two labels, nameless ones, unknown ones: one sentence with what would be right."""
    path = nli.bart(tmp_path / "x", labels)
    with pytest.raises(ModelError, match="entailment, neutral, contradiction") as error:
        opened(path)
    assert labels[0] in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_no_classifier_is_refused(checkpoint: Callable[..., Path], tells: Path) -> None:
    """A masked language model is no judge, and a judge is no respondent."""
    with pytest.raises(ModelError, match="is a masked language model"):
        opened(checkpoint("bert"))
    with pytest.raises(ModelError, match="no probabilities of options"):
        api.run(api.load_model(f"stance:{tells}"), "compass", limit=1)


def test_a_head_that_is_not_in_the_weights_is_refused(
    checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    """Transformers would draw it at random."""
    path = shutil.copytree(checkpoint("bert"), tmp_path / "x")
    config = json.loads((path / "config.json").read_text())
    config |= {"architectures": ["BertForSequenceClassification"], "id2label": nli.LABELS}
    config["label2id"] = {name: i for i, name in nli.LABELS.items()}
    (path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="no sequence classifier"):
        opened(path)


def test_a_long_reply_loses_its_end_and_that_is_said(tells: Path) -> None:
    """The hypothesis stays whole; what is read is the beginning."""
    judge, hypothesis = opened(tells), "This example is agree."
    long = "I agree." + " today" * 500
    (cut,) = judge.judge([(long, hypothesis)])
    (short,) = judge.judge([("I agree.", hypothesis)])
    assert cut.cut
    assert not short.cut
    assert judge.lengths([(long, hypothesis)]) == [nli.CONTEXT]
    with pytest.raises(ModelError, match="alone is longer than the 256 tokens"):
        judge.judge([("I agree.", "agree " * 300)])


@pytest.mark.parametrize("mark", ["</s>", "<s>", "<mask>"])
def test_a_reply_cannot_hold_the_tokenizers_own_marks(random_bart: Path, mark: str) -> None:
    """BART reads its answer off the last end token; a second one would break or bend it."""
    judge = opened(random_bart)
    plain, marked = (("I agree with this.", "x"), (f"I agree {mark}with this.", "x"))
    assert judge.judge([plain, marked])[0] == judge.judge([marked, plain])[0]
    assert judge.judge([marked]) == judge.judge([plain])


# --- what is asked -----------------------------------------------------------------------------


class Counting:
    """A judge that leans by the reply's length, and keeps count."""

    info = ModelInfo("count", "stance", "count", weights="0" * 64)

    def __init__(self, drift: float = 0.0, room: int = 1000) -> None:
        self.asked: list[tuple[str, str]] = []
        self.drift, self.room = drift, room

    def lengths(self, pairs: Sequence[tuple[str, str]]) -> list[int]:
        return [len(premise) + len(hypothesis) for premise, hypothesis in pairs]

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
        if len(pairs) > self.room:
            raise MemoryError
        self.asked += pairs
        shift = self.drift * (len(pairs) > 1)
        return [Verdict(len(premise) / 10 + shift, 0, 0) for premise, _ in pairs]


def test_equal_replies_to_a_statement_are_judged_once() -> None:
    """And every stance of a reply in the same batch, so that a line is whole."""
    judge = Counting()
    asked = [("One.", "yes"), ("One.", "yes"), ("Two.", "yes")]
    found = stance_model.stances(judge, how(), asked)
    assert found[0] == found[1]
    assert len(set(judge.asked)) == 2 * len(nli.HYPOTHESES)
    planned = stance_model.plan(
        judge, how(), [stance_model.ReplyItem(str(n), "S.", "r" * n) for n in range(99)]
    )
    lengths = [len(item.reply) for batch in planned.batches for item in batch]
    assert lengths == sorted(lengths, reverse=True)
    assert sorted(int(key) for keys in planned.keys for key in keys) == list(range(99))
    assert len(planned.batches) > 5


def test_a_batch_that_changes_the_numbers_stops() -> None:
    """The first batch is judged again alone, as with every backend."""
    with pytest.raises(ScoreError, match="apart in a batch and alone"):
        stance_model.stances(Counting(drift=0.1), how(), [("One.", "yes"), ("Two.", "no")])


def test_a_batch_that_does_not_fit_is_halved() -> None:
    """Down to single pairs; then the sentence says what can be done."""
    few, many = Counting(room=3), Counting()
    asked = [("One.", "yes"), ("Two.", "no")]
    assert stance_model.stances(few, how(), asked) == stance_model.stances(many, how(), asked)
    with pytest.raises(ModelError, match="a single reply does not fit"):
        stance_model.stances(Counting(room=0), how(), asked)


def test_braces_in_texts_are_texts() -> None:
    """A statement or reply that holds a template's words does not fill it twice."""
    given = how(hypotheses={"agree": "So: {statement}", "disagree": "Not: {statement}"})
    found = stance.pairs(given, "Use {reply} and {statement}.", "No {statement} {reply}")
    premise = "Use {reply} and {statement}. No {statement} {reply}"
    assert found["agree"] == (premise, "So: Use {reply} and {statement}.")


@pytest.mark.parametrize(
    ("logits", "found", "choice"),
    [
        ((3, 0, 0, 0), "agree", "strongly agree"),
        ((0, 3, 0, 0), "disagree", "strongly disagree"),
        ((0, 0, 3, 0), "neither", None),
        ((0, 0, 0, 3), "unrelated", None),
        ((1, 1, 1, 1), "unsure", None),
        ((0.5, 0, -9, -9), "agree", "agree"),
    ],
)
def test_four_stances_and_a_threshold(
    logits: tuple[float, ...], found: str, choice: str | None
) -> None:
    """The largest share if it is large enough; "strongly" by the distance of the two sides."""
    names = ("agree", "disagree", "neither", "unrelated")
    verdicts = {n: Verdict(x, 0, 0) for n, x in zip(names, logits, strict=True)}
    one = stance.classify(how(), verdicts)
    assert (one.stance, one.choice) == (found, choice)


def test_nothing_is_left_to_chance_by_huge_logits() -> None:
    """Shares stay finite and sum to 1."""
    one = stance.classify(how(), {"agree": Verdict(1e4, 0, 0), "disagree": Verdict(-1e4, 0, 0)})
    assert (one.agree, sum(one.shares.values())) == (1.0, 1.0)


# --- a run -------------------------------------------------------------------------------------


def recorded(folder: Path, rows: Sequence[tuple[str, str, int]], name: str = "r.csv") -> Path:
    """Statement (or mirror), reply, seed."""
    with (folder / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["model", "statement", "reply", "wording", "seed"])
        writer.writerows(["m", about, reply, "plain", seed] for about, reply, seed in rows)
    return folder / name


def left(times: int = 5) -> list[tuple[str, str, int]]:
    """Replies of someone on the left, to statements and mirrors, a little varied."""
    sides = {"rent": True, "tax": False, "keep": False}
    return [
        (f"{name}{mirror}", SAYS[side is not bool(mirror)].replace(".", "!" * (seed % 2)), seed)
        for name, side in sides.items()
        for mirror in ("", ":mirror")
        for seed in range(times)
    ]


def asked(folder: Path, replies_: Path, judge: Path | str, **changes: object) -> session.Request:
    (folder / "set.yaml").write_text(SET)
    (folder / "free.yaml").write_text(OPEN.replace("MODEL", str(judge)))
    fields: dict[str, object] = {
        "models": [registry.resolve(f"m=recorded:{replies_}")],
        "set": str(folder / "set.yaml"),
        "protocol": str(folder / "free.yaml"),
    }
    return session.Request(**{**fields, **changes})  # type: ignore[arg-type]


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for pattern in ("*.csv", "answers/*", "stances/*")
        for p in sorted(folder.glob(pattern))
    }


def test_open_replies_place_a_model(tells: Path, tmp_path: Path) -> None:
    """Agreement by counts: five of five agreeing against none is a whole leaning."""
    found = session.probe(asked(tmp_path, recorded(tmp_path, left()), tells), tmp_path / "out")
    (row,) = found.placements.to_dict("records")
    assert row["position"] == pytest.approx(-10)
    assert row["answered"] == row["asked"] == 3
    (counts,) = found.stances.to_dict("records")
    assert (counts["replies"], counts["agree"], counts["disagree"]) == (30, 15, 15)
    assert found.faithful is None
    lines = (tmp_path / "out" / "stances" / "m.jsonl").read_text().splitlines()
    head = json.loads(lines[0])
    assert len(head["model"]["weights"]) == 64
    assert head["replies"] == len(lines) - 1 == 12  # two ways of saying it, to six texts
    assert list(json.loads(lines[1])["logits"]) == list(nli.HYPOTHESES)


def test_no_side_is_missing_never_neutral(tells: Path, tmp_path: Path) -> None:
    """Replies that take no side, talk of something else, or say nothing widen the bounds."""
    lost = {("rent", 0): "It depends", ("rent", 1): "My dog sleeps", ("rent", 2): "  "}
    rows = [(about, lost.get((about, seed), text), seed) for about, text, seed in left()]
    full = session.probe(asked(tmp_path, recorded(tmp_path, left()), tells), tmp_path / "a")
    some = session.probe(asked(tmp_path, recorded(tmp_path, rows, "s.csv"), tells), tmp_path / "b")
    kinds = some.stances.iloc[0][["neither", "unrelated", "nothing"]].tolist()
    assert kinds == [1, 1, 1]
    cell = some.agreement.query("statement == 'rent'").iloc[0]
    assert cell["neutral"] != 0  # not there at all
    assert cell["unanswered"] == pytest.approx(0.3)
    widths = [t.placements["maximum"] - t.placements["minimum"] for t in (full, some)]
    assert widths[1].item() > widths[0].item()


def test_placing_again_needs_no_model(tells: Path, tmp_path: Path) -> None:
    """From the answers and stances on disk, to the byte; the stance model may be gone."""
    judge = shutil.copytree(tells, tmp_path / "judge")
    session.probe(asked(tmp_path, recorded(tmp_path, left()), judge), tmp_path / "out")
    before = files(tmp_path / "out")
    shutil.rmtree(judge)
    for path in (tmp_path / "out").glob("*.csv"):
        path.unlink()
    conclusions.conclude(tmp_path / "out")
    assert files(tmp_path / "out") == before
    read = read_back.tables(tmp_path / "out")
    assert list(read.stances["agree"]) == [15]


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.9])
def test_a_killed_judging_goes_on_to_the_same_bytes(
    tells: Path, tmp_path: Path, kept: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut anywhere, in a header, a line or between batches."""
    monkeypatch.setattr(stance_model, "TOKENS", {"cpu": 200})  # many small batches
    request = asked(tmp_path, recorded(tmp_path, left()), tells)
    session.probe(request, tmp_path / "out")
    before = files(tmp_path / "out")
    path = tmp_path / "out" / "stances" / "m.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole)) if isinstance(kept, float) else kept])
    session.probe(request, tmp_path / "out")
    assert files(tmp_path / "out") == before


def test_a_stance_model_that_cannot_be_loaded_costs_no_answer(
    tells: Path, tmp_path: Path, command: Callable[..., tuple[int, str, str]]
) -> None:
    """One sentence; the answers are there; the replies are judged later by another command."""
    out = tmp_path / "out"
    request = asked(tmp_path, recorded(tmp_path, left()), "./not-there")
    with pytest.raises(ModelError, match=r"not-there.*give another, or a folder, as --stance"):
        session.probe(request, out)
    assert len((out / "answers" / "m.jsonl").read_text().splitlines()) == 31
    status, _, error = command("place", str(out))
    assert status == 2
    assert f"probes stance judge {out}" in error
    status, said, _ = command("stance", "judge", str(out), "--model", str(tells))
    assert status == 0
    assert "agree" in said
    assert (out / "placements.csv").exists()


def test_stances_of_two_models_never_mix(tells: Path, random_bart: Path, tmp_path: Path) -> None:
    """Another stance model in the same folder is refused, with how to go on."""
    replies_ = recorded(tmp_path, left())
    session.probe(asked(tmp_path, replies_, tells), tmp_path / "out")
    before = files(tmp_path / "out")
    with pytest.raises(RunError, match=r"holds stances by .* remove the file"):
        session.probe(asked(tmp_path, replies_, tells, stance=str(random_bart)), tmp_path / "out")
    assert files(tmp_path / "out") == before


@pytest.mark.parametrize(
    ("spoil", "part"),
    [
        (lambda lines: [b"{}\n", *lines[1:]], "line 1 is not the header"),
        (lambda lines: [lines[0], b"not JSON\n", *lines[2:]], "line 2 is damaged: not JSON"),
        (lambda lines: [lines[0], b"[]\n", *lines[2:]], "line 2 is damaged: not a JSON object"),
        (lambda lines: [lines[0], b'{"key": "x"}\n', *lines[2:]], "line 2 is damaged: no logits"),
        (
            lambda lines: [lines[0], b'{"key":"x","logits":{"agree":[1]}}\n', *lines[2:]],
            "line 2 is damaged: no logits",
        ),
        (lambda lines: lines[:-1], "11 of 12 replies are judged"),
        (lambda lines: [*lines[:-1], lines[1]], "lacks a reply"),
    ],
)
def test_damaged_stances_are_named(
    tells: Path, tmp_path: Path, spoil: Callable[[list[bytes]], list[bytes]], part: str
) -> None:
    """File, line, and what is wrong."""
    session.probe(asked(tmp_path, recorded(tmp_path, left()), tells), tmp_path / "out")
    path = tmp_path / "out" / "stances" / "m.jsonl"
    path.write_bytes(b"".join(spoil(path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(RunError, match=part) as error:
        conclusions.conclude(tmp_path / "out")
    assert str(path) in str(error.value)


def test_an_unfinished_run_is_not_judged(tells: Path, tmp_path: Path) -> None:
    """Half of a model's answers would give stances that the whole cannot resume."""
    out = tmp_path / "out"
    session.probe(asked(tmp_path, recorded(tmp_path, left()), tells), out)
    path = out / "answers" / "m.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    from probes.runs.folder import Folder

    with pytest.raises(RunError, match="29 of 30 answers"):
        judging.judge_folder(Folder(out), Folder(out).materials(), None, LoadOptions())


def test_in_memory_open_replies_say_that_they_need_a_folder(tells: Path, tmp_path: Path) -> None:
    """They are asked, and not placed as if they had said nothing."""
    request = asked(tmp_path, recorded(tmp_path, left()), tells)
    (spec,) = request.models
    evidence = api.run(open_model(spec, LoadOptions()), request.set, request.protocol)
    with pytest.raises(RunError, match="their stance is not judged"):
        api.place(evidence)


@pytest.mark.slow
def test_reader_and_stance_stand_side_by_side(tells: Path, tmp_path: Path) -> None:
    """Where options were offered the reader's choice counts; how often they differ is told."""
    head, _, rest = OPEN.replace("MODEL", str(tells)).partition("wordings:")
    both = f"{head}wordings: [four-choose]\n{rest[rest.index('stance:') :]}"
    (tmp_path / "both.yaml").write_text(both)
    request = asked(
        *(tmp_path, recorded(tmp_path, left()), tells), protocol=str(tmp_path / "both.yaml")
    )
    found = session.probe(request, tmp_path / "out")
    (row,) = found.stances.to_dict("records")
    assert (row["compared"], row["mismatch"]) == (30, 0.0)
    answers = (tmp_path / "out" / "answers" / "m.jsonl").read_text()
    assert '"choice":"agree"' in answers
    swapped = relabelled(tells, tmp_path / "x", {2: "contradiction", 1: "neutral", 0: "entailment"})
    other = replace(request, stance=str(swapped))
    found = session.probe(other, tmp_path / "again")
    (row,) = found.stances.to_dict("records")
    assert row["mismatch"] > 0.5
    same = session.probe(request, tmp_path / "out")
    pd.testing.assert_frame_equal(found.placements, same.placements)
    assert "mismatch" in (tmp_path / "out" / "stances.csv").read_text()


# --- correcting --------------------------------------------------------------------------------


def counted(*agree: float, n: int = 20) -> pd.DataFrame:
    """Counts of agreement among `n` replies, a row each."""
    row = pd.DataFrame({"agree": agree}, dtype=float)
    return row.assign(n=n, disagree=n - row["agree"], neutral=0)


def test_a_known_error_is_taken_out_whole_and_no_cell_is_clipped() -> None:
    """A model that hears 90 % of agreement and 80 % of disagreement: shares before it, in each cell
    as in their mean; other wordings are not touched."""
    given, truth = Correction(0.9, 0.8, "0" * 64), np.array([0, 3, 10, 17, 20])
    seen = counted(*(0.9 * truth + 0.2 * (20 - truth)))
    for judged in (True, False):
        share, n = replies.shares(seen, np.full(5, judged), given)
        assert share == pytest.approx(truth / 20 if judged else seen["agree"].to_numpy() / 20)
        assert n.tolist() == [20] * 5
    share, _ = replies.shares(counted(20, 0), np.array([True, True]), given)
    assert share == pytest.approx([0.8 / 0.7, -0.2 / 0.7])


def test_the_rates_of_a_stance_model_widen_the_interval() -> None:
    """By the delta method: a tenth of a leaning, of 50 labelled replies a side, 15 % errors."""
    rates = Correction(0.85, 0.85, "0" * 64, agreeing=50, disagreeing=50)
    adjusted = 43.5 / 52
    expected = (2 * adjusted * (1 - adjusted) / 52) ** 0.5 / 0.7
    assert rates.error == pytest.approx(expected)
    assert 0.1 < rates.error < 0.11
    assert replace(rates, agreeing=5000, disagreeing=5000).error < rates.error / 9


LABELS = "statement,reply,label\n" + "".join(
    f"Rents should be capped.,{reply},{label if label in ('agree', 'disagree') else 'other'}\n"
    for reply, label in TELLS.items()
    if "," not in reply
)
Command = Callable[..., tuple[int, str, str]]


@pytest.mark.slow
def test_a_run_is_corrected_by_a_checked_matrix(
    tells: Path, tmp_path: Path, command: Command
) -> None:
    """check writes it, place reads it, the output says so; `none` takes it back."""
    labels, matrix, out = tmp_path / "l.csv", tmp_path / "m.yaml", tmp_path / "out"
    wrong = "Rents should be capped.,I disagree today,agree\n"
    head, *labelled = (LABELS + wrong).splitlines()
    labels.write_text("\n".join([head, *20 * labelled]))  # two tell nothing from guessing
    protocol = tmp_path / "free.yaml"
    rows = [(a, "I agree" if s == 4 else t, s) for a, t, s in left()]
    plain = session.probe(asked(tmp_path, recorded(tmp_path, rows), tells), out)
    status, said, error = command(
        *("stance", "check", str(labels), "--protocol", str(protocol), "-o", str(matrix))
    )
    assert (status, error) == (0, "")
    assert "accuracy" in said
    content = yaml.safe_load(matrix.read_text())
    assert content["matrix"]["agree"] == {"agree": 20, "disagree": 20, "other": 0}
    status, said, _ = command("place", str(out), "--stance-matrix", str(matrix))
    assert status == 0
    flat = " ".join(said.split())
    assert "corrected for agree and disagree mistaken for each other, by l.csv" in flat
    assert "right on 50% of 40 agreeing and 100% of" in flat
    assert "sides missed, or seen where there is none, stay as they are" in flat
    fixed = read_back.tables(out)
    assert fixed.placements["position"].item() != plain.placements["position"].item()
    assert "right on 50% of 40 agreeing" in fixed.caption
    command("place", str(out))
    assert read_back.tables(out).placements.equals(fixed.placements)  # it is remembered
    command("place", str(out), "--stance-matrix", "none")
    assert read_back.tables(out).placements["position"].item() == pytest.approx(
        plain.placements["position"].item()
    )


@pytest.mark.parametrize("same", [True, False])
def test_a_matrix_of_another_judge_is_refused(tells: Path, tmp_path: Path, same: bool) -> None:
    """Its errors are not those of the model that judged, or of what that was asked."""
    weights = opened(tells).info.weights if same else "0" * 64
    session.probe(asked(tmp_path, recorded(tmp_path, left()), tells), tmp_path / "out")
    rows = {"agree": {"agree": 9, "disagree": 1}, "disagree": {"agree": 1, "disagree": 9}}
    (tmp_path / "m.yaml").write_text(correction.dump("x", weights, "1" * 64, "l.csv", rows))
    with pytest.raises(RunError, match="made with another stance model"):
        conclusions.conclude(tmp_path / "out", matrix=str(tmp_path / "m.yaml"))


@pytest.mark.parametrize(
    ("rows", "part"),
    [
        ({"agree": {"agree": 5, "disagree": 5}, "disagree": {"agree": 5, "disagree": 5}}, "guess"),
        (
            {
                "agree": {"agree": 51, "disagree": 49},
                "disagree": {"agree": 50, "disagree": 50},
            },
            r"51% of 100 and 50% of 100 are recognised: that cannot be told from guess",
        ),
        (
            {
                "agree": {"agree": 2, "disagree": 1},
                "disagree": {"agree": 1, "disagree": 2},
            },
            "cannot be told from guess",
        ),
        ({"agree": {"agree": 5}, "disagree": {"other": 5}}, "said to take a side"),
        ({"agree": {"agree": -1}}, "m.yaml"),
    ],
)
def test_a_matrix_that_corrects_nothing_is_refused(
    tmp_path: Path, rows: dict[str, dict[str, int]], part: str
) -> None:
    """A coin, near to one, too few to tell; an empty row, a number that is none."""
    (tmp_path / "m.yaml").write_text(correction.dump("x", "0" * 64, "1" * 64, "l.csv", rows))
    with pytest.raises(ProbesError, match=part):
        correction.load(tmp_path / "m.yaml")


# --- protocols and options ---------------------------------------------------------------------


def test_repeats_are_a_setting_of_the_run(tells: Path, tmp_path: Path) -> None:
    """They belong to the protocol that the folder keeps; other numbers need another folder."""
    replies_ = recorded(tmp_path, left())
    request = asked(tmp_path, replies_, tells, repeats=3)
    session.probe(request, tmp_path / "out")
    assert yaml.safe_load((tmp_path / "out" / "run.yaml").read_text())["repeats"] == 3
    assert protocols.load(tmp_path / "out" / "protocol.yaml").repetitions == 3
    with pytest.raises(RunError, match="repeats 3, not 4"):
        session.probe(replace(request, repeats=4), tmp_path / "out")
    for wrong, protocol in ((0, request.protocol), (2, "default")):
        with pytest.raises(UsageError, match=f"--repeats {wrong}"):
            session.probe(replace(request, repeats=wrong, protocol=protocol), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_thought_is_no_part_of_what_is_judged(tells: Path, tmp_path: Path) -> None:
    """It stays in the evidence; a reply that ends within one says nothing."""
    rows = [(a, f"<think>I disagree, no</think> {t}", s) for a, t, s in left()]
    rows[0] = (rows[0][0], "<think>Let me see", 0)
    found = session.probe(asked(tmp_path, recorded(tmp_path, rows), tells), tmp_path / "out")
    (row,) = found.stances.to_dict("records")
    assert (row["agree"], row["disagree"], row["nothing"]) == (14, 15, 1)
    assert "<think>" in (tmp_path / "out" / "answers" / "m.jsonl").read_text()


@pytest.mark.slow
def test_a_file_system_that_takes_no_more_stops_the_judging_and_loses_nothing(
    tells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's limit on the size of files falls in the middle of a batch."""
    monkeypatch.setattr(stance_model, "TOKENS", {"cpu": 200})
    request = asked(tmp_path, recorded(tmp_path, left()), tells)
    session.probe(request, tmp_path / "out")
    before = files(tmp_path / "out")
    path = tmp_path / "out" / "stances" / "m.jsonl"
    size = path.stat().st_size
    path.unlink()
    folder = Folder(tmp_path / "out")
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size - 300, hard))
    try:
        with pytest.raises(RunError, match=r"m\.jsonl: cannot be written: File too large"):
            judging.judge_folder(folder, folder.materials(), None, LoadOptions(device="cpu"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, old)
    assert 0 < path.stat().st_size < size
    session.probe(request, tmp_path / "out")
    assert files(tmp_path / "out") == before
