"""Selects what figures show: some models only, other names for them, no reference points.

Applied to tables before any figure gets them, so it works for every figure, also a user's own.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from probes.errors import UsageError, nearest
from probes.files.text import decode, read_bytes
from probes.files.yaml import read_yaml
from probes.types import Across, Editions, Tables
from probes.types.reference import respondent

if TYPE_CHECKING:
    import pandas as pd

Drawable = TypeVar("Drawable", bound=Tables | Editions | Across)
NAMES = ("model", "against", "parent")
"""Columns that hold names of models."""


def chosen(tables: Drawable, models: Sequence[str]) -> Drawable:
    """Tables with only these models; of comparisons, only those between two of them.

    Raises:
        UsageError: the run has no such model.
    """
    names = _models(tables)
    for name in models:
        if name not in names:
            raise UsageError(f"--models: this run has no model {name!r}; {nearest(name, names)}")

    def keep(frame: "pd.DataFrame") -> "pd.DataFrame":
        for column in ("model", "against"):
            if column in frame:
                frame = frame[frame[column].astype(str).isin(models)]
        return frame

    return _with_every_frame(tables, keep)


def renamed(tables: Drawable, labels: Mapping[str, str]) -> Drawable:
    """Tables with models renamed by `labels`.

    Raises:
        UsageError: the run has no such model, or two would have the same name.
    """
    present = _models(tables)
    for name in labels:
        if name not in present:
            raise UsageError(f"--labels: this run has no model {name!r}; {nearest(name, present)}")
    names = [labels.get(name, name) for name in present]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"--labels: two models would be called {twice!r}")

    def rename(frame: "pd.DataFrame") -> "pd.DataFrame":
        columns = {c: frame[c].replace(dict(labels)) for c in NAMES if c in frame}
        return frame.assign(**columns) if columns else frame

    return _with_every_frame(tables, rename)


def bare(tables: Drawable) -> Drawable:
    """Tables without reference points of random and constant answers; respondents stay."""

    def strip(frame: "pd.DataFrame") -> "pd.DataFrame":
        if list(frame.columns) != ["kind", "axis", "position", "sd"]:
            return frame
        return frame[[bool(respondent(str(kind))) for kind in frame["kind"]]]

    return _with_every_frame(tables, strip)


def read_labels(path: Path) -> dict[str, str]:
    """Names of models -> labels: from YAML ``name: label``, or CSV ``model,label``.

    Raises:
        UsageError: the file is neither, or is missing.
    """
    if path.suffix.lower() != ".csv":
        entries = read_yaml(path)
        if not isinstance(entries, dict):
            raise UsageError(f"{path}: should be a mapping (model: label), not {entries!r:.40}")
        return {str(name): _label(path, name, label) for name, label in entries.items()}
    text = decode(read_bytes(path, UsageError), path, "CSV", UsageError)
    rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    if not rows or rows[0] != ["model", "label"] or any(len(row) != 2 for row in rows):
        raise UsageError(f"{path}: should be CSV of the two columns model,label")
    return {name: _label(path, name, label) for name, label in rows[1:]}


def _label(path: Path, name: object, label: object) -> str:
    if not isinstance(label, str) or not label.strip():
        raise UsageError(f"{path}: {name}: should be text, the name to write, not {label!r}")
    return label


def _models(tables: Tables | Editions | Across) -> list[str]:
    """Names of the run's models, in table order."""
    if isinstance(tables, Editions):
        tables = next(iter(tables.tables.values()))
    frame = tables.positions if isinstance(tables, Across) else tables.placements
    if isinstance(tables, Tables) and frame.empty:  # vote advice and requests place no model
        frame = tables.models
    return list(dict.fromkeys(frame["model"].astype(str)))


def _with_every_frame(
    tables: Drawable, change: "Callable[[pd.DataFrame], pd.DataFrame]"
) -> Drawable:
    """The tables with `change` applied to each data frame."""
    import pandas as pd

    values = {f.name: getattr(tables, f.name) for f in fields(tables)}
    parts: dict[str, Any] = {
        name: change(v) for name, v in values.items() if isinstance(v, pd.DataFrame)
    }
    if isinstance(tables, Editions):
        parts["tables"] = {
            name: _with_every_frame(part, change) for name, part in tables.tables.items()
        }
    return replace(tables, **parts)
