"""Difference in differences (`did`) of a child with a debiasing loss and with the plain loss:
`losses.csv`.

Child and base are both trained with the loss, and both with the plain one. With the same seeds,
they differ by the loss alone.
"""

from collections.abc import Iterator

import pandas as pd

from probes.downstream.predictions import Predictions
from probes.downstream.settings import DownstreamModel

BESIDE = ("did", "did_low", "did_high", "verdict")
COLUMNS = (
    *("model", "against", "loss", "group", "metric", *BESIDE),
    *(f"{name}_plain" for name in BESIDE),
)


def losses(predicted: Predictions, contrasts: pd.DataFrame) -> pd.DataFrame:
    """A row for each child with a debiasing loss, group or bundle, and rate."""
    rows = [
        row
        for name, entry in predicted.settings.models.items()
        for row in _rows(name, entry, contrasts)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(
    name: str, settings: DownstreamModel, contrasts: pd.DataFrame
) -> Iterator[dict[str, object]]:
    """Rows of one child; none for a base model, whose comparison with plain is in `contrasts`."""
    if not settings.plain or settings.parent == settings.plain:
        return
    plain = contrasts[contrasts["model"] == settings.plain].set_index(["group", "metric"])
    for row in contrasts[contrasts["model"] == name].to_dict("records"):
        cell = row["group"], row["metric"]
        if cell not in plain.index:
            continue
        yield {
            "model": settings.plain,
            "against": plain.loc[cell, "against"],
            "loss": settings.loss,
            **{key: row[key] for key in ("group", "metric", *BESIDE)},
            **{f"{key}_plain": plain.loc[cell, key] for key in BESIDE},
        }
