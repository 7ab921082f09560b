"""Error matrix of a stance model: a YAML file written by `probes stance check` and read by runs, to
correct placements.

Rows are people's labels, columns the stance model's stances. Computes the two rates needed for the
correction; it is applied in `agreement.counts`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

from probes.errors import UsageError
from probes.files.yaml import parse_yaml, read_bytes, validate
from probes.types import Correction

SIDES = ("agree", "disagree")
NORMAL = 1.96
"""Standard errors of a 95 % interval: if the rates are that close to guessing, 1 / J is unbounded
(Fieller 1954)."""
Count = Annotated[int, Field(ge=0)]


class _Matrix(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    weights: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    asked: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    labels: str
    matrix: dict[str, dict[str, Count]]


def load(path: Path) -> Correction:
    """The correction in a matrix file.

    Raises:
        SetError: it is no such file.
        UsageError: the stance model did no better on those replies than guessing.
    """
    content = validate(_Matrix, parse_yaml(read_bytes(path), path), path)
    rates, counts = [], []
    for side in SIDES:
        row = content.matrix.get(side, {})
        (opposite,) = set(SIDES) - {side}
        right, wrong = row.get(side, 0), row.get(opposite, 0)
        if not right + wrong:
            raise UsageError(
                f"{path}: none of the labelled replies that {side} was said to take a side, so "
                "nothing can be corrected by it"
            )
        rates.append(right / (right + wrong))
        counts.append(right + wrong)
    correction = Correction(
        agree=rates[0],
        disagree=rates[1],
        weights=content.weights,
        asked=content.asked,
        source=content.labels,
        agreeing=counts[0],
        disagreeing=counts[1],
    )
    if sum(rates) <= 1 or NORMAL * correction.error >= 1:
        raise UsageError(
            f"{path}: of the replies that agree and disagree {rates[0]:.0%} of {counts[0]:,} and "
            f"{rates[1]:.0%} of {counts[1]:,} are recognised: that cannot be told from guessing, "
            "so nothing can be corrected by it"
        )
    return correction


def counts(path: Path) -> tuple[str, Mapping[str, Mapping[str, int]]]:
    """Name of the labelled file, and the matrix: label -> stance -> number of replies.

    Raises:
        SetError: it is no matrix file.
    """
    content = validate(_Matrix, parse_yaml(read_bytes(path), path), path)
    return content.labels, content.matrix


def dump(
    model: str, weights: str, asked: str, labels: str, matrix: Mapping[str, Mapping[str, int]]
) -> str:
    """Content of a matrix file that `load` reads.

    Args:
        model: Hub id or folder of the stance model.
        weights: sha256 of its weights.
        asked: Digest of its settings (`stance.digest`).
        labels: Name of the labelled file.
        matrix: Label -> stance -> number of replies.
    """
    rows = {label: dict(row) for label, row in matrix.items()}
    head = {"model": model, "weights": weights, "asked": asked, "labels": labels}
    content = {**head, "matrix": rows}
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
