"""Leanings and yes-bias of replies without probabilities, from shares (docs/method.md 3)."""

from dataclasses import replace

import numpy as np

from probes.placement.effects_key import ALL, KeyedCells, Mask, reached
from probes.placement.grid import Cells
from probes.placement.interval import Floats


def counted(keyed: KeyedCells, cells: Cells) -> KeyedCells:
    """Leanings and yes-bias of replies without probabilities, from shares (docs/method.md 3).

    Args:
        keyed: Cells of an effects key.
        cells: Grids of all statements; their leanings of pairs are not cut to [-1, 1].
    """
    indices = [cells.statements.index(s) for s in keyed.statements]
    bare = np.array([not s.mirror for s in keyed.statements], bool)[:, None]
    raw, leaning = cells.grids["raw"][indices], cells.grids["leaning"][indices]
    bias, centred = tilted(raw, *(bare[:, 0] & (keyed.direction == sign) for sign in (1, -1)))
    leaning = np.where(bare, centred, leaning)
    of_bare = np.where(np.isfinite(raw), np.tanh(bias / 2), np.nan)
    z = keyed.direction[:, None] * leaning
    return replace(
        keyed,
        z=z,
        lam=2 * np.arctanh(np.clip(leaning, -ALL, ALL)),
        yes_bias=np.where(bare, of_bare, keyed.yes_bias),
        replies=True,
        ends=reached(z, cells.grids["unanswered"][indices]),
    )


def tilted(raw: Floats, plus: Mask, minus: Mask) -> tuple[Floats, Floats]:
    """Yes-bias b of each wording, ``(wordings,)``, and leanings without it, from shares of replies.

    b is half the sum of the log-odds of the pooled shares in the two key directions. A leaning is
    ``(p e^(-b/2) - (1 - p) e^(b/2)) / q``, q the mean of ``p e^(-b/2) + (1 - p) e^(b/2)``.

    Args:
        raw: ``(statements, wordings)``, ``2 p - 1``, NaN where missing.
        plus: ``(statements,)``, whether keyed to the positive pole.
        minus: ``(statements,)``, whether keyed to the negative pole.
    """
    p, bias = (1 + raw) / 2, np.zeros(raw.shape[1])
    for group in (plus, minus):
        yes, no = (np.nansum(share[group], axis=0) for share in (p, 1 - p))
        bias += np.log((yes + 0.5).clip(0.5) / (no + 0.5).clip(0.5)) / 2
    yes, no = p * np.exp(-bias / 2), (1 - p) * np.exp(bias / 2)
    q = [np.nansum(part[plus | minus], axis=0) for part in (yes + no, np.isfinite(p))]
    with np.errstate(divide="ignore", invalid="ignore"):  # a wording may lack a key direction
        return bias, (yes - no) / (q[0] / q[1])
