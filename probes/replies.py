"""Replies without probabilities -> agreement: what was chosen is counted over repetitions.

Five or more replies to a statement give log-odds of their counts, from which a yes-bias cancels;
fewer give the plain difference, from which it does not (METHOD 3). The four answers of a table key
are the shares of what was chosen: one reply has all of it.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from probes.types import MIRRORED, Answer, Header, Option

ENOUGH = 5
"""Replies from which log-odds are made of counts."""
EDGE = 0.9999
"""A plain difference of 1 has no log-odds: it counts as this."""
COUNTS = ["agree", "disagree", "neutral", "sd", "d", "a", "sa"]
SEVERITY = ("ok", "refused", "unparsed", "failed")
ROW = ["role", "statement", "wording"]


def tallied(header: Header, answers: Iterable[Answer]) -> pd.DataFrame:
    """One row a statement and wording, with the columns of `agreement.agreement`.

    Repetitions and option orders are pooled. What needs probabilities is empty.
    """
    table = pd.DataFrame([_counted(a, header.wordings[a.wording]) for a in answers])
    if table.empty:
        return table
    sums = table.groupby([*ROW, "mirrored"], sort=False)[["n", *COUNTS]].sum()
    worst = table.groupby(ROW, sort=False)["severity"].max()
    text = sums.xs(key=False, level="mirrored").reindex(worst.index).fillna(0)
    opposed = sums.index.get_level_values("mirrored").any()
    mirror = sums.xs(key=True, level="mirrored") if opposed else sums.iloc[:0].droplevel("mirrored")
    has_mirror = worst.index.isin(mirror.index)
    rows = _leanings(text, mirror.reindex(worst.index).fillna(0))
    four = text[["sd", "d", "a", "sa"]].to_numpy(dtype=np.float64)
    total = four.sum(axis=1, keepdims=True)
    graded = pd.Series({name: _graded(o) for name, o in header.wordings.items()})
    offers = graded.reindex(worst.index.get_level_values("wording")).to_numpy(dtype=bool)[:, None]
    shares = np.divide(four, total, out=np.full_like(four, np.nan), where=(total > 0) & offers)
    rows[["p_sd", "p_d", "p_a", "p_sa"]] = shares
    rows["strength"] = _strength(shares, rows["log_odds"].to_numpy())
    neutral = pd.Series({n: any(o.side == "neutral" for o in w) for n, w in header.wordings.items()})
    offered = neutral.reindex(worst.index.get_level_values("wording")).to_numpy(dtype=bool)
    rows["neutral"] = (text["neutral"] / text["n"]).where(offered & (text["n"] > 0))
    ok = rows["log_odds"].notna() & (rows["lam"].notna() | ~has_mirror)
    rows["status"] = np.where(ok, "ok", np.array(SEVERITY)[worst.clip(lower=1)])
    empty = dict.fromkeys(("mass", "blank_spread", "blank_corrected"), np.nan)
    return rows.assign(**empty, model=header.model.name).reset_index()


def _counted(answer: Answer, options: Sequence[Option]) -> dict[str, object]:
    """One answer, as counts of 0 and 1."""
    row: dict[str, object] = {
        "role": "statement" if answer.role == "mirror" else answer.role,
        "statement": answer.statement.removesuffix(MIRRORED),
        "wording": answer.wording,
        "mirrored": answer.role == "mirror" or answer.statement.endswith(MIRRORED),
        "severity": SEVERITY.index(answer.status),
        "n": 0,
    } | dict.fromkeys(COUNTS, 0)
    if answer.status == "ok":
        (option,) = (o for o in options if o.label == answer.choice)
        row |= {"n": 1, option.side: 1}
        if option.side != "neutral":
            row[f"{'s' if option.strong else ''}{option.side[0]}"] = 1
    return row


def _graded(options: Sequence[Option]) -> bool:
    """Whether both sides offer "strongly" and not strongly."""
    return len({(o.side, o.strong) for o in options if o.side != "neutral"}) == 4


def _odds(counts: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Agreement in [-1, 1], the share that agrees less the share that disagrees; and L.

    L = ln((k + 1/2) / (n - k + 1/2)), neutral replies counting half to either side.
    """
    n, ahead = counts["n"], counts["agree"] - counts["disagree"]
    plain = (ahead / n).where(n > 0)
    smooth = np.log((n + ahead + 1) / (n - ahead + 1)).where(n > 0)
    return plain, smooth


def _leanings(text: pd.DataFrame, mirror: pd.DataFrame) -> pd.DataFrame:
    """Statement against mirror: in log-odds where both have enough replies, else plainly."""
    (plain, smooth), (plain_m, smooth_m) = _odds(text), _odds(mirror)
    enough, enough_m = text["n"] >= ENOUGH, mirror["n"] >= ENOUGH
    both = enough & enough_m
    lam = (smooth - smooth_m) / 2
    lam = lam.where(both, _spread((plain - plain_m) / 2))
    bias = np.tanh((smooth + smooth_m) / 4).where(both, (plain + plain_m) / 2)
    odds, odds_m = smooth.where(enough, _spread(plain)), smooth_m.where(enough_m, _spread(plain_m))
    raw, raw_m = np.tanh(smooth / 2).where(enough, plain), np.tanh(smooth_m / 2).where(
        enough_m, plain_m
    )
    return pd.DataFrame(
        {
            "log_odds": odds,
            "log_odds_mirror": odds_m,
            "lam": lam,
            "leaning": np.tanh(lam / 2).where(both, (plain - plain_m) / 2),
            "yes_bias": bias,
            "raw": raw,
            "mirrored": (raw - raw_m) / 2,
        }
    )


def _spread(plain: pd.Series) -> pd.Series:
    """The log-odds whose agreement is a plain difference; finite."""
    return 2 * np.arctanh(plain.clip(-EDGE, EDGE))


def _strength(shares: "np.typing.NDArray[np.float64]", odds: "np.typing.NDArray[np.float64]"):
    """Share of "strongly" within the chosen side."""
    mild, strong = np.where((odds > 0)[:, None], shares[:, 2:], shares[:, 1::-1]).T
    total = mild + strong
    return np.divide(strong, total, out=np.full_like(total, np.nan), where=total > 0)
