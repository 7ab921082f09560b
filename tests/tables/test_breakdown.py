"""Breakdowns: by wording and by statement, and models that answered alike side by side."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.instruments import sets
from probes.runs import read_back, session
from probes.tables import breakdown
from probes.types import ModelSpec, Tables

pytestmark = pytest.mark.usefixtures("pictureless")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Four models on the compass; the third refuses some prompts."""
    texts = {
        "left": "economic=-5,noise=.5,yes=1",
        "right": "economic=5,noise=.5",
        "shy": "economic=-4,abstain=.1,noise=.5",
        "right-too": "economic=6,noise=.5",
    }
    specs = [ModelSpec(name, text, "planted") for name, text in texts.items()]
    out = tmp_path_factory.mktemp("breakdown") / "out"
    made = session.probe(session.Request(specs, "compass", limit=24), out)
    read = read_back.tables(out)
    for name in ("wordings", "statements"):
        one, other = getattr(made, name), getattr(read, name)
        assert list(one.columns) == list(other.columns)
        assert len(one) == len(other) > 0
    return made


def test_the_weighted_mean_over_wordings_is_the_placement(found: Tables) -> None:
    """Missing cells count in both as the placement has them."""
    assert found.wordings is not None
    table = found.wordings.assign(part=found.wordings["position"] * found.wordings["weight"])
    means = table.groupby(["model", "axis"])["part"].sum()
    placed = found.placements.set_index(["model", "axis"])["position"]
    assert means.to_dict() == pytest.approx(placed.loc[means.index].to_dict())


def test_wordings_say_how_many_statements_were_answered(found: Tables) -> None:
    assert found.wordings is not None
    counts = found.wordings.groupby("model")["statements"]
    assert set(counts.min()[["left", "right"]]) == {12}
    assert counts.min()["shy"] < 12


def test_a_statement_is_the_mean_of_what_agreement_has(found: Tables) -> None:
    """Leaning where there is a mirror: a yes-sayer's yes is not in it."""
    assert found.statements is not None
    rows = found.agreement.query("role == 'statement'")
    means = rows.groupby(["model", "statement"])["leaning"].mean()
    mine = found.statements.set_index(["model", "statement"])
    assert mine["agreement"].to_dict() == pytest.approx(means.to_dict(), nan_ok=True)
    assert (mine["asked"] == 8).all()
    assert (
        mine["answered"].to_dict()
        == rows.groupby(["model", "statement"])["leaning"].count().to_dict()
    )


def test_pull_is_the_pole_of_agreeing(found: Tables) -> None:
    assert found.statements is not None
    effects = {s.id: s.effects for s in sets.load("compass").statements}
    for row in found.statements.drop_duplicates("statement").itertuples():
        assert np.sign(effects[row.statement][row.axis]) == row.pull


def test_models_alike_stand_side_by_side_from_the_negative_pole_on(found: Tables) -> None:
    assert found.statements is not None
    order = list(dict.fromkeys(found.statements["model"]))
    assert set(order[:2]) == {"left", "shy"}
    assert set(order[2:]) == {"right", "right-too"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.one_of(st.floats(-1, 1), st.just(math.nan)), min_size=4, max_size=4)))
def test_every_model_stands_once_whatever_is_missing(rows: list[list[float]]) -> None:
    grid = np.array(rows, dtype=np.float64).reshape(len(rows), 4)
    assert sorted(breakdown.similarity_order(grid, np.ones(4))) == list(range(len(rows)))
