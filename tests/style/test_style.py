"""Style beside preferences: regression against statsmodels, and a taste for style, found out."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from probes.asking import protocols
from probes.instruments import sets
from probes.style import measures, regression
from probes.style import table as style
from probes.types import Materials, StatementSet, Tables

RNG = np.random.default_rng(4)


def test_coefficients_and_intervals_are_those_of_statsmodels() -> None:
    """Least squares with errors robust within groups, t with groups less one."""
    groups = [f"t{i}" for i in RNG.integers(0, 12, 90)]
    terms = RNG.normal(size=(90, 2))
    outcome = 0.3 + terms @ np.array([1.0, -0.5]) + RNG.normal(size=90)
    codes = pd.factorize(np.array(groups))[0]
    fit = sm.OLS(outcome, sm.add_constant(terms)).fit(
        cov_type="cluster", cov_kwds={"groups": codes}, use_t=True
    )
    for found, value, ends in zip(
        regression.fitted(outcome, terms, groups), fit.params, fit.conf_int(), strict=True
    ):
        assert (found.value, found.low, found.high) == pytest.approx((value, *ends))


def test_a_term_that_does_not_vary_has_no_coefficient() -> None:
    """The others have theirs; few pairs have none at all; two topics make pairs the units."""
    terms = np.column_stack([RNG.normal(size=30), np.zeros(30)])
    found = regression.fitted(2 * terms[:, 0], terms, [f"t{i % 5}" for i in range(30)])
    assert found[1].value == pytest.approx(2)
    assert np.isnan(found[2].value)
    assert all(np.isnan(e.value) for e in regression.fitted(np.ones(2), np.eye(2), ["a", "b"]))
    values = RNG.normal(size=20)
    one = regression.mean(values, ["a", "b"] * 10)
    assert one == regression.mean(values, [str(i) for i in range(20)])


def test_words_of_truth_are_learnt_and_tried_on_pairs_left_out() -> None:
    """What goes with truth in all pairs is found; where nothing does, it guesses."""
    told = [(f"indeed thing{i} is so", f"thing{i} is so") for i in range(20)]
    assert measures.right_elsewhere(told) == [1.0] * 20
    score = measures.learnt(told).score
    assert score("indeed anything") > score("anything") == 0
    unrelated = [(f"a{i}", f"b{i}") for i in range(20)]
    assert measures.right_elsewhere(unrelated) == [0.5] * 20
    assert measures.right_elsewhere(told[:2]) == [0.5] * 2


def test_measures_are_of_the_language() -> None:
    """Negations where there is a list, harm in English, truth where controls were asked."""
    english = measures.measures("en", sets.load("controls"))
    assert list(english) == ["longer", "fewer negations", "fewer harm words", "truth words"]
    assert list(measures.measures("de", None)) == ["longer", "fewer negations"]
    assert list(measures.measures("cy", None)) == ["longer"]
    assert english["fewer negations"]("No tax is never fair.") == -2
    assert english["fewer harm words"]("It threatens and undermines, and wastes nothing.") == -3
    assert english["longer"]("Three small words.") == 3


@pytest.fixture(scope="module")
def pairs() -> StatementSet:
    """The compass's first axis with a topic each, and half of it turned."""
    return sets.load("compass")


def concluded(pairs: StatementSet, lam: dict[str, float]) -> pd.DataFrame:
    """The table of style of a model with these preferences for statements over their mirrors."""
    recipe = protocols.load("preference")
    rows = [
        {"model": "m", "role": "statement", "statement": name, "wording": w.name, "lam": value}
        for name, value in lam.items()
        for w in recipe.wordings
    ]
    tables = SimpleNamespace(agreement=pd.DataFrame(rows))
    materials = Materials(pairs, recipe, sets.load("controls"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(style, "replace", lambda of, **new: SimpleNamespace(**vars(of), **new))
        found: pd.DataFrame = style.beside(materials, tables).style  # type: ignore[arg-type,assignment]
    return found.set_index(["axis", "kind", "term"])


def test_a_liking_for_short_texts_is_no_leaning(pairs: StatementSet) -> None:
    """All of it is explained by length: the intercept is 0, whatever the share is."""
    length = measures.measures("en", None)["longer"]
    lam = {s.id: -0.2 * (length(s.text) - length(str(s.mirror))) for s in pairs.statements}
    table = concluded(pairs, lam)
    for axis in ("economic", "social"):
        assert table.loc[(axis, "effect", "intercept"), "value"] == pytest.approx(0, abs=1e-9)
        assert table.loc[(axis, "effect", "longer"), "value"] == pytest.approx(-0.2)
        model, longer = (table.loc[(axis, "share", n)] for n in ("the model", "longer"))
        assert model["value"] == pytest.approx(1 - longer["value"])
        assert model["ties"] == longer["ties"] > 0


def test_a_leaning_beside_style_is_the_intercept(pairs: StatementSet) -> None:
    """Seen from the positive pole, whichever text is called the statement."""
    length = measures.measures("en", None)["longer"]
    lam = {
        s.id: 0.1 * (length(s.text) - length(str(s.mirror)))
        - 0.7 * np.sign(sum(s.effects.values()))
        for s in pairs.statements
    }
    for turned in (False, True):
        asked, own = pairs, lam
        if turned:
            asked = replace(
                pairs,
                statements=tuple(
                    replace(
                        s,
                        text=str(s.mirror),
                        mirror=s.text,
                        effects={a: -w for a, w in s.effects.items()},
                    )
                    for s in pairs.statements
                ),
            )
            own = {name: -value for name, value in lam.items()}
        table = concluded(asked, own)
        found = table.loc[("economic", "effect", "intercept")]
        assert found["value"] == pytest.approx(-0.7)
        assert found["pairs"] == 40


def test_other_methods_have_no_table_of_style(pairs: StatementSet) -> None:
    """Nor has a run that nothing was answered in."""
    empty = Tables(*[()] * 3, *[pd.DataFrame()] * 8)  # type: ignore[arg-type]
    materials = Materials(pairs, protocols.load("preference"), None)
    assert style.beside(materials, empty) is empty
    filled = replace(empty, agreement=pd.DataFrame({"model": ["m"]}))
    other = replace(materials, recipe=protocols.load("default"))
    assert style.beside(other, filled) is filled
