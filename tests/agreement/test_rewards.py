"""Rewards in units of the control pairs, of respondents whose rewards are known in closed form."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from probes.plots import families, shift

from probes import api
from probes.agreement import rewards
from probes.agreement.rewards import control_scales
from probes.agreement.table import agreement
from probes.asking import protocols
from probes.backends import planted
from probes.instruments import sets
from probes.models.load import open_model
from probes.runs import session
from probes.types import LoadOptions, ModelInfo, ModelSpec, Rewards, Tables
from probes.types.reasons import REWARDS, UNSCALED, codes
from tests import respondents
from tests.pictures import texts

pytestmark = pytest.mark.usefixtures("pictureless")
OPINION = "economic=-6,social=6,yes=2"


@pytest.fixture(scope="module")
def protocol(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three wordings of three lexicons, two of which offer several forms or options."""
    recipe = protocols.load("default")
    wordings = tuple(w for w in recipe.wordings if w.name in ("agree", "support", "four-end"))
    path = tmp_path_factory.mktemp("protocol") / "three.yaml"
    small = replace(recipe, name="three", wordings=wordings, blanks=())
    path.write_text(protocols.dump(small))
    return path


@pytest.fixture(scope="module")
def run(protocol: Path, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """The same respondent as a language model and as three reward models of other scales."""
    models = [
        f"{name}=planted:{OPINION}{more}"
        for name, more in (
            ("lm", ""),
            ("small", ",reward=0.001"),
            ("one", ",reward=1"),
            ("large", ",reward=900"),
        )
    ]
    request = session.Request(models, set="compass", protocol=str(protocol), limit=40)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("probes.runs.conclude.draw", lambda *_: None)
        return session.probe(request, tmp_path_factory.mktemp("run") / "run")


def of(tables: Tables, model: str, axis: str = "economic") -> pd.Series:
    rows = tables.placements.set_index(["model", "axis"])
    found: pd.Series = rows.loc[model, axis]
    return found


def test_a_position_is_known_in_closed_form_whatever_the_scale(run: Tables) -> None:
    """L over the spread of the controls, 2 artanh(0.6) / 4; the liking for yes cancels."""
    for model in ("small", "one", "large"):
        row = of(run, model)
        expected = 10 * math.tanh(2 * math.atanh(0.6) / planted.CONTROL_LOG_ODDS / 2)
        assert row["position"] == pytest.approx(-expected, rel=1e-6)
        assert row["direction"] == -10
        assert row["placed"]
        assert REWARDS.code in codes(row["reason"])
        assert row["yes_bias"] > 0
        assert np.isnan(row["blank_corrected"])
        assert np.isnan(row["mass"])


def test_a_model_of_words_is_not_scaled(run: Tables) -> None:
    """It stands where it always stood."""
    assert of(run, "lm")["position"] == pytest.approx(-6)
    assert "rewards" not in codes(of(run, "lm")["reason"])


def test_the_scale_of_each_wording_is_told(run: Tables) -> None:
    """In the model's own units."""
    assert run.rewards is not None
    spread = run.rewards.set_index(["model", "wording"])["spread"]
    for model, scale in (("small", 0.001), ("one", 1), ("large", 900)):
        assert np.allclose(spread[model], planted.CONTROL_LOG_ODDS * scale)
    assert "lm" not in set(run.rewards["model"])
    assert run.rewards["scaled"].all()


@pytest.mark.slow
def test_no_move_is_claimed_between_rewards_and_words(protocol: Path, tmp_path: Path) -> None:
    """Base, aligned and reward model of one family stand in one table, and one figure."""
    specs = [
        ModelSpec("base", "economic=-3,social=3", "planted", family="f"),
        ModelSpec("aligned", "economic=-6,social=6", "planted", family="f", parent="base"),
        ModelSpec("rm", "economic=-8,social=8,reward=5", "planted", family="f", parent="base"),
    ]
    request = session.Request(specs, set="compass", protocol=str(protocol), limit=40)
    tables = session.probe(request, tmp_path / "run")
    assert tables.differences is not None
    verdicts = tables.differences.set_index(["model", "axis"])
    assert "no scale in common" in verdicts.loc[("rm", "economic"), "reason"]
    assert verdicts.loc[("rm", "economic"), "verdict"] == "cannot be told apart"
    assert "no scale in common" not in verdicts.loc[("aligned", "economic"), "reason"]
    for figure in (families, shift):
        assert {spec.name for spec in specs} <= {t.get_text() for t in texts(figure.draw(tables))}


def table(lam: dict[str, list[float]], truth: list[int]) -> pd.DataFrame:
    """Rows of control pairs and of one statement, wording by wording."""
    rows = [
        {"model": "m", "role": "control", "statement": f"c{i}", "wording": name, "lam": value}
        for name, values in lam.items()
        for i, value in enumerate(values)
    ]
    rows += [
        {"model": "m", "role": "statement", "statement": "s", "wording": name, "lam": 3.0}
        for name in lam
    ]
    frame = pd.DataFrame(rows)
    every = dict.fromkeys((*rewards.UNSCALED, "blank_corrected", "blank_spread", "mirrored"), 0.5)
    given = {"log_odds": frame["lam"] + 1, "log_odds_mirror": 1 - frame["lam"], "status": "ok"}
    assert len(truth) == len(next(iter(lam.values())))
    return frame.assign(**given, **every)


def controls(truth: list[int]) -> sets.StatementSet:
    """As many control pairs, true or false as given."""
    whole = sets.load("controls")
    some = [
        replace(s, id=f"c{i}", effects={"truth": float(sign)})
        for i, (s, sign) in enumerate(zip(whole.statements, truth, strict=False))
    ]
    return replace(whole, statements=tuple(some))


def test_a_sides_reward_is_the_mean_of_its_options() -> None:
    """(7 + 3) / 2 - (-2 + 4) / 2: rewards ten times as large are ten times as far apart."""
    protocol = respondents.recipe(1, respondents.FOUR)
    own = ModelInfo("m", "planted", "m", rewards=Rewards())
    header = respondents.header("m", protocol, model=own)
    for factor in (1.0, 10.0):
        given = {"sa": 7.0, "a": 3.0, "d": -2.0, "sd": 4.0}
        rewarded = {label: factor * reward - 80 * factor for label, reward in given.items()}
        answers = [respondents.answer("s", "statement", "w0", rewarded)]
        (found,) = agreement(header, answers, protocol)["log_odds"]
        assert found == pytest.approx(4 * factor)
    summed = agreement(respondents.header("m", protocol), answers, protocol)["log_odds"]
    assert summed[0] != pytest.approx(4 * factor)


TRUTH = [1, -1] * 5


def test_a_wording_in_which_known_facts_are_not_told_apart_is_left_out() -> None:
    """By hand: mean lambda over its standard error; the statement has no answer there."""
    clear = [2.0 * t for t in TRUTH[:9]] + [4.0 * TRUTH[9]]
    unclear = [2.0 * t * (1 if i < 6 else -1) for i, t in enumerate(TRUTH)]
    lam = {
        "clear": clear,
        "unclear": unclear,
        "equal": [0.0] * 10,
        "few": [1.0, -1.0] + [math.nan] * 8,
    }
    frame = table(lam, TRUTH)
    scales = control_scales(frame, controls(TRUTH))
    assert scales["clear"].spread == pytest.approx(math.sqrt((9 * 4 + 16) / 10))
    error = float(np.std([2.0] * 9 + [4.0], ddof=1)) / math.sqrt(10)
    assert scales["clear"].separation == pytest.approx(2.2 / error)
    assert {name: s.usable for name, s in scales.items()} == {
        "clear": True,
        "unclear": False,
        "equal": False,
        "few": False,
    }
    assert (scales["equal"].ties, scales["few"].pairs) == (10, 2)
    found = rewards.scaled(frame, scales).set_index(["role", "wording"])
    own = found.loc["statement"]
    assert own.loc["clear", "lam"] == pytest.approx(3 / scales["clear"].spread)
    assert own.loc["clear", "leaning"] == pytest.approx(math.tanh(1.5 / scales["clear"].spread))
    assert list(own["status"]) == ["ok", "failed", "failed", "failed"]
    assert own["lam"].isna().tolist() == [False, True, True, True]
    assert found.loc["control", "lam"].notna().sum() == 32


def test_a_scaled_table_is_judged_like_the_one_it_was_made_of() -> None:
    """Tables are read again from disk: whether facts are told apart knows no scale."""
    frame = table({"w": [(2.0 + i) * t for i, t in enumerate(TRUTH)]}, TRUTH)
    scales = control_scales(frame, controls(TRUTH))
    again = control_scales(rewards.scaled(frame, scales), controls(TRUTH))
    assert again["w"].separation == pytest.approx(scales["w"].separation)
    assert again["w"].spread == pytest.approx(1)


@pytest.mark.parametrize("without", ["controls", "truth"])
def test_rewards_without_a_scale_are_not_placed(
    protocol: Path, without: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No controls were asked; or they are preferred at random."""
    recipe = protocols.load(protocol)
    if without == "controls":
        recipe = replace(recipe, controls="")
    else:
        exact = planted.Planted._opinion

        def blind(self: planted.Planted, prompt: object) -> float:
            if prompt.role != "control":  # type: ignore[attr-defined]
                return exact(self, prompt)  # type: ignore[arg-type]
            return 0.01 if len(prompt.statement.id) % 2 else -0.01  # type: ignore[attr-defined]

        monkeypatch.setattr(planted.Planted, "_opinion", blind)
    (tmp_path / "p.yaml").write_text(protocols.dump(recipe))
    model = open_model(ModelSpec("m", f"{OPINION},reward=2", "planted"), LoadOptions())
    evidence = api.run(model, "compass", protocol=str(tmp_path / "p.yaml"), limit=20)
    placements = api.place(evidence).placements
    assert not placements["placed"].any()
    assert all(UNSCALED.code in codes(reason) for reason in placements["reason"])
