"""Do methods of asking agree on the same models and topics: options, open replies, requests?

By topic, in addition to `across`, which compares positions: correlations, shares on the same side,
and refusals in text of statements on which a model is decided in probability (docs/method.md 13).
Works on tables; reads no files (see `probes.api`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pandas as pd

from probes.comparison.correlation import correlation
from probes.comparison.traits import Instrument, Traits
from probes.placement.interval import Floats, Ints
from probes.replies.convergence import ALL, share_interval

PAIRS = (
    *("model", "first", "second", "topics", "r", "low", "high", "spearman", "spearman_low"),
    *("spearman_high", "same_side", "same_side_low", "same_side_high"),
)
LEAKS = ("model", "first", "second", "refused", "decided", "leak", "low", "high")
DECIDED = 0.5
"""Minimum |mean leaning| or |share of the scale| on a topic to count as decided (odds 3 to 1)."""
DRAWS = 1000
Key = tuple[str, str]
"""(trait, topic)."""


@dataclass(frozen=True, slots=True)
class AskedRun:
    """A run as an instrument, with its method of asking."""

    instrument: Instrument
    method: str
    """``options``, ``replies`` or ``requests``."""
    set_sha256: str
    topics: pd.DataFrame = field(repr=False)
    agreement: pd.DataFrame = field(repr=False)
    requests: pd.DataFrame | None = field(default=None, repr=False)
    """Table of requests, of a run of requests."""

    def places(self, model: str, traits: Traits) -> dict[Key, float]:
        """(trait, topic) -> position of a model as a share of the scale."""
        positions = {}
        for trait, axes in traits.items():
            if self.instrument.name in axes:
                axis, sign = axes[self.instrument.name]
                matching = (self.topics["model"] == model) & (self.topics["axis"] == axis.name)
                rows = self.topics[matching]
                for topic, position in zip(rows["topic"], rows["position"], strict=True):
                    positions[trait, str(topic)] = sign * float(position) / self.instrument.scale
        return positions

    def models(self) -> list[str]:
        """Models in the order in which they were asked."""
        return list(dict.fromkeys(map(str, self.instrument.placements["model"])))


def pairs(runs: Sequence[AskedRun], traits: Traits) -> pd.DataFrame:
    """One row per pair of runs and common model, then one over all models."""
    rows = [row for one, other in combinations(runs, 2) for row in _pair(one, other, traits)]
    return pd.DataFrame(rows, columns=list(PAIRS))


def leaks(runs: Sequence[AskedRun], traits: Traits) -> pd.DataFrame:
    """One row per pair of runs (with options, with text) and common model.

    Columns: `refused`: number of statements (or pairs of requests) refused in text but answered in
    options; `decided`: number of these on which the model is decided in options; `leak`: their
    share.
    """
    rows = [
        dict(zip(LEAKS, (model, *names, *_leak(decided, refused)), strict=True))
        for scored in runs
        for text in runs
        if scored.method == "options" and text.method != "options"
        for model in _shared(scored, text)
        for names in ((scored.instrument.name, text.instrument.name),)
        for decided, refused in (_refusals(scored, text, model, traits),)
        if decided
    ]
    return pd.DataFrame(rows, columns=list(LEAKS))


def _shared(one: AskedRun, other: AskedRun) -> list[str]:
    models_of_other = set(other.models())
    return [model for model in one.models() if model in models_of_other]


# --- by topic ----------------------------------------------------------------------------------


def _pair(one: AskedRun, other: AskedRun, traits: Traits) -> Iterator[dict[str, object]]:
    names = {"first": one.instrument.name, "second": other.instrument.name}
    every, keys = list[tuple[float, float]](), list[Key]()
    models = _shared(one, other)
    for model in models:
        first_places, second_places = one.places(model, traits), other.places(model, traits)
        shared = [key for key in first_places if key in second_places]
        places = np.array([(first_places[key], second_places[key]) for key in shared]).reshape(
            -1, 2
        )
        every += [(float(a), float(b)) for a, b in places]
        keys += shared
        yield {"model": model, **names, **_agreement(places, np.arange(len(places)))}
    if len(models) > 1:
        units, _ = pd.factorize(pd.Series(["\0".join(key) for key in keys], dtype=str))
        yield {"model": ALL, **names, **_agreement(np.array(every).reshape(-1, 2), units)}


def _agreement(places: Floats, units: Ints) -> dict[str, object]:
    """Agreement statistics of ``(cells, 2)`` shares; cells of one unit belong to one topic."""
    ranks = pd.DataFrame(places).rank().to_numpy()
    sided = (places != 0).all(axis=1)
    same = (np.sign(places[:, 0]) == np.sign(places[:, 1]))[sided]
    names = ("r", "low", "high"), ("spearman", "spearman_low", "spearman_high")
    ends = (_ends(values, units) for values in (places, ranks))
    correlations = {
        name: value
        for three, values in zip(names, ends, strict=True)
        for name, value in zip(three, values, strict=True)
    }
    low, high = share_interval(same, units[sided])
    share = float(same.mean()) if len(same) else np.nan
    side = {"same_side": share, "same_side_low": low, "same_side_high": high}
    return {"topics": len(np.unique(units)), **correlations, **side}


def _ends(places: Floats, units: Ints) -> tuple[float, float, float]:
    """Pearson's r: with Fisher's interval, or for several models by a bootstrap of topics."""
    count = len(np.unique(units))
    if count == len(places):
        return correlation(*places.T)
    r = correlation(*places.T)[0]
    rng, members = np.random.default_rng(0), [np.flatnonzero(units == u) for u in range(count)]
    bootstrap = []
    for _ in range(DRAWS):
        rows = np.concatenate([members[u] for u in rng.integers(0, count, count)])
        if np.ptp(places[rows], axis=0).min() > 0:
            bootstrap.append(float(np.corrcoef(*places[rows].T)[0, 1]))
    if not np.isfinite(r) or not bootstrap:
        return np.nan, np.nan, np.nan
    low, high = np.percentile(bootstrap, [2.5, 97.5])
    return r, float(low), float(high)


# --- leaks -------------------------------------------------------------------------------------


def _refusals(
    scored: AskedRun, text: AskedRun, model: str, traits: Traits
) -> tuple[Mapping[str, bool], list[str]]:
    """Statement asked by both methods -> whether options are decided; and statements refused."""
    if text.requests is not None:
        return _requests_refused(scored, text.requests, model, traits)
    if scored.set_sha256 != text.set_sha256:
        return {}, []
    rows, text_rows = (_statements(run.agreement, model) for run in (scored, text))
    leanings = rows.groupby("statement")["leaning"].mean().dropna()
    decided = {str(name): abs(value) >= DECIDED for name, value in leanings.items()}
    refused = (text_rows["status"] == "refused").groupby(text_rows["statement"]).all()
    return decided, [name for name in map(str, refused.index[refused]) if name in decided]


def _statements(agreement: pd.DataFrame, model: str) -> pd.DataFrame:
    """A model's rows of statements."""
    return agreement[(agreement["model"] == model) & (agreement["role"] == "statement")]


def _requests_refused(
    scored: AskedRun, requests: pd.DataFrame, model: str, traits: Traits
) -> tuple[Mapping[str, bool], list[str]]:
    """Pair -> whether its topic is decided; and pairs with half of a request's replies declined."""
    places = scored.places(model, traits)
    by_topic = {topic: abs(place) >= DECIDED for (_, topic), place in places.items()}
    rows = requests[(requests["model"] == model) & requests["topic"].isin(by_topic)]
    decided = {
        str(name): by_topic[str(topic)]
        for name, topic in zip(rows["statement"], rows["topic"], strict=True)
    }
    sides = [rows[f"refused_{s}"] + rows[f"deflected_{s}"] for s in ("negative", "positive")]
    most = pd.concat(sides, axis=1).max(axis=1) if len(rows) else pd.Series(dtype=float)
    return decided, [str(name) for name in rows["statement"][most >= DECIDED]]


def _leak(
    decided: Mapping[str, bool], refused: Sequence[str]
) -> tuple[int, int, float, float, float]:
    disclosed = np.array([decided[name] for name in refused], dtype=bool)
    low, high = share_interval(disclosed, np.arange(len(disclosed)))
    share = float(disclosed.mean()) if len(disclosed) else np.nan
    return len(disclosed), int(disclosed.sum()), share, low, high
