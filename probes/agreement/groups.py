"""Means of groups of rows, fast for many small groups (the few answers of one cell).

Equal to pandas' `groupby().mean()` to the last bit, without its overhead, which takes most of the
time where groups are small.
"""

import numpy as np
import pandas as pd

from probes.evidence.columns import Floats, Ints

SMALL = 64
"""Largest group, in rows, that is summed here; beyond, pandas is used."""


def group_means(values: Floats, group: Ints) -> Floats:
    """Mean of the rows of each group, ignoring NaN; NaN where all are.

    Args:
        values: ``(rows,)`` or ``(rows, columns)``, NaN where missing.
        group: ``(rows,)`` group numbers from 0; numbers without rows are left out of the result.
    """
    columns = values if values.ndim > 1 else values[:, None]
    sizes = np.bincount(group)
    if not len(group) or sizes.max() > SMALL:
        means: Floats = pd.DataFrame(columns).groupby(group).mean().to_numpy()
    else:
        means = _summed(columns, group, sizes)[sizes > 0]
    return means if values.ndim > 1 else means[:, 0]


def _summed(values: Floats, group: Ints, sizes: Ints) -> Floats:
    """Means of groups numbered from 0, by compensated sums (Kahan 1965) in the order of rows."""
    order, starts = np.argsort(group, kind="stable"), np.cumsum(sizes) - sizes
    total, compensation, count = (np.zeros((len(sizes), values.shape[1])) for _ in range(3))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for nth in range(int(sizes.max())):
            larger = np.flatnonzero(sizes > nth)
            row = values[order[starts[larger] + nth]]
            present = ~np.isnan(row)
            step = row - compensation[larger]
            reached = total[larger] + step
            error = reached - total[larger] - step
            error[np.isnan(error)] = 0.0
            total[larger] = np.where(present, reached, total[larger])
            compensation[larger] = np.where(present, error, compensation[larger])
            count[larger] += present
        means: Floats = total / count
    return means
