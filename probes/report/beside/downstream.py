"""The report's section on classifiers trained from the models, as plain values."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from probes.downstream import link, settings, stored
from probes.errors import UsageError
from probes.output import downstream_columns as shown
from probes.output import figures
from probes.phrases import phrase, said, say
from probes.report.rows import remark
from probes.report.worded import worded
from probes.runs.beside.downstream import linked
from probes.types import Tables
from probes.types.retold import told

if TYPE_CHECKING:
    import pandas as pd

    from probes.output.columns import Column

Row = dict[str, object]
TABLES = (
    ("performance", shown.PERFORMANCE, phrase("All texts")),
    ("groups", shown.GROUPS, phrase("Rates of each group")),
    ("contrasts", shown.CONTRASTS, phrase("Children against their base, group by group")),
    ("gaps", shown.GAPS, phrase("Gaps between groups, and what chance shows")),
    ("losses", shown.LOSSES, phrase("What a debiasing loss leaves of the differences")),
    ("ensembles", shown.ENSEMBLES, phrase("Several models, or seeds of one, together")),
    ("controls", shown.CONTROLS, phrase("Controls")),
)
"""(field of the tables, columns, caption)."""
SHARED = phrase("Models of the run that classifiers were trained from: {models}")
APART = phrase(
    "No classifier was trained from a model of this run under its name: the run has {asked}; the "
    "predictions have {trained}"
)
FIGURES = {
    "groups": phrase("By how much each child changed in a group beyond the others"),
    "gaps": phrase("Gaps between groups, and what chance shows"),
    "debiasing": phrase("What a debiasing loss leaves of the differences"),
}


def section(run: Tables, directory: Path | None) -> Row | None:
    """Values of the section on classifiers; None without a folder of predictions.

    Raises:
        ProbesError: the folder is not one of predictions, or has no tables.
    """
    if directory is None:
        return None
    frames, alone = stored.read(directory), stored.tables(directory)
    tables = [
        {"caption": say(caption), "rows": _worded(columns, frames[name])}
        for name, columns, caption in TABLES
        if len(frames[name])
    ]
    return {
        "caption": said(alone.caption_parts, alone.caption),
        "intervals": said(alone.interval_parts, alone.intervals),
        "figures": list(_figures(alone)),
        "tables": tables,
        "shared": shared(run, directory)[0],
        "link": _link(run, directory),
    }


def shared(run: Tables, directory: Path) -> tuple[str, bool]:
    """A sentence on the models in both, and whether there are any.

    Raises:
        ProbesError: the folder is none, or has no tables.
    """
    asked = [str(name) for name in run.models["model"]]
    of = settings.read(directory).models
    trained = [
        name
        for name in map(str, stored.read(directory)["performance"]["model"].drop_duplicates())
        if name not in of or of[name].role in ("", "neutral")
    ]
    if both := [name for name in asked if name in trained]:
        return say(SHARED, models=", ".join(both)), True
    return say(APART, asked=link.some(asked), trained=link.some(trained)), False


def _figures(tables: Tables) -> Iterator[Row]:
    """Figures that can be drawn; the page says so where a table has no rows."""
    for name, caption in FIGURES.items():
        try:
            yield {"caption": say(caption), "image": figures.embedded(name, tables)}
        except UsageError:
            continue


def _link(run: Tables, directory: Path) -> Row:
    """The comparison of models' shifts with the classifiers' results, or why there is none."""
    try:
        tables = linked(run, directory)
        image = figures.embedded("link", tables)
    except UsageError as error:
        return {"refused": told(str(error)), "image": "", "rows": [], "unplaced": []}
    assert tables.link is not None  # noqa: S101  # `linked` made it
    out = tables.link[~tables.link["placed"]].drop_duplicates(["model", "axis", "reason"])
    unplaced = [
        {
            say("model"): row["model"],
            say("axis"): say(row["axis"]),
            say("reason"): remark(row["reason"]),
        }
        for row in out.to_dict("records")
    ]
    rows = _worded(shown.LINK, tables.link_fits)
    return {"refused": "", "image": image, "rows": rows, "unplaced": unplaced}


def _worded(columns: "tuple[Column, ...]", table: "pd.DataFrame | None") -> list[dict[str, str]]:
    if table is None:
        return []
    text = table.select_dtypes(exclude="number").columns
    return worded(columns, table.fillna(dict.fromkeys(text, "")).to_dict("records"))
