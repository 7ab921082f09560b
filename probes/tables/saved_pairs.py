"""Recomputes the comparisons that `probes compare --save` stored in a run folder."""

from dataclasses import replace
from pathlib import Path

from probes.comparison import table as pairings
from probes.errors import RunError
from probes.tables import stored
from probes.tables.place import Conclusion
from probes.types import Tables


def kept(path: Path, made: Conclusion) -> Tables:
    """The tables, with the pairs of models that `probes compare --save` stored in the folder."""
    try:
        saved = stored.read(path, "differences")
    except (FileNotFoundError, RunError):
        return made.tables
    differences = made.tables.differences
    kin = (
        []
        if differences is None
        else [*zip(differences["against"], differences["model"], strict=True)]
    )
    by_name = made.by_name
    pairs = [*zip(saved["against"], saved["model"], strict=True)]
    chosen = [pair for pair in dict.fromkeys((*kin, *pairs)) if {*pair} <= by_name.keys()]
    margins = saved["margin"].dropna()
    if not chosen or margins.empty:
        return made.tables
    return replace(
        made.tables,
        differences=pairings.differences(by_name, chosen, made.materials, float(margins.iloc[0])),
        shifts=pairings.shifts(by_name, chosen),
    )
