"""A corpus' position against the shift of the model trained on it: line, ranks, refusals."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from typer.testing import CliRunner

from probes.cli import app
from probes.comparison import ranks
from probes.corpora import dose
from probes.errors import UsageError
from probes.types import Tables
from tests.kin import probed, spec
from tests.pictures import tables

pytestmark = pytest.mark.usefixtures("pictureless")
PLACES = {"a": -8.0, "b": -3.0, "c": 0.0, "d": 2.0, "e": 7.0}
NAMES = tuple(f"child-{name}" for name in PLACES)


def children(slope: float = 0.5) -> Tables:
    """Five children of a base, each moved by `slope` times the place of its corpus, and 1 more."""
    run = tables(6, 1, ("base", *NAMES))
    moved = [1 + slope * place for place in PLACES.values()]
    rows = pd.DataFrame({"model": NAMES, "against": "base", "axis": "economic"})
    rows = rows.assign(difference=moved, low=np.array(moved) - 0.5, high=np.array(moved) + 0.5)
    corpus = [math.nan, *PLACES]
    return replace(run, models=run.models.assign(corpus=corpus), differences=rows)


def corpora(**changes: object) -> Tables:
    """The five corpora, placed."""
    run = tables(5, 1, tuple(PLACES))
    at = np.array([*PLACES.values()])
    frame = run.placements.assign(position=at, low=at - 1, high=at + 1)
    return replace(run, placements=frame.assign(**changes))


def test_what_was_planted_is_the_line_and_the_ranks() -> None:
    pairs, fits = dose.dose(children(), corpora(), {})
    (fit,) = fits.to_dict("records")
    found = [fit[name] for name in ("pairs", "slope", "intercept", "spearman")]
    assert found == pytest.approx([5, 0.5, 1.0, 1.0])
    assert fit["p"] == pytest.approx(2 / 120)
    assert fit["slope_low"] <= 0.5 + 1e-9
    assert fit["slope_high"] >= 0.5 - 1e-9
    assert fit["exact"]
    assert pairs["corpus"].tolist() == list(PLACES)
    assert "exact p = 0.0167" in next(dose.described(fits))


@pytest.mark.parametrize("count", [4, 5, 6])
def test_p_is_that_of_all_orders(count: int) -> None:
    """As scipy counts them, ties among them."""
    rng = np.random.default_rng(count)
    for _ in range(7 - count):
        x, y = rng.normal(size=count).round(), rng.normal(size=count)
        wanted = stats.permutation_test(
            (x,), lambda a, y=y: stats.spearmanr(a, y).statistic,
            permutation_type="pairings", n_resamples=np.inf, vectorized=False,
        )  # fmt: skip
        rho, p = ranks.rank_test(x, y)
        assert rho == pytest.approx(wanted.statistic)
        assert p == pytest.approx(wanted.pvalue)


def test_p_of_many_pairs_is_drawn_and_near_the_exact_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=8)
    y = x + rng.normal(size=8)
    exact = ranks.rank_test(x, y)[1]
    monkeypatch.setattr(ranks, "EXACT", 7)
    assert ranks.rank_test(x, y)[1] == pytest.approx(exact, abs=0.003)
    assert ranks.rank_test(x, y) == ranks.rank_test(x, y)


def test_the_slope_s_interval_covers() -> None:
    """In 95 of 100 samples of six pairs, as the t interval of least squares does."""
    rng, held = np.random.default_rng(1), 0
    x = np.array([-8.0, -8, 0, 0, 8, 8])
    for _ in range(400):
        slope, _, half = dose.line(x, 0.3 * x + rng.normal(size=6))
        held += abs(slope - 0.3) <= half
    assert 370 <= held <= 390


def test_below_four_pairs_there_is_no_line() -> None:
    """A corpus that is not placed makes no pair, and says why."""
    placed = [True, True, True, False, False]
    pairs, fits = dose.dose(children(), corpora(placed=placed, reason="too few"), {})
    assert fits["slope"].isna().all()
    assert fits["reason"].tolist() == ["3 pairs of corpus and model, fewer than 4"]
    assert pairs["reason"].tolist() == ["", "", "", "too few", "too few"]
    assert "no line: 3 pairs" in next(dose.described(fits))


def test_corpora_at_one_place_have_no_line() -> None:
    fits = dose.dose(children(), corpora(position=1.0), {})[1]
    assert fits["reason"].tolist() == ["all corpora stand at one place, or all models moved alike"]


def test_a_name_that_is_typed_goes_before_the_one_that_is_listed() -> None:
    pairs, _ = dose.dose(children(), corpora(), {"child-a": "e"})
    assert pairs["corpus"].tolist() == ["e", "b", "c", "d", "e"]
    unlisted = replace(children(), models=children().models.assign(corpus=math.nan))
    assert len(dose.dose(unlisted, corpora(), {"child-b": "b"})[0]) == 1


@pytest.mark.parametrize(
    ("models", "named", "sentence"),
    [
        (replace(children(), differences=None), {}, "no model beside its parent"),
        (replace(children(), models=children().models.assign(corpus="z")), {}, "on which corpus"),
        (children(), {"child-z": "a"}, "no model of the run is called 'child-z'; valid: base"),
        (children(), {"child-a": "z"}, "no corpus is called 'z'; valid: a, b, c, d, e"),
    ],
)
def test_what_has_no_pairs_is_one_sentence(
    models: Tables, named: dict[str, str], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence) as caught:
        dose.dose(models, corpora(), named)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_the_command_writes_tables_and_the_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a run of children, and one of corpora on the same set; another set is refused."""
    monkeypatch.chdir(tmp_path)
    places = {"far-left": -8, "left": -4, "right": 3, "far-right": 7}
    moved = [
        spec(f"on-{name}", f"economic={0.5 * at},noise=0.3", parent="base", corpus=name)
        for name, at in places.items()
    ]
    probed(tmp_path, spec("base", "economic=0,noise=0.3"), *moved, axes=1, out="run")
    texts = [spec(name, f"economic={at},noise=0.3") for name, at in places.items()]
    probed(tmp_path, *texts, axes=1, out="corpora")
    done = CliRunner().invoke(app, ["corpus", "dose", "run", "corpora"])
    assert done.exit_code == 0, done.output
    assert "Spearman's +1.00 over 4 pairs, exact p = 0.0833" in done.output
    names = sorted(path.name for path in Path("corpora/dose").iterdir())
    assert names == ["dose.csv", "dose.png", "dose.svg", "dose_fits.csv"]
    (fit,) = pd.read_csv("corpora/dose/dose_fits.csv").to_dict("records")
    assert fit["slope"] == pytest.approx(0.5, abs=0.1)
    probed(tmp_path, *texts, axes=2, out="other")
    refused = CliRunner().invoke(app, ["corpus", "dose", "run", "other"])
    assert "must be placed on the same one" in str(refused.exception)
