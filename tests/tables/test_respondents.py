"""Agreement with a set's own respondents: by hand, and on a real voting-advice test."""

import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from probes.plots import axes as axes_figure
from probes.plots import compass
from typer.testing import CliRunner

from probes import api, cli, importers
from probes.errors import SetError
from probes.instruments import sets
from probes.models.load import open_model
from probes.runs import read_back, session
from probes.tables.respondents import alignment, correlation, score
from probes.types import LoadOptions, ModelSpec, StatementSet, Tables

pytestmark = pytest.mark.usefixtures("pictureless")

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the data stand beside the checkout")

HEAD = "name: vote\ntitle: Vote\nlanguage: en\nlicence: CC0-1.0\n"
NO_AXES = HEAD + "axes: {}\nstatements:\n"
NO_AXES += "".join(
    f"  - {{id: {i}, text: Claim {i} is right., effects: {{}}}}\n" for i in ("a", "b", "c", "d")
)
PARTIES = """\
respondents:
  - {name: Yes Party, answers: {a: agree, b: agree, c: neutral, d: disagree}}
  - {name: No Party, answers: {a: disagree, b: agree}}
"""
VALUES = {"agree": 1.0, "neutral": 0.0, "disagree": -1.0}


def parse(text: str) -> StatementSet:
    return sets.parse(text.encode(), "vote.yaml")


def said(model: str, raw: Mapping[str, list[float]]) -> pd.DataFrame:
    """Rows of an agreement table: statement -> tanh(L/2) in each wording."""
    rows = [
        {"model": model, "role": "statement", "statement": s, "wording": f"w{n}", "raw": value}
        for s, values in raw.items()
        for n, value in enumerate(values)
    ]
    return pd.DataFrame([*rows, {**rows[0], "role": "control", "raw": -0.9}])


# --- the schema ----------------------------------------------------------------------------------


def test_respondents_are_read_with_what_they_answered() -> None:
    """A statement that one did not answer is not among its answers."""
    found = parse(NO_AXES + PARTIES)
    assert found.axes == ()
    assert [r.name for r in found.respondents] == ["Yes Party", "No Party"]
    assert found.respondents[1].answers == {"a": "disagree", "b": "agree"}


FAULTS = {
    "no axes, nobody": (NO_AXES, "'axes' is empty, as only that of a set with 'respondents'"),
    "a name twice": (
        NO_AXES + PARTIES.replace("No Party", "yes party"),
        "respondent 2 (yes party): name: stands a second time, first at respondent 1 (Yes Party)",
    ),
    "an unknown statement": (
        NO_AXES + PARTIES.replace("a: disagree", "aa: disagree"),
        "respondent 2 (No Party): answers: unknown statement 'aa': did you mean 'a'?",
    ),
    "a word outside the scale": (
        NO_AXES + PARTIES.replace("a: disagree", "a: disagre"),
        "respondents: No Party: answers: a: 'disagre' is not allowed; did you mean 'disagree'?",
    ),
    "an unknown key": (
        NO_AXES + PARTIES.replace("No Party, answers", "No Party, answer"),
        "respondents: No Party: answer: unknown key; did you mean 'answers'?",
    ),
    "a key without axes": (
        NO_AXES.replace("a, text: Claim a is right., effects: {}", "a, text: A., agree: left")
        + PARTIES,
        "statement 1 (a): agree: unknown pole 'left'",
    ),
}


@pytest.mark.parametrize(("text", "part"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_respondents_is_named(text: str, part: str) -> None:
    with pytest.raises(SetError) as error:
        parse(text)
    assert part in str(error.value)
    assert all(line.startswith("vote.yaml: ") for line in str(error.value).splitlines())


# --- by hand -------------------------------------------------------------------------------------


def test_points_are_two_one_and_none() -> None:
    """a: both agree, 1; b: one wording of two, 1/2; c: neutral, 1/2; d: opposed, 0."""
    raw = {"a": [0.5, 0.5], "b": [0.5, -0.5], "c": [0.2, 0.9], "d": [0.3, 0.4]}
    found = alignment(said("m", raw), parse(NO_AXES + PARTIES))
    yes, no = found.to_dict("records")
    assert (yes["model"], yes["respondent"], yes["n"]) == ("m", "Yes Party", 4)
    assert yes["score"] == pytest.approx(0.5)
    # SD of 1, 1/2, 1/2, 0 is 0.408, t(3) is 3.182: 0.5 +- 0.650 is more than the scale holds
    assert (yes["low"], yes["high"]) == (0, 1)
    # Means 0.5, 0, 0.55, 0.35 are 0.15, -0.35, 0.2, 0 around their mean, the answers 0.75, 0.75,
    # -0.25, -1.25 around theirs: -0.2 / sqrt(0.185 x 2.75)
    assert yes["correlation"] == pytest.approx(-0.2 / math.sqrt(0.185 * 2.75))
    assert (no["n"], no["score"]) == (2, pytest.approx(0.25))  # a opposed: 0; b: 1/2
    assert math.isnan(no["correlation"])


def test_the_interval_of_a_score_is_t_over_statements() -> None:
    """Mean 5/8, SD 0.2315 over 8: t(7) = 2.3646 standard errors of 0.0818."""
    mean, low, high = score(np.array([0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1.0, 1.0]))
    assert mean == 0.625
    assert (low, high) == (pytest.approx(0.4315, abs=1e-4), pytest.approx(0.8185, abs=1e-4))


def test_the_interval_of_a_correlation_is_fishers() -> None:
    """Fisher's z of r = 0.6 with n = 28: tanh(0.6931 +- 1.96 / 5) = 0.292 and 0.795."""
    x = np.tile([1.0, -1.0], 14)
    other = np.tile([1.0, 1.0, -1.0, -1.0], 7)  # no correlation with x
    r, low, high = correlation(0.6 * x + 0.8 * other, x)
    assert r == pytest.approx(0.6)
    assert (low, high) == (pytest.approx(0.292, abs=1e-3), pytest.approx(0.795, abs=1e-3))


@pytest.mark.parametrize("shares", [[0.5], [1.0, 1.0, 1.0]])
def test_a_score_without_spread_has_no_interval(shares: list[float]) -> None:
    """One statement, or all alike: nothing says how much others would differ."""
    mean, low, high = score(np.array(shares))
    assert mean == shares[0]
    assert math.isnan(low)
    assert math.isnan(high)


def test_a_correlation_without_spread_is_empty() -> None:
    flat, tilted = np.full(9, 0.1 + 0.2), np.arange(9.0)
    for pair in ((flat, tilted), (tilted, flat), (tilted[:3], tilted[:3])):
        assert all(math.isnan(value) for value in correlation(*pair))


def test_what_was_not_answered_is_left_out() -> None:
    """Refusals of the model, and statements that a party did not answer, are never neutral."""
    raw = {"a": [0.5, math.nan], "b": [math.nan, math.nan], "d": [-0.5, -0.5]}
    found = alignment(said("m", raw), parse(NO_AXES + PARTIES)).set_index("respondent")
    assert found.loc["Yes Party", ["score", "n"]].tolist() == [1.0, 2]
    assert found.loc["No Party", ["score", "n"]].tolist() == [0.0, 1]


def test_a_model_without_any_answer_keeps_its_rows() -> None:
    found = alignment(said("m", {"a": [math.nan]}), parse(NO_AXES + PARTIES))
    assert found["n"].tolist() == [0, 0]
    assert found["score"].isna().all()


decided = st.floats(0.01, 0.99) | st.floats(-0.99, -0.01)
leanings = st.lists(decided, min_size=4, max_size=4)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(leanings, leanings)
def test_the_opposite_model_has_the_rest_of_the_points(one: list[float], two: list[float]) -> None:
    """Whoever says no where the other says yes has 1 - score, and the negative correlation."""
    raw = {name: [a, b] for name, a, b in zip("abcd", one, two, strict=True)}
    turned = {name: [-value for value in values] for name, values in raw.items()}
    both = pd.concat([said("m", raw), said("turned", turned)])
    m, other = (g for _, g in alignment(both, parse(NO_AXES + PARTIES)).groupby("model"))
    assert np.allclose(m["score"].to_numpy(), 1 - other["score"].to_numpy())
    assert np.allclose(m["correlation"], -other["correlation"].to_numpy(), equal_nan=True)
    for ends in (("low", "score", "high"), ("correlation_low", "correlation", "correlation_high")):
        low, middle, high = (m[name].to_numpy() for name in ends)
        assert not (low > middle + 1e-12).any()
        assert not (high < middle - 1e-12).any()


# --- whole runs ----------------------------------------------------------------------------------


def asked(folder: Path, of: str, **models: str) -> Tables:
    (folder / "vote.yaml").write_text(of, encoding="utf-8")
    specs = [ModelSpec(name, text, "planted") for name, text in models.items()]
    return session.probe(session.Request(specs, str(folder / "vote.yaml")), folder / "out")


def test_a_yes_sayer_has_other_points_and_the_same_correlation(tmp_path: Path) -> None:
    """The same opinions and a yes to everything: only the points change."""
    text = HEAD + "axes: {x: {negative: low, positive: high}}\nstatements:\n"
    answers = {}
    for n in range(20):
        pole = ("low", "high")[n % 2]
        text += f"  - {{id: s{n}, text: Claim {n} is right., agree: {pole}}}\n"
        answers[f"s{n}"] = "agree" if n % 2 or n < 6 else "disagree"
    text += json.dumps({"respondents": [{"name": "High", "answers": answers}]})[1:-1] + "\n"
    found = asked(tmp_path, text, plain="x=4,noise=.1", yes="x=4,yes=2,noise=.1")
    assert found.alignment is not None
    plain, yes = found.alignment.to_dict("records")
    assert plain["score"] == pytest.approx(17 / 20)  # opposed in three
    assert yes["score"] == pytest.approx(13 / 20)  # agrees with all of them, the party with 13
    assert yes["correlation"] == pytest.approx(plain["correlation"], abs=0.02)


ANCHORED = (
    HEAD
    + """\
axes: {x: {negative: low, positive: high}, y: {negative: down, positive: up}}
statements:
  - {id: a, text: Claim a is right., effects: {x: 1}}
  - {id: b, text: Claim b is right., effects: {x: -2, y: 1}}
  - {id: c, text: Claim c is right., effects: {x: 1, y: -1}}
  - {id: d, text: Claim d is right., effects: {x: -1, y: 1}}
"""
)


def test_respondents_are_anchors_where_a_set_has_axes(tmp_path: Path) -> None:
    """x of Yes Party: (1 - 2 + 0 + 1) / 5 of 10; y: (1 - 0 - 1) / 3. No Party has no c and d."""
    found = asked(tmp_path, ANCHORED + PARTIES, m="x=3,y=-2,noise=.5")
    rows = found.reference.set_index(["kind", "axis"])["position"]
    assert rows["respondent: Yes Party"].to_dict() == {"x": 0.0, "y": 0.0}
    assert rows["respondent: No Party"].to_dict() == {"x": -10.0, "y": 10.0}
    read = read_back.tables(tmp_path / "out")
    for figure in (compass, axes_figure):
        shown = _words(figure.draw(read, anchors=True))
        assert {"Yes Party", "No Party"} <= set(shown)
        assert sum("respondents of the set" in word for word in shown) == 1
        assert "No Party" not in _words(figure.draw(read))


def _words(figure: Figure) -> list[str]:
    return [t.get_text() for panel in figure.axes for t in panel.texts]


def test_a_set_without_axes_runs_from_end_to_end(tmp_path: Path) -> None:
    """No placement and no compass; the table is written, printed, and made again from answers."""
    (tmp_path / "vote.yaml").write_text(NO_AXES + PARTIES)
    out, runner = tmp_path / "out", CliRunner()
    command = ["run", "--model", "planted:yes=2", "--set", str(tmp_path / "vote.yaml")]
    ran = runner.invoke(cli.app, [*command, "--out", str(out)])
    assert ran.exit_code == 0, ran.output
    assert "Yes Party" in ran.output
    assert "answers do not depend on the statement" in ran.output
    assert "compass" not in ran.output
    assert not list(out.glob("compass*"))
    assert pd.read_csv(out / "placements.csv").empty
    before = (out / "alignment.csv").read_bytes()
    (out / "alignment.csv").unlink()
    assert runner.invoke(cli.app, ["place", str(out)]).exit_code == 0
    assert (out / "alignment.csv").read_bytes() == before
    assert read_back.tables(out).alignment is not None


def test_a_set_without_respondents_has_no_alignment(tmp_path: Path) -> None:
    found = asked(tmp_path, ANCHORED, m="x=3")
    assert found.alignment is None
    assert not (tmp_path / "out" / "alignment.csv").exists()


@pytest.mark.slow
@needs_data
def test_the_real_parties_of_2025(tmp_path: Path) -> None:
    """Who says yes to all scores what a party's own answers give; each party is its own best."""
    importers.run("wahlomat", [DATA / "wahlomat_2025"], {}, tmp_path / "w.yaml")
    of = sets.load(tmp_path / "w.yaml")
    opinions = json.loads((DATA / "wahlomat_2025" / "opinion.json").read_text("utf-8"))
    names = [p["name"] for p in json.loads((DATA / "wahlomat_2025/party.json").read_text("utf-8"))]
    points = dict.fromkeys(names, 0)
    for o in opinions:
        points[names[o["party"]]] += {0: 2, 1: 0, 2: 1}[o["answer"]]
    specs = {name: ModelSpec(name, f"yes={yes}", "planted") for name, yes in (("y", 3), ("n", -3))}
    evidence = [api.run(open_model(s, LoadOptions()), of) for s in specs.values()]
    found = api.place(evidence).alignment
    assert found is not None
    assert len(found) == 2 * 28
    for row in found.to_dict("records"):
        share = points[row["respondent"]] / (2 * 38)
        assert row["score"] == pytest.approx(share if row["model"] == "y" else 1 - share)
        assert math.isnan(row["correlation"])
        assert row["n"] == 38
    own = [
        said(r.name, {s: [0.8 * VALUES[side]] * 3 for s, side in r.answers.items()})
        for r in of.respondents[:3]
    ]
    table = alignment(pd.concat(own), of)
    for name, rows in table.groupby("model"):
        best = rows.loc[rows["score"].idxmax()]
        assert (best["respondent"], best["score"]) == (name, 1.0)
        assert best["correlation"] == pytest.approx(1)
