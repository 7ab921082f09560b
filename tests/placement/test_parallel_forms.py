"""Parallel forms: which statements make them, and what a correlation of halves is for the whole."""

from dataclasses import replace

import numpy as np
import pytest

from probes.placement.grid import cells
from probes.placement.parallel_forms import forms, split_half_reliability, stepped_up
from probes.types import Materials, StatementSet
from tests.respondents import answers, balanced, instrument, keyed, placed, recipe


def weighted(*effects: float) -> StatementSet:
    """A set of statements with these effects on one axis."""
    return instrument([{"economic": effect} for effect in effects])


def test_forms_pair_statements_of_a_topic_and_direction() -> None:
    """First to A, second to B; one left over is in neither; without topics by direction alone."""
    of = weighted(1, 1, -1, -1, 1, 1, -1, -1, 1)
    topical = (replace(s, topic=f"t{i % 2}") for i, s in enumerate(of.statements))
    ids = [s.id for s in of.statements]

    def numbers(form: tuple[str, ...]) -> list[int]:
        return [ids.index(name) for name in form]

    one, other = forms(replace(of, statements=tuple(topical)), "economic")
    assert (numbers(one), numbers(other)) == ([0, 1, 2, 3], [4, 5, 6, 7])
    one, other = forms(weighted(1, -1, 1, -1, 1), "economic")
    assert (numbers(one), numbers(other)) == ([0, 1], [2, 3])
    assert forms(weighted(1, -1), "economic") == ((), ())


@pytest.mark.parametrize(
    ("r", "whole"), [(1.0, 1.0), (0.5, 2 / 3), (0.0, 0.0), (-0.2, -0.5), (-0.5, -1.0), (-1, -1.0)]
)
def test_halves_are_stepped_up_by_spearman_and_brown(r: float, whole: float) -> None:
    """2r / (1 + r), and -1 where that is below it."""
    first = np.array([1.0, -1.0, 1.0, -1.0])
    second = r * first + np.sqrt(1 - r * r) * np.array([1.0, 1.0, -1.0, -1.0])
    assert stepped_up(first, second) == pytest.approx(whole)


def test_two_pairs_or_equal_answers_have_no_reliability() -> None:
    """There is nothing to correlate."""
    assert np.isnan(stepped_up(np.array([1.0, 2.0]), np.array([1.0, 2.0])))
    assert np.isnan(stepped_up(np.ones(4), np.arange(4.0)))


def test_reliability_is_of_unkeyed_leanings_over_the_pairs() -> None:
    """Whatever the key: the correlation of both forms' leanings, stepped up."""
    of = instrument(balanced(8))
    signs = np.array([s.effects["economic"] for s in of.statements])
    one, other = forms(of, "economic")
    where = {s.id: i for i, s in enumerate(of.statements)}
    z = np.empty((8, 3))
    a, b = np.array([0.8, -0.1, 0.2, 0.4]), np.array([0.1, 0.3, -0.2, 0.9])
    z[[where[i] for i in one]], z[[where[i] for i in other]] = a[:, None], b[:, None]
    materials = Materials(of, recipe(3))
    lam = keyed(materials, z)
    rows = placed(materials, {"m": answers(materials, lam, -lam)}).agreement
    key = signs[[where[i] for i in one]]
    r = np.corrcoef(a * key, b * key)[0, 1]
    found = split_half_reliability(
        cells(rows, of, materials.recipe), of, materials.recipe, "economic"
    )
    assert found == pytest.approx(2 * r / (1 + r))
