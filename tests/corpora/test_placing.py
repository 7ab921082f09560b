"""Corpora of known leaning are found where they stand, and what cannot be placed is not."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from probes.cli import app
from probes.corpora import judging, place, verdicts
from probes.corpora.place import CorporaRequest
from probes.corpora.protocol import materials as materials_of
from probes.corpora.retrieval import RetrievalOptions
from probes.demo.paper_corpora import CORPORA, NEUTRAL, VERDICT_SHARE, PaperPlan
from probes.errors import ProbesError, RunError, UsageError
from probes.instruments import sets
from probes.replies import stance_model
from probes.training.corpora import find_corpus
from probes.types import LoadOptions, ModelInfo, Verdict
from tests import nli

pytestmark = pytest.mark.usefixtures("pictureless")
LINES = 960
"""Six of each text in a forum."""
SHORT = 320
"""Two of each text in a forum, four in the news."""
TRUTH = 10 * (2 * VERDICT_SHARE - 1)
TWO = ("short-news-left", "short-neutral")
LEANING = {"left": -TRUTH, "center": 0.0, "right": TRUTH}
EVIDENCE = (
    "passages/*.jsonl",
    "judged/*.jsonl",
    "answers/*.jsonl",
    "*.csv",
    "protocol.yaml",
    "set.yaml",
)


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The six corpora of the paper in miniature, and the neutral one."""
    folder, plan = tmp_path_factory.mktemp("texts"), PaperPlan(lines=LINES)
    for name in (*CORPORA, NEUTRAL):
        lines = plan.write(sets.load("compass"), name)
        (folder / f"{name}.txt").write_text("\n".join([*lines, ""]), "utf-8")
        (folder / f"short-{name}.txt").write_text("\n".join([*lines[:SHORT], ""]), "utf-8")
    return folder


def request(texts: Path, *names: str, **more: Any) -> CorporaRequest:
    corpora = {name: find_corpus([str(texts / f"{name}.txt")]) for name in names}
    return CorporaRequest(corpora, **{"verdicts": True, **more})


@pytest.fixture(scope="session")
def placed(texts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All seven, placed by their words of verdict."""
    out = tmp_path_factory.mktemp("placed") / "out"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("probes.runs.conclude.draw", lambda *_: None)
        place.place(request(texts, *CORPORA, NEUTRAL), out)
    return out


@pytest.fixture(scope="session")
def short(texts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two of them in a folder of their own."""
    out = tmp_path_factory.mktemp("short") / "out"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("probes.runs.conclude.draw", lambda *_: None)
        place.place(request(texts, *TWO), out)
    return out


def table(folder: Path, name: str = "placements") -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv")


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for pattern in EVIDENCE for path in folder.glob(pattern)]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


# --- where corpora stand -------------------------------------------------------------------------


def test_corpora_stand_where_they_were_written_to_stand(placed: Path) -> None:
    """On the axes that they talk about, in order, the truth in each interval of a partisan."""
    rows = table(placed).set_index(["model", "axis"])
    for medium in ("news", "forum"):
        for axis in ("economic", "social") if medium == "forum" else ("economic",):
            at = {leaning: rows.loc[(f"{medium}-{leaning}", axis)] for leaning in LEANING}
            assert all(row["placed"] for row in at.values())
            assert at["left"]["high"] < at["center"]["low"]
            assert at["center"]["high"] < at["right"]["low"]
            for leaning, truth in LEANING.items():
                assert at[leaning]["low"] - 0.5 <= truth <= at[leaning]["high"] + 0.5


def test_a_corpus_is_not_placed_on_what_it_does_not_talk_about(placed: Path) -> None:
    """News has no social axis; neutral lines have none, and no passage at all."""
    rows = table(placed).set_index(["model", "axis"])
    silent = [(name, "social") for name in CORPORA if name.startswith("news")]
    silent += [(NEUTRAL, "economic"), (NEUTRAL, "social")]
    assert not rows.loc[silent, "placed"].any()
    assert rows.loc[silent, "position"].isna().all()
    assert set(rows.index[~rows["placed"]]) == set(silent)
    corpora = table(placed, "corpora").set_index("model")
    assert corpora.loc[NEUTRAL, ["found", "kept", "covered"]].tolist() == [0, 0, 0]
    assert corpora.loc["news-left", "covered"] == 0.5
    assert corpora.loc["forum-left", "covered"] == 1.0


def test_coverage_counts_each_statement(placed: Path) -> None:
    """What is kept takes a side on either text, or none."""
    rows = table(placed, "coverage")
    sides = ["agree", "disagree", "mirror_agree", "mirror_disagree"]
    assert (rows[sides].sum(axis=1) + rows["sideless"] == rows["kept"]).all()
    assert rows["kept"].max() == 20
    assert (rows["found"] >= rows["kept"]).all()
    assert len(rows) == 7 * 80


def test_what_is_kept_of_a_corpus_are_the_passages_that_were_judged(
    placed: Path, texts: Path
) -> None:
    """Each with its place; answers and tables hold none of their text."""
    lines = (texts / "forum-left.txt").read_text("utf-8").split("\n")
    _, *rows = (placed / "passages/forum-left.jsonl").read_text("utf-8").splitlines()
    for row in map(yaml.safe_load, rows[:50]):
        assert lines[row["document"] - 1][row["start"] :].startswith(row["text"])
    answers = (placed / "answers/forum-left.jsonl").read_text("utf-8")
    assert "I {verdict} with you there".format(verdict="agree") not in answers
    assert "forum-left.txt, document " in answers


# --- judges --------------------------------------------------------------------------------------


MADE_UP = ModelInfo("made-up", "stance", "made-up", weights="0" * 64)


@dataclass(frozen=True)
class MadeUpJudge:
    """Says what a function of passage and hypothesis says."""

    taken: Callable[[str, str], str]
    info: ModelInfo = MADE_UP

    def lengths(self, pairs: Sequence[tuple[str, str]]) -> list[int]:
        return [len(premise) for premise, _ in pairs]

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
        verdicts_ = []
        for premise, hypothesis in pairs:
            name, _, statement = hypothesis.partition(": ")
            verdicts_.append(Verdict(9.0 * (name == self.taken(premise, statement)), 0.0, 0.0))
        return verdicts_


def by_hash(passage: str, statement: str) -> str:
    return ("agree", "disagree")[(len(passage) + len(statement)) % 2]


@pytest.mark.parametrize(
    "judge", [lambda *_: "agree", lambda *_: "disagree", by_hash], ids=["yes", "no", "blind"]
)
def test_a_judge_that_cannot_read_places_no_corpus(
    judge: Callable[[str, str], str], texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that always says yes, always no, or anything: the control passages tell."""
    monkeypatch.setattr(place, "_judge", lambda *_: MadeUpJudge(judge))
    made = place.place(request(texts, "short-forum-left"), tmp_path / "out")
    assert not made.tables.placements["placed"].any()
    assert made.tables.placements["reason"].str.contains("true from false|false for true").all()


@pytest.mark.parametrize("code", ["en", "de", "fr", "es", "ja"])
def test_control_passages_of_each_language_are_read_rightly_by_its_words_of_verdict(
    code: str,
) -> None:
    name = "compass" if code == "en" else f"compass.{code}"
    materials = materials_of(sets.load(name), None, verdicts_read=True)
    assert materials.controls is not None
    items = judging.judged_texts([], materials)
    judge = verdicts.load(code)
    pairs = [(item.text, item.passage) for item in items]
    truth = {s.text: next(iter(s.effects.values())) > 0 for s in materials.controls.statements}
    truth |= {s.mirror or "": not truth[s.text] for s in materials.controls.statements}
    stances = stance_model.stances(judge, verdicts.STANCE, pairs)
    for (text, passage), judged in zip(pairs, stances, strict=True):
        right = "agree" if truth[text] else "disagree"
        assert judged.stance == (right if text in passage else "unrelated")
    assert sum(judged.choice is not None for judged in stances) == 40


@pytest.mark.slow
def test_a_stance_model_judges_passages_and_goes_on(
    tells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real backend, by way of the command; stances on disk are not judged again."""
    monkeypatch.chdir(tmp_path)
    statements = [
        {"id": f"s{n}", "text": text, "mirror": f"never {text}", "agree": "right", "topic": "t"}
        for n, text in enumerate(nli.SUBJECTS[:4])
    ]
    head = {"name": "small", "title": "Small", "language": "en", "licence": "CC0-1.0"}
    axes = {"economic": {"negative": "left", "positive": "right"}}
    Path("small.yaml").write_text(yaml.safe_dump(head | {"axes": axes, "statements": statements}))
    Path("c.txt").write_text("".join(f"{text}. i agree.\n" for text in nli.SUBJECTS[:4]))
    command = ["corpus", "place", "c.txt", "--set", "./small.yaml", "--out", "out"]
    done = CliRunner().invoke(app, [*command, "--stance", str(tells)])
    assert done.exit_code == 0, done.output
    assert "the judge's own errors are not in the intervals" in done.output
    before = contents(Path("out"))
    assert CliRunner().invoke(app, [*command, "--stance", str(tells)]).exit_code == 0
    assert contents(Path("out")) == before
    other = CliRunner().invoke(app, [*command, "--verdicts"])
    assert isinstance(other.exception, RunError)
    assert "not for words of verdict (--verdicts)" in str(other.exception)


def test_errors_of_the_judge_widen_the_interval_and_another_judge_s_are_refused(
    short: Path, tmp_path: Path
) -> None:
    from probes.replies import correction, stance

    folder, matrix = tmp_path / "out", tmp_path / "matrix.yaml"
    shutil.copytree(short, folder)
    counts = {"agree": {"agree": 45, "disagree": 5}, "disagree": {"agree": 4, "disagree": 46}}
    asked, weights = stance.digest(verdicts.STANCE), verdicts.load("en").info.weights
    matrix.write_text(correction.dump("verdicts", weights, asked, "labels.csv", counts))
    plain = table(short).iloc[0]
    corrected = place.again(folder, str(matrix)).tables.placements.iloc[0]
    assert corrected["position"] < plain["position"] < 0
    assert corrected["high"] - corrected["low"] > plain["high"] - plain["low"]
    assert table(folder, "corpora")["corrected"].all()
    matrix.write_text(correction.dump("other", "1" * 64, asked, "labels.csv", counts))
    with pytest.raises(UsageError, match="another stance model"):
        place.again(folder, str(matrix))


# --- going on ------------------------------------------------------------------------------------


class Killed(BaseException):
    """What a signal does to a command."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment", [1, 3, 6, *(pytest.param(n, marks=pytest.mark.soak) for n in (0, 2, 4, 5, 7))]
)
def test_killed_at_any_moment_it_goes_on_and_ends_with_the_same_bytes(
    moment: int, short: Path, texts: Path, tmp_path: Path
) -> None:
    """While words are counted, passages found, or stances judged, of the first corpus or a later
    one: what was found before stays."""
    calls = 0

    def tell(*_: object) -> None:
        nonlocal calls
        if calls == moment:
            raise Killed
        calls += 1

    asked, out = request(texts, *TWO), tmp_path / "out"
    with pytest.raises(Killed):
        place.place(asked, out, tell)
    found = {path: path.stat().st_mtime_ns for path in out.glob("passages/*.jsonl")}
    assert len(found) >= (moment > 1) + (moment > 3)
    place.place(asked, out)
    assert contents(out) == contents(short)
    assert {path: path.stat().st_mtime_ns for path in found} == found


def test_a_torn_line_of_stances_is_judged_again(short: Path, texts: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(short, out)
    shutil.rmtree(out / "answers")
    (out / "answers").mkdir()
    torn = "judged/short-news-left.jsonl"
    whole = (out / torn).read_bytes()
    (out / torn).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RunError, match="are judged so far"):
        place.again(out)
    place.place(request(texts, *TWO), out)
    assert contents(out) == contents(short)


def test_it_is_placed_again_without_corpora_and_judge(
    short: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    shutil.copytree(short, out)
    shutil.rmtree(out / "answers")
    for path in out.glob("*.csv"):
        path.unlink()
    (out / "answers").mkdir()
    monkeypatch.setattr(place, "_judge", None)
    done = CliRunner().invoke(app, ["corpus", "place", str(out)])
    assert done.exit_code == 0, done.output
    assert f"short-neutral: none of its {SHORT} passages is about a statement" in done.output
    assert contents(out) == contents(short)


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"options": RetrievalOptions(kept=5)}, "with kept 20, not 5"),
        ({"options": RetrievalOptions(about=0.7)}, "with about 0.5, not 0.7"),
        ({"options": RetrievalOptions(seed=1)}, "seed 0, not 1"),
    ],
)
def test_a_folder_of_other_settings_is_refused(
    more: dict[str, Any], sentence: str, short: Path, texts: Path, tmp_path: Path
) -> None:
    shutil.copytree(short, tmp_path / "out")
    with pytest.raises(RunError, match=sentence):
        place.place(request(texts, TWO[0], **more), tmp_path / "out")
    assert contents(tmp_path / "out") == contents(short)


def test_a_folder_of_another_judge_is_refused_by_what_was_typed(
    short: Path, texts: Path, tmp_path: Path
) -> None:
    """Also that of a try that failed before anything was judged."""
    out = tmp_path / "out"
    failed = request(texts, TWO[0], verdicts=False, stance=str(tmp_path / "gone"))
    with pytest.raises(ProbesError, match="no such model folder"):
        place.place(failed, out)
    assert place.holds(out)
    gone = f"the stance model '{tmp_path / 'gone'}' (--stance)"
    usual = "the stance model 'facebook/bart-large-mnli' (neither --verdicts nor --stance)"
    words = "words of verdict (--verdicts)"
    unjudged = "remove that folder, in which nothing is judged yet"
    for folder, asked, held, other, way in (
        (out, request(texts, TWO[0]), gone, words, unjudged),
        (out, replace(failed, stance=None), gone, usual, unjudged),
        (short, failed, words, gone, "give the options of that judge"),
    ):
        before = contents(folder)
        with pytest.raises(RunError) as error:
            place.place(asked, folder)
        assert str(error.value) == (
            f"{folder}: was begun for {held}, not for {other}; use another --out, or {way}"
        )
        assert contents(folder) == before


def test_a_protocol_that_is_gone_is_written_again(short: Path, texts: Path, tmp_path: Path) -> None:
    shutil.copytree(short, tmp_path / "out")
    (tmp_path / "out" / "protocol.yaml").unlink()
    place.place(request(texts, *TWO), tmp_path / "out")
    assert contents(tmp_path / "out") == contents(short)


def test_a_corpus_that_changed_is_refused(short: Path, texts: Path, tmp_path: Path) -> None:
    shutil.copytree(short, tmp_path / "out")
    asked = request(texts, TWO[0])
    (tmp_path / "other.txt").write_text("other\n")
    other = replace(asked, corpora={TWO[0]: find_corpus([str(tmp_path / "other.txt")])})
    with pytest.raises(RunError, match="of other files, or files that changed"):
        place.place(other, tmp_path / "out")


def test_a_judge_without_labels_is_refused_and_passages_stay(texts: Path, tmp_path: Path) -> None:
    judge = nli.bart(tmp_path / "nli", ("LABEL_0", "LABEL_1", "LABEL_2"))
    asked = request(texts, TWO[0], verdicts=False, stance=str(judge))
    asked = replace(asked, load=LoadOptions(device="cpu"))
    with pytest.raises(ProbesError, match="stance model"):
        place.place(asked, tmp_path / "out")
    assert (tmp_path / f"out/passages/{TWO[0]}.jsonl").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (["empty.txt"], "holds no text"),
        (["binary.txt"], "is binary, not text"),
        (["c.exe"], "of no kind that can be read"),
        (["gone.txt"], "there is no such file or folder"),
        (["c.csv"], "has no column 'text'"),
        (["c.txt", "--set", "compas"], "did you mean 'compass'"),
        (["c.txt", "--set", "requests"], "holds requests"),
        (["c.txt", "--about", "0"], "--about 0: must be above 0"),
        (["c.txt", "--passages", "0"], "--passages 0: must be 1 to 1000"),
        (["c.txt", "--stance", "x"], "two judges; give one"),
        (["c.txt", "sub/c.txt"], "a second corpus called c"),
        (["a=c.txt", "a=c.txt"], "is given twice"),
        (["=c.txt"], "must be PATH or NAME=PATH"),
        (["a\nb=c.txt"], "must be PATH or NAME=PATH"),
        (["c.txt", "--stance-matrix", "gone.yaml"], "gone.yaml"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_left(
    typed: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sub").mkdir()
    for name in ("c.txt", "c.exe", "sub/c.txt"):
        Path(name).write_text("Nothing about anything.\n")
    Path("c.csv").write_text("body\nx\n")
    Path("empty.txt").write_text("")
    Path("binary.txt").write_bytes(b"\x00\x01\x02" * 50)
    command = ["corpus", "place", *typed, "--verdicts", "--out", "out"]
    done = CliRunner().invoke(app, command)
    assert isinstance(done.exception, ProbesError), done.output
    assert sentence in str(done.exception)
    assert "\n" not in str(done.exception)
    assert not Path("out/placements.csv").exists()


SECOND = """\
  a:
    ask: '{statement}'
    answer: '{slot}'
    options: {'yes': {side: agree, forms: ['yes']}, 'no': {side: disagree, forms: ['no']}}
  passages:
"""


@pytest.mark.parametrize(
    ("name", "old", "new", "sentence"),
    [
        (f"judged/{TWO[0]}.jsonl", '"agree":[', '"Agree":[', "lacks a stance"),
        (f"judged/{TWO[0]}.jsonl", '"key":"000000000"', '"key":"9"', "of other passages"),
        (f"judged/{TWO[0]}.jsonl", '"agree":[', '"agree":[1,', "no logits"),
        ("protocol.yaml", "  passages:\n", SECOND, "is not the protocol of placed corpora"),
    ],
)
def test_damaged_stances_and_protocols_are_one_sentence(
    name: str, old: str, new: str, sentence: str, short: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(short, out)
    text = (out / name).read_text("utf-8")
    assert old in text
    (out / name).write_text(text.replace(old, new), "utf-8")
    with pytest.raises(RunError, match=sentence) as caught:
        place.again(out)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: "", "line 1"),
        (lambda text: text.replace('"format": 1', '"format": 9', 1), "passages of this version"),
        (lambda text: text.replace('"about"', '"above"', 1), "line 1 is damaged"),
        (lambda text: text.replace('"share"', '"Share"', 1), "line 2 is damaged: no passage"),
        (lambda text: text.replace("letters page", "letters Page"), "has another sha256"),
        (lambda text: text.replace("{", "[", 2), "is damaged"),
    ],
)
def test_damaged_passages_are_one_sentence(
    change: Callable[[str], str], sentence: str, short: Path, tmp_path: Path
) -> None:
    """And answers that are there stay."""
    out = tmp_path / "out"
    shutil.copytree(short, out)
    file = out / f"passages/{TWO[0]}.jsonl"
    changed = change(file.read_text("utf-8"))
    file.write_text(changed, "utf-8")
    with pytest.raises(RunError, match=sentence) as caught:
        place.again(out)
    assert "\n" not in str(caught.value)
    assert str(file) in str(caught.value)
    assert (out / f"answers/{TWO[0]}.jsonl").is_file()
