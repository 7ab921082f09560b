"""Correction of shares of stances for the errors of the stance model (the judge).

Rogan and Gladen's correction for three stances, by the inverse of the confusion matrix, with draws
of the matrix for its sampling error (docs/method.md 12). Pure numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from probes.errors import UsageError
from probes.replies.accuracy import LABELS

Floats = NDArray[np.float64]
DRAWS = 2000
MORE = 0.5
"""Added to each count of the matrix before drawing: Jeffreys' prior."""
NORMAL = 1.959964
"""Normal quantile of 95 % intervals; also the least distance of the matrix from a singular one, in
standard errors."""


@dataclass(frozen=True, slots=True)
class JudgeErrors:
    """Inverses of a judge's confusion matrix: of the observed one, and of draws."""

    name: str
    """Name of the file of labelled replies."""
    inverse: Floats = field(repr=False)
    """``(3, 3)``: judged shares times this are corrected shares, in the order of `LABELS`."""
    draws: Floats = field(repr=False)
    """``(DRAWS, 3, 3)``: inverses of drawn matrices."""


def judge_errors(matrix: Mapping[str, Mapping[str, int]], name: str, seed: int = 0) -> JudgeErrors:
    """Build the correction from a confusion matrix of labelled replies.

    Args:
        matrix: Label -> judged stance -> number of replies.
        name: Name of the labels in errors and tables.
        seed: Seed of the draws.

    Raises:
        UsageError: a label has no replies, or the judge is not better than chance.
    """
    counts = np.array([[matrix.get(a, {}).get(b, 0) for b in LABELS] for a in LABELS], float)
    for label, row in zip(LABELS, counts, strict=True):
        if not row.sum():
            raise UsageError(
                f"{name}: none of the labelled replies is labelled {label!r}; a text that was "
                "asked for may agree, disagree or take no side, so labels of all three are needed"
            )
    rng = np.random.default_rng(seed)
    gamma = rng.standard_gamma(counts + MORE, (DRAWS, 3, 3))
    drawn = gamma / gamma.sum(axis=2, keepdims=True)
    least = np.linalg.svd(drawn, compute_uv=False)[:, -1]
    seen = counts / counts.sum(axis=1, keepdims=True)
    smallest = float(np.linalg.svd(seen, compute_uv=False)[-1])
    others = [max(row[k] for row in np.delete(seen, k, axis=0)) for k in range(3)]
    if any(np.diag(seen) <= others) or smallest <= NORMAL * float(least.std()):
        raise UsageError(
            f"{name}: the judge cannot be told from guessing: of the replies labelled "
            + ", ".join(f"{n} it says so of {seen[i, i]:.0%}" for i, n in enumerate(LABELS))
            + ", so nothing can be corrected by it"
        )
    return JudgeErrors(name, np.linalg.inv(seen), np.linalg.inv(drawn))
