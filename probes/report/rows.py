"""Plain rows for the page from the tables: positions of models, statements, pairs of models.

Computes only values that no table has: paired differences (`comparison.pair`), positions by
wording, and the mean of a statement over wordings.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from probes.comparison.table import Named, differences, every
from probes.phrases import say
from probes.placement.model import Placement
from probes.types import Materials, Tables, reasons
from probes.types.retold import told

NUMBERS = (
    *("position", "low", "high", "minimum", "maximum", "direction", "decisiveness", "raw"),
    *("mirrored", "blank_corrected", "mass", "yes_bias", "yes_bias_min", "yes_bias_max"),
    *("opposition", "sided", "content", "control", "consistency", "sign_stability", "reliability"),
)
ABOUT = (
    *("opposition", "opposition_p", "sided", "content", "content_p", "control", "control_low"),
    *("control_high", "mass", "yes_bias"),
)
PAIRED = (
    *("difference", "low", "high", "minimum", "maximum"),
    *("direction", "direction_low", "direction_high"),
)
ALL_PAIRS = 60
"""Maximum number of models for which all pairs are compared; with more, only parent and child."""

Row = dict[str, object]


def number(value: object, digits: int = 4) -> float | None:
    """A finite number, rounded; None for any other value."""
    finite = float(value) if isinstance(value, int | float | np.number) else math.nan
    return round(finite, digits) if math.isfinite(finite) else None


def text(value: object) -> str:
    """Text of a cell; empty for NaN, as pandas reads an empty cell of a CSV."""
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value)


def remark(*cells: object) -> str:
    """The sentences of the cells in the current language, as one text."""
    return reasons.JOINT.join(told(s) for cell in cells for s in reasons.sentences(cell))


def plain(table: pd.DataFrame | None) -> list[Row]:
    """Rows of a table with rounded numbers; empty for None."""
    if table is None:
        return []
    return [
        {
            say(str(name).replace("_", " ")): number(value, 2)
            if isinstance(value, float)
            else text(value)
            for name, value in record.items()
        }
        for record in table.to_dict("records")
    ]


def placements(tables: Tables) -> dict[str, dict[str, Row]]:
    """Model -> axis -> its row of the placements, with `claim` and `reasons`."""
    claims, rows = reasons.claims(tables), dict[str, dict[str, Row]]()
    for record in tables.placements.to_dict("records"):
        model, axis = str(record["model"]), str(record["axis"])
        rows.setdefault(model, {})[axis] = {
            **{name: number(record[name]) for name in NUMBERS},
            "asked": int(record["asked"]),
            "answered": int(record["answered"]),
            "placed": reasons.placed(record["placed"]),
            "claim": claims[model, axis],
            "hollow": reasons.hollow(record["reason"]),
            "reasons": reasons.sentences(record["reason"]),
        }
    return rows


def about(tables: Tables) -> dict[str, Row]:
    """Model -> its row of the table of models."""
    pale = reasons.pale(tables)
    return {
        str(record["model"]): {
            **{name: number(record[name]) for name in ABOUT},
            "pale": pale[str(record["model"])],
            "warnings": reasons.sentences(record["warnings"]),
        }
        for record in tables.models.to_dict("records")
    }


def wordings(models: Sequence[Placement]) -> dict[str, dict[str, dict[str, float]]]:
    """Model -> axis -> wording -> position computed from that wording alone."""
    positions: dict[str, dict[str, dict[str, float]]] = {}
    for model in models:
        for axis, point in model.points.items():
            used = point.used
            if not used.empty:
                means = used.share @ used.complete
                by_name = zip(used.wordings, means, strict=True)
                rounded = {name: round(used.at(float(mean)), 4) for name, mean in by_name}
                positions.setdefault(model.info.name, {})[axis] = rounded
    return positions


def statements(tables: Tables, materials: Materials, models: Sequence[str]) -> dict[str, Row]:
    """Model -> lists over statements, in set order; agreement in thousandths from -1000 to 1000.

    `mean`, `least` and `most` are over wordings, of the leaning if the statement has a mirror, else
    of the raw agreement; `answered` and `asked` are numbers of wordings. None where there is no
    value.
    """
    rows = tables.agreement[tables.agreement["role"] == "statement"]
    mirrored = {s.id for s in materials.statements.statements if s.mirror}
    ids = rows["statement"].astype(str)
    cell = rows["leaning"].clip(-1, 1).where(ids.isin(mirrored), rows["raw"]).astype(np.float64)
    keys = [rows["model"].astype(str).rename("model"), ids.rename("statement")]
    cells: pd.DataFrame = cell.groupby(keys).agg(["mean", "min", "max", "count", "size"])
    order = [s.id for s in materials.statements.statements]
    names = cells.index.get_level_values("model")
    return {
        model: _lists(cells[names == model].droplevel("model").reindex(order)) for model in models
    }


def _lists(part: pd.DataFrame) -> Row:
    names = {"mean": "mean", "min": "least", "max": "most", "count": "answered", "size": "asked"}
    return {
        name: [
            None if math.isnan(v) else round(v if column in ("count", "size") else 1000 * v)
            for v in part[column]
        ]
        for column, name in names.items()
    }


def pairs(models: Sequence[Placement], materials: Materials, kin: Sequence[Named]) -> list[Row]:
    """One row per pair of models and axis, as in `comparison.table`: the second model less the
    first.

    Args:
        models: Placements of the run, in order.
        materials: The set and protocol.
        kin: (parent, child); only these pairs are compared if there are more than `ALL_PAIRS`
            models.
    """
    by_name = {model.info.name: model for model in models}
    chosen = every(list(by_name)) if len(by_name) <= ALL_PAIRS else kin
    table = differences(by_name, chosen, materials)
    columns = (
        *("model", "against", "axis", "statements", "wordings", "units"),
        *("margin", "verdict", "reason"),
    )
    return [
        {**{name: row[name] for name in columns}, **_paired_numbers(row, by_name)}
        for row in table.to_dict("records")
    ]


def _paired_numbers(row: Mapping[Any, Any], by_name: Mapping[str, Placement]) -> Row:
    """Numbers of a comparison; None where a model is not placed: a number would read as a claim."""
    axis = str(row["axis"])
    if not all(by_name[str(row[name])].placed(axis) for name in ("model", "against")):
        return dict.fromkeys((*PAIRED, "p_holm"))
    return {**{name: number(row[name]) for name in PAIRED}, "p_holm": number(row["p_holm"], 6)}
