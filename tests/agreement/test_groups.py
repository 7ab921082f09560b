"""Means of groups: pandas' own numbers, to the last bit."""

import numpy as np
import pandas as pd
import pytest

from probes.agreement.groups import SMALL, group_means


@pytest.mark.parametrize("largest", [1, 3, SMALL, SMALL + 1])
@pytest.mark.parametrize("odd", [(), (np.nan,), (np.inf, -np.inf, np.nan), (-0.0, 1e300, 1e-300)])
def test_means_are_those_of_pandas_to_the_last_bit(largest: int, odd: tuple[float, ...]) -> None:
    """Small groups and large ones, numbers that nobody has, missing and infinite values."""
    rng = np.random.default_rng(largest)
    group = np.repeat(2 * np.arange(40), rng.integers(1, largest + 1, 40))
    group = rng.permutation(np.append(group, np.full(largest, 7)))
    values = rng.normal(0, 1, (len(group), 5)) * 10.0 ** rng.integers(-9, 9, (len(group), 5))
    for value in odd:
        values[rng.random(values.shape) < 0.2] = value
    means = group_means(values, group)
    expected = pd.DataFrame(values).groupby(group).mean().to_numpy()
    assert str(means.tolist()) == str(expected.tolist())  # the sign of zero, too
    one = group_means(values[:, 0], group)
    assert np.array_equal(one, means[:, 0], equal_nan=True)
