"""Means of groups of rows: of the few answers that belong to one cell.

The same numbers as pandas' `groupby().mean()`, to the last bit, without what it does around them,
which takes most of a model's time where groups are small.
"""

import numpy as np
import pandas as pd

from probes.evidence.columns import Floats, Ints

SMALL = 64
"""Rows in the largest group up to which they are added up here."""


def group_means(values: Floats, group: Ints) -> Floats:
    """Mean of the rows of each group that are there, NaN where none is.

    Args:
        values: ``(rows,)`` or ``(rows, columns)``, NaN where missing.
        group: ``(rows,)``, numbers from 0 up; those that no row has are left out.
    """
    columns = values if values.ndim > 1 else values[:, None]
    sizes = np.bincount(group)
    if not len(group) or sizes.max() > SMALL:
        means: Floats = pd.DataFrame(columns).groupby(group).mean().to_numpy()
    else:
        means = _summed(columns, group, sizes)[sizes > 0]
    return means if values.ndim > 1 else means[:, 0]


def _summed(values: Floats, group: Ints, sizes: Ints) -> Floats:
    """Means of groups numbered from 0 up: compensated sums (Kahan 1965), in the order of rows."""
    order, starts = np.argsort(group, kind="stable"), np.cumsum(sizes) - sizes
    total, lost, count = (np.zeros((len(sizes), values.shape[1])) for _ in range(3))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for nth in range(int(sizes.max())):
            at = np.flatnonzero(sizes > nth)
            row = values[order[starts[at] + nth]]
            present = ~np.isnan(row)
            step = row - lost[at]
            reached = total[at] + step
            error = reached - total[at] - step
            error[np.isnan(error)] = 0.0
            total[at] = np.where(present, reached, total[at])
            lost[at] = np.where(present, error, lost[at])
            count[at] += present
        means: Floats = total / count
    return means
