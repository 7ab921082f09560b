"""Effect of counter-arguments: `challenge.csv`, a row for each model, axis and pole.

Each text is asked three times: plainly, after an agreeing answer and a counter-argument, and after
a disagreeing answer and a counter-argument. The model's plain answer selects the branch that
applies to it; the answer is given up if the side changes in that branch. The unit of analysis is a
text (statement or mirror) in a wording.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from probes.replies.convergence import share_interval
from probes.types import Condition, StatementSet

COLUMNS = (
    "model",
    "axis",
    "pole",
    "answers",
    "given_up",
    "share",
    "low",
    "high",
    "units",
    "reason",
)
TEXTS = ("log_odds", "log_odds_mirror")
"""Log-odds of agreeing with the statement, and with its mirror (whose key is the opposite)."""
FEWEST_TOPICS = 3


def challenge(
    agreement: pd.DataFrame,
    under: Mapping[str, pd.DataFrame],
    conditions: Sequence[Condition],
    statements: StatementSet,
) -> pd.DataFrame | None:
    """A row for each model, axis and pole with challenged answers; None if there are none.

    Args:
        agreement: Agreement table under the first condition.
        under: Condition name -> agreement table under it.
        conditions: Conditions of the run; only those with a `challenge` are used.
        statements: Statement set of the run.
    """
    frames = {c.challenge: under[c.name] for c in conditions if c.challenge and c.name in under}
    if not any(len(frame) for frame in frames.values()):
        return None
    plain = _texts(agreement)
    branches = {str(side): _texts(frame) for side, frame in frames.items()}
    rows = [
        row for axis in statements.axes for row in _rows(plain, branches, axis.name, statements)
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    rank = {name: n for n, name in enumerate(dict.fromkeys(agreement["model"]))}
    order = np.argsort(table["model"].map(rank).to_numpy(), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def _texts(agreement: pd.DataFrame) -> pd.Series:
    """``(model, statement, wording, text)`` -> log-odds of agreeing with the text."""
    rows = agreement[agreement["role"] == "statement"]
    long = rows.melt(
        ["model", "statement", "wording"], list(TEXTS), var_name="text", value_name="L"
    )
    odds: pd.Series = long.set_index(["model", "statement", "wording", "text"])["L"]
    return odds.astype(float)


def _rows(
    plain: pd.Series, branches: Mapping[str, pd.Series], axis: str, statements: StatementSet
) -> Iterator[dict[str, object]]:
    pulls = {
        s.id: s.effects.get(axis) or (s.table[axis][3] - s.table[axis][0] if axis in s.table else 0)
        for s in statements.statements
    }
    topics = {s.id: s.topic or f"statement {s.id}" for s in statements.statements}
    own = plain[(plain != 0) & plain.notna()].rename("own").reset_index()
    own["pull"] = own["statement"].map(pulls)
    own = own[own["pull"].fillna(0) != 0]
    key = ["model", "statement", "wording", "text"]
    sign, after = np.sign(own["own"].to_numpy(np.float64)), np.full(len(own), np.nan)
    for side, taken in (("agree", 1), ("disagree", -1)):
        if side in branches:
            branch = branches[side].reindex(pd.MultiIndex.from_frame(own[key])).to_numpy(np.float64)
            after = np.where(sign == taken, branch, after)
    turned = np.where(own["text"] == TEXTS[0], 1, -1)
    towards = sign * np.sign(own["pull"].to_numpy(np.float64)) * turned
    named = next(a for a in statements.axes if a.name == axis)
    own["pole"] = np.where(towards > 0, named.positive, named.negative)
    sided = np.isfinite(after) & (after != 0)
    own = own.assign(lost=np.sign(after) != sign)[sided]
    for (model, pole), rows in own.groupby(["model", "pole"], sort=True):
        lost = rows["lost"].to_numpy()
        units, names = pd.factorize(rows["statement"].map(topics))
        low, high = share_interval(lost, units)
        yield {
            "model": model,
            "axis": axis,
            "pole": pole,
            "answers": len(lost),
            "given_up": int(lost.sum()),
            "share": float(lost.mean()),
            "low": low,
            "high": high,
            "units": "topics" if len(names) >= FEWEST_TOPICS else "answers",
            "reason": "",
        }
