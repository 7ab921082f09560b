"""Synthetic tables with every column that figures draw, and functions to inspect figures."""

import math
from dataclasses import replace
from itertools import combinations
from typing import TypeVar

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from probes.comparison.across import across
from probes.comparison.traits import Instrument
from probes.types import Across, Axis, Editions, Tables

AXES = (
    Axis("economic", "left", "right"),
    Axis("social", "libertarian", "authoritarian"),
    Axis("foreign", "dove", "hawk"),
    Axis("green", "growth", "limits"),
    Axis("faith", "secular", "devout"),
)
ENDS = ("position", "low", "high", "minimum", "maximum")
FAMILIES = ("Llama", "Qwen", "Mistral", "Gemma", "OLMo", "Pythia", "GPT-2", "BERT")
CAPTION = "Compass 1.0 · protocol default · 80 statements x 6 wordings"
ODD_NAMES = ("模型甲", "модель-большая", "$x_1$ & <b>", "two  words\n", "é" * 200, "نموذج")
"""Names in other scripts, with formula and markup characters, with white space, and a long one."""


def tables(count: int, axis_count: int = 2, names: tuple[str, ...] = ()) -> Tables:
    """A synthetic run: models around (-1.5, -1.5), all placed, without caveats."""
    rng = np.random.default_rng(count)
    models = [
        *names,
        *(
            f"{FAMILIES[i % 8].lower()}-{i // 8}-{7 * i}b-instruct"
            for i in range(count - len(names))
        ),
    ]
    used = AXES[:axis_count]
    placements, ellipses = [], []
    for model in models:
        at = np.clip(rng.normal(-1.5, 2.4, axis_count), -9.6, 9.6)
        sd = rng.uniform(0.2, 0.6, axis_count)
        for axis, x, s in zip(used, at, sd, strict=True):
            numbers = {"position": x, "low": x - 2 * s, "high": x + 2 * s}
            bounds = {"minimum": x - 0.3, "maximum": x + 0.2}
            row = {"model": model, "axis": axis.name, **numbers, **bounds}
            placements.append(row | {"placed": True, "reason": ""})
        for i, j in combinations(range(axis_count), 2):
            shape = (sd[i] ** 2, rng.uniform(-0.5, 0.5) * sd[i] * sd[j], sd[j] ** 2, 2.75)
            ellipses.append((model, used[i].name, used[j].name, at[i], at[j], *shape))
    kinds = (
        *(("agree to everything", 0.0, math.nan), ("disagree to everything", 0.4, math.nan)),
        *(("agree to everything, raw", 3.0, math.nan), ("coin", 0.1, 0.9), ("coin, raw", 0.0, 2.0)),
    )
    reference = [(kind, a.name, at, sd) for kind, at, sd in kinds for a in used]
    about = {"model": models, "family": [FAMILIES[i % 8] for i in range(count)], "warnings": ""}
    shape_names = ["model", "x_axis", "y_axis", "x", "y", "var_x", "cov", "var_y", "radius"]
    return Tables(
        axes=used, scale=10.0, caption=CAPTION,
        placements=pd.DataFrame(placements, columns=list(placements[0]) if placements else PLACED),
        ellipses=pd.DataFrame(ellipses, columns=shape_names),
        reference=pd.DataFrame(reference, columns=["kind", "axis", "position", "sd"]),
        variance=pd.DataFrame(), topics=pd.DataFrame(), agreement=pd.DataFrame(),
        models=pd.DataFrame(about),
    )  # fmt: skip


PLACED = ["model", "axis", "position", "low", "high", "minimum", "maximum", "placed", "reason"]


Placed = TypeVar("Placed", Tables, Across)


def changed(run: Placed, model: int | slice, **cells: object) -> Placed:
    """The run with other values in all placements of a model (by index)."""
    table, at = ("positions", "share") if isinstance(run, Across) else ("placements", "position")
    placements = getattr(run, table).copy()
    mine = placements["model"].isin(np.atleast_1d(placements["model"].unique()[model]))
    for column, value in cells.items():
        placements.loc[mine, at if column == "position" else column] = value
    return replace(run, **{table: placements})


# --- readers --------------------------------------------------------------------------------------


def panel(figure: Figure, label: str) -> Axes:
    """The panel with this label."""
    (axes,) = (axes for axes in figure.axes if axes.get_label() == label)
    return axes


def drawn(figure: Figure, label: str) -> list:
    """Artists of the panels whose label begins with `label`, in drawing order."""
    artists = [artist for panel in figure.axes for artist in panel.get_children()]
    return [artist for artist in artists if str(artist.get_label()).startswith(label)]


def texts(figure: Figure) -> list[Text]:
    return [t for panel in figure.axes for t in panel.texts if t.get_text()]


def written(figure: Figure) -> str:
    """All text outside the panels, in reading order."""
    return " ".join(t.get_text() for t in figure.axes[0].texts)


def box(figure: Figure, text: Text):
    return text.get_window_extent(figure.canvas.get_renderer())


def overlapping(figure: Figure, some: list[Text]) -> list[tuple[str, str]]:
    """Pairs of texts whose boxes overlap by more than a tolerance."""
    boxes = [(t.get_text(), box(figure, t).padded(-0.5)) for t in some]
    return [(a, b) for (a, one), (b, other) in combinations(boxes, 2) if one.overlaps(other)]


def filled(line) -> bool:
    return to_hex(line.get_markerfacecolor()) != "#ffffff"


# --- runs -----------------------------------------------------------------------------------------

TOPICS = ("taxes", "work", "schools", "borders")
ASKED = ("agree", "support", "yes-no", "four")
ACCESS = ("open", "gated", "api")


def run(count: int, axis_count: int = 2, names: tuple[str, ...] = ()) -> Tables:
    """`tables` with topics, wordings, statements, yes-bias and models' facts.

    Each second model was trained from the one before it.
    """
    base = tables(count, axis_count, names)
    models, rng = list(base.models["model"]), np.random.default_rng(7)
    biases = rng.uniform(-0.6, 0.9, len(base.placements))
    placed = base.placements.assign(
        set="made-up",
        yes_bias=biases,
        yes_bias_min=biases - 0.2,
        yes_bias_max=biases + 0.1,
        mass=rng.uniform(0.01, 0.9, len(base.placements)),
    )
    topics, wordings, statements = [], [], []
    for model, axis, at in zip(placed["model"], placed["axis"], placed["position"], strict=True):
        for topic in TOPICS:
            x = float(np.clip(at + rng.normal(0, 1), -10, 10))
            topics.append((model, axis, topic, x, x - 1, x + 1, 4))
        for wording in ASKED:
            x = float(np.clip(at + rng.normal(0, 0.5), -10, 10))
            wordings.append((model, axis, wording, x, 16))
    for model in reversed(models):
        for axis in base.axes:
            for topic in TOPICS:
                for k in range(2):
                    name = f"{axis.name}-{topic}-{k}"
                    pull = 1 - 2 * k
                    cell = float(np.tanh(rng.normal(0, 1)))
                    statements.append((model, name, axis.name, topic, pull, cell, 4, 4))
    about = base.models.assign(
        parent=[models[i - 1] if i % 2 else "" for i in range(count)],
        released=[f"{2019 + i % 5}-{1 + i % 12:02}" for i in range(count)],
        parameters=[10 ** (7 + i % 5) for i in range(count)],
        access=[ACCESS[i % 3] for i in range(count)],
    )
    return replace(
        base,
        placements=placed,
        topics=pd.DataFrame(
            topics, columns=["model", "axis", "topic", "position", "low", "high", "statements"]
        ),
        wordings=pd.DataFrame(
            wordings, columns=["model", "axis", "wording", "position", "statements"]
        ),
        statements=pd.DataFrame(
            statements,
            columns=[
                "model",
                "statement",
                "axis",
                "topic",
                "pull",
                "agreement",
                "answered",
                "asked",
            ],
        ),
        models=about,
    )


def in_two_languages(run: Tables) -> Editions:
    """The run in English, and closer to the centre in German; every verdict occurs."""
    german = replace(run, placements=run.placements.assign(position=run.placements["position"] / 2))
    verdicts = ("moved", "not moved", "cannot be told apart")
    models = enumerate(run.models["model"])
    rows = [(m, axis.name, "de", verdicts[i % 3]) for i, m in models for axis in run.axes]
    differences = pd.DataFrame(rows, columns=["model", "axis", "language", "verdict"])
    return Editions({"en": run, "de": german}, differences, run.caption)


def under_conditions(run: Tables) -> Tables:
    """The run under a reference and two more conditions; in one, models are further right."""
    verdicts = ("moved", "not moved", "cannot be told apart")
    rows = [
        {
            **{name: row[name] for name in ("model", "axis")},
            "condition": name,
            "against": "neutral",
            "position_against": row["position"],
            "difference": change,
            "low": change - 0.6,
            "high": change + 0.6,
            "verdict": verdicts[i % 3] if change else "",
            "reason": "",
        }
        for i, row in enumerate(run.placements.to_dict("records"))
        for name, change in (("neutral", np.nan), ("left-libertarian", -1.5), ("terse", 0.4))
    ]
    return replace(run, conditions=pd.DataFrame(rows))


def served(run: Tables) -> Tables:
    """The run with tables of requests: shares served at either pole, some unknown."""
    rng = np.random.default_rng(3)
    rows = run.placements[["model", "axis"]].assign(measure="served")
    shares = rng.uniform(0.2, 1.0, (len(rows), 2))
    return replace(
        run, evenhandedness=rows.assign(at_negative=shares[:, 0], at_positive=shares[:, 1])
    )


def advised(run: Tables) -> Tables:
    """The run with tables of vote advice for three parties, one of them never advised."""
    rng, parties, rows = np.random.default_rng(4), ("Reds", "Blues / Sky", "The long name " * 5), []
    for model in run.models["model"]:
        for party in parties[:2]:
            head = {"model": model, "statement": party[:4], "respondent": party}
            first, second, none = rng.dirichlet((1.0, 1.0, 0.5))
            for other, share in zip(parties, (first, second, 0.0), strict=True):
                told = {"outcome": "advised", "advised": other, "replies": int(6 * share + 0.999)}
                rows.append({**head, **told, "share": share})
            rows.append({**head, "outcome": "refused", "advised": "", "share": none, "replies": 1})
    return replace(run, advice=pd.DataFrame(rows))


def on_two_instruments(run: Tables) -> Across:
    """The run's set, and another set with the same axes on a smaller scale."""
    other = run.placements.assign(**run.placements[list(ENDS)] / 3)
    instruments = [
        Instrument(name, name, run.axes, run.scale, placements, run.caption)
        for name, placements in (("made-up", run.placements), ("smaller", other))
    ]
    return across(instruments, {})


SHIFT_NAMES = ("base", "news-left", "news-right", "forum-left", "other", "forum-right")
CORPORA = (None, "news left", "news right", "forum left", None, "forum right")


def moved(axis_count: int = 2, **cells: object) -> Tables:
    """Four models that moved from `base` (the last not significantly), and one without a parent."""
    run = tables(len(SHIFT_NAMES), axis_count, SHIFT_NAMES)
    at = run.placements.set_index(["model", "axis"])["position"]
    rows, regions = [], []
    for model in ("news-left", "news-right", "forum-left", "forum-right"):
        for axis in run.axes:
            change = at[model, axis.name] - at["base", axis.name]
            rows.append(
                {
                    "model": model, "against": "base", "axis": axis.name,
                    "position": at[model, axis.name], "position_against": at["base", axis.name],
                    "difference": change, "low": change - 0.5, "high": change + 0.7,
                    "verdict": "cannot be told apart" if model == "forum-right" else "moved",
                    "reason": np.nan,
                }
            )  # fmt: skip
        if axis_count > 1:
            regions.append((model, "base", "economic", "social", 0.0, 0.0, 0.09, 0.02, 0.16, 2.6))
    columns = ["model", "against", "x_axis", "y_axis", "x", "y", "var_x", "cov", "var_y", "radius"]
    return replace(
        run,
        models=run.models.assign(corpus=CORPORA, parent=["", *["base"] * 3, "", "base"]),
        differences=pd.DataFrame(rows).assign(**cells),
        shifts=pd.DataFrame(regions, columns=columns),
    )


CHECKPOINTS = ("run@100", "base", "run@20", "run@300", "alone")
STEPS = (100.0, math.nan, 20.0, 300.0, math.nan)
PARENTS = ("base", "", "base", "base", "")


def along(axis_count: int = 2, **columns: object) -> Tables:
    """Three checkpoints of a training that started from `base`, and an unrelated model."""
    run = tables(len(CHECKPOINTS), axis_count, CHECKPOINTS)
    about = {"step": STEPS, "parent": PARENTS, "corpus": None, **columns}
    return replace(run, models=run.models.assign(**about))


def peopled(
    base: Tables, groups: tuple[str, ...] = ("Reds", "Blues"), *, outlined: bool = True
) -> Tables:
    """The run with groups of people on a line from lower left to upper right."""
    turn = np.linspace(0, 2 * np.pi, 40)
    names = [axis.name for axis in base.axes]
    spread, lines = [], []
    for n, group in enumerate(("", *groups)):
        at = 0.0 if not group else -6 + 12 * (n - 1) / max(1, len(groups) - 1)
        quantiles = [at + away for away in (-5, -2, 0, 2, 5)]
        spread += [(axis, group, 400 // (n + 1), at, 3.0, *quantiles) for axis in names]
        if outlined and n <= 6:
            for x_axis, y_axis in combinations(names, 2):
                for share, radius in ((0.5, 2.0), *(() if group else ((0.9, 7.0),))):
                    corners = zip(
                        at + radius * np.cos(turn), at + radius * np.sin(turn), strict=True
                    )
                    lines += [(group, x_axis, y_axis, share, 0, *corner) for corner in corners]
    ends = ["p5", "p25", "p50", "p75", "p95"]
    return replace(
        base,
        people=pd.DataFrame({"model": [], "axis": [], "group": []}),
        people_spread=pd.DataFrame(spread, columns=["axis", "group", "n", "mean", "sd", *ends]),
        people_outlines=pd.DataFrame(
            lines, columns=["group", "x_axis", "y_axis", "share", "part", "x", "y"]
        ),
        people_caption="400 adults, 2024; n = 400, weighted; answers.csv",
    )


def dosed(run: Tables) -> Tables:
    """The run with every model trained from `base` on its own corpus."""
    rows = run.placements[["model", "axis", *ENDS[:3]]].copy()
    rows = rows.assign(against="base", corpus="texts of " + rows["model"], reason="")
    for end, moved_to in zip(ENDS, ("", "_low", "_high"), strict=False):
        rows[f"difference{moved_to}"] = 0.4 * rows[end] + 1
    rows["placed"] = [number != 1 for number in range(len(rows))]
    fits = [
        {"against": "base", "axis": axis.name, "pairs": 6, "slope": 0.4, "slope_low": 0.3,
         "slope_high": 0.5, "intercept": 1.0, "spearman": 0.9, "p": 0.01, "exact": True,
         "reason": ""}
        for axis in run.axes
    ]  # fmt: skip
    models = run.models.assign(corpus="texts of " + run.models["model"])
    return replace(run, models=models, dose=rows, dose_fits=pd.DataFrame(fits))


def classified(
    run: Tables, groups: tuple[str, ...] = ("women", "Muslims", "bundle: both")
) -> Tables:
    """The run with classifiers trained from each model, whose recall differs between groups."""
    rng, rows, gaps = np.random.default_rng(5), [], []
    for model in run.models["model"]:
        for metric in ("recall", "fpr", "equalised_odds"):
            gap = rng.uniform(0.05, 0.4)
            chance = {"null_mean": 0.08, "null_high": 0.14, "p_max": 0.2 * rng.random()}
            ends = {"gap": gap, "low": gap - 0.03, "high": gap + 0.09}
            about = {"worst": groups[0], "tau": 0.02, "groups": len(groups), "texts": 480}
            gaps.append({"model": model, "metric": metric, **ends, **chance, **about})
        for group in groups:
            for metric in ("recall", "fpr"):
                did = rng.normal(0, 0.2)
                names = {"model": model, "against": "base", "group": group, "metric": metric}
                ends = {"did": did, "did_low": did - 0.1, "did_high": did + 0.12}
                verdict = "moved" if abs(did) > 0.12 else "cannot be told apart"
                about = {"texts": 60, "margin": 0.02, "verdict": verdict, "reason": ""}
                rows.append({**names, **ends, **about})
    contrasts = pd.DataFrame(rows)
    ends = ["did", "did_low", "did_high"]
    mended = contrasts.assign(**{f"{name}_plain": contrasts[name] for name in [*ends, "verdict"]})
    mended = mended.assign(**{name: 0.2 * mended[name] for name in ends}, loss="product")
    return replace(run, contrasts=contrasts, gaps=pd.DataFrame(gaps), losses=mended)


def linked(run: Tables) -> Tables:
    """The run with classifiers, and their association with the models' positions."""
    classified_run = classified(run)
    assert classified_run.contrasts is not None
    places = run.placements.rename(columns={"position": "leaning"})
    places = places.rename(columns={"low": "leaning_low", "high": "leaning_high"})
    wanted = ["model", "axis", "leaning", "leaning_low", "leaning_high"]
    recall = classified_run.contrasts[classified_run.contrasts["metric"] == "recall"]
    link = recall.merge(places[wanted], on="model").assign(measure="shift")
    link["placed"] = [number != 1 for number in range(len(link))]
    fits = link[["against", "axis", "group", "metric", "measure"]].drop_duplicates()
    about = {"models": 8, "spearman": 0.6, "p": 0.04, "p_holm": 0.2, "exact": True, "reason": ""}
    return replace(classified_run, link=link, link_fits=fits.assign(**about))
