"""What another loss leaves of the trail of a child: `losses.csv`.

Child and base with one loss, beside child and base with the plain one. Where all come from the same
seeds, they differ by the loss alone.
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
    """A row a child with another loss, group or bundle, and rate."""
    rows = [
        row for name, of in predicted.settings.models.items() for row in _rows(name, of, contrasts)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(name: str, of: DownstreamModel, contrasts: pd.DataFrame) -> Iterator[dict[str, object]]:
    """None for a base: `contrasts` has it beside the plain one."""
    if not of.plain or of.parent == of.plain:
        return
    plain = contrasts[contrasts["model"] == of.plain].set_index(["group", "metric"])
    for row in contrasts[contrasts["model"] == name].to_dict("records"):
        place = row["group"], row["metric"]
        if place not in plain.index:
            continue
        yield {
            "model": of.plain,
            "against": plain.loc[place, "against"],
            "loss": of.loss,
            **{key: row[key] for key in ("group", "metric", *BESIDE)},
            **{f"{key}_plain": plain.loc[place, key] for key in BESIDE},
        }
