"""Compares models of run folders; reads their answers.

Used by the command `probes compare` and the function `probes.contrast`. The statistics are in
`comparison`. Only `save` writes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from probes.comparison import models
from probes.comparison.models import Comparison, Which
from probes.errors import RunError, UsageError, nearest
from probes.evidence import answers
from probes.runs import languages
from probes.runs.conclude import write_between
from probes.runs.folder import Folder
from probes.runs.read_back import placed
from probes.tables.agreed import agreed, unjudged
from probes.tables.place import placements
from probes.types import Answer, Header, Materials

if TYPE_CHECKING:
    from probes.comparison.table import Named

SAME = {
    "statements.sha256": "another statement set, or another version of it",
    "recipe.sha256": "another protocol, or another version of it",
    "missing": "missing answers counted otherwise (--missing)",
    "correction": "stances corrected otherwise (--stance-matrix)",
}
"""Attribute that must be equal in two folders to compare models -> meaning of a difference."""


def named(path: Path, first: str, second: str, margin: float | None = None) -> Comparison:
    """Compare one model with another.

    Args:
        path: Run folder.
        first: A model of it, or ``OTHER_FOLDER:MODEL`` of the same set and protocol.
        second: Likewise.
        margin: Difference in points up to which positions count as equal; None: the protocol's.

    Raises:
        UsageError: a model does not exist, or both are the same; the margin is invalid; they have
            no common answers.
        RunError: a folder holds no answers, or those of another set or protocol.
    """
    materials = _materials(path, margin)
    homes = {text: _folder_and_model(path, text) for text in (first, second)}
    if len(set(homes.values())) < 2:
        raise UsageError(f"{first!r} and {second!r} are one model; name two that differ")
    placements = []
    for text, (home, model) in homes.items():
        (placement,) = placed(Folder(home), _same_materials(path, home), [model])
        placements.append(replace(placement, info=replace(placement.info, name=text)))
    comparison = models.compare(placements, [(first, second)], materials, margin)
    if not comparison.differences["statements"].sum():
        raise UsageError(
            f"{first!r} and {second!r} have no statement and wording that both answered, so there "
            "is nothing to compare"
        )
    return comparison


def several(
    path: Path,
    which: "Which | Sequence[Named]" = "kin",
    margin: float | None = None,
    most: int | None = None,
) -> Comparison:
    """Compare each model of a run folder with its parent, all with all, or the given pairs.

    Args:
        path: Run folder.
        which: The pairs.
        margin: As in `named`.
        most: Maximum number of pairs; None: no limit.

    Raises:
        UsageError: there is no such pair, or there are too many; the margin is invalid.
        RunError: the folder holds no answers.
    """
    materials = _materials(path, margin)
    folder = Folder(path)
    headers = [answers.read(folder.answers(name))[0] for name in folder.models()]
    pairs = models.chosen(headers, which)
    if most is not None and len(pairs) > most:
        raise UsageError(
            f"{path}: {len(pairs):,} pairs of models, which takes long and much memory; name two "
            f"models, or go on with --yes (asked for above {most:,} pairs)"
        )
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    return models.compare(placed(folder, materials, names), pairs, materials, margin)


def of_evidence(
    evidence: Iterable[tuple[Header, Iterable[Answer]]],
    which: "Which | Sequence[Named]",
    materials: Materials,
    margin: float | None = None,
) -> Comparison:
    """`several`, for evidence in memory.

    Raises:
        UsageError: as `several`; or models were asked different things, or their replies are open
            and not judged.
    """
    models.check(margin, materials)
    every = list(evidence)
    pairs = models.chosen([header for header, _ in every], which)
    if fault := next(filter(None, (unjudged(header) for header, _ in every)), ""):
        raise UsageError(fault)
    names = {name for pair in pairs for name in pair}
    compared = [(header, lines) for header, lines in every if header.model.name in names]
    headers, agreement, materials, *_ = agreed(compared, materials)
    return models.compare(placements(agreement, materials, headers), pairs, materials, margin)


def save(path: Path, comparison: Comparison) -> None:
    """Write the differences into the run folder, for figures; `probes place` overwrites them.

    Raises:
        UsageError: a model is from another folder.
        RunError: the folder cannot be written.
    """
    folder = Folder(path)
    names = folder.models()
    for name in dict.fromkeys(name for pair in comparison.pairs for name in pair):
        if name not in names:
            raise UsageError(f"--save: {name} is of another folder, so {path} cannot keep it")
    write_between(folder, comparison.differences, comparison.shifts())


def _materials(path: Path, margin: float | None) -> Materials:
    """Materials of a folder that has answers."""
    if languages.holds(path):
        first, *_ = languages.languages_of(path)
        raise UsageError(f"{path}: holds several languages; compare in one, such as {path / first}")
    folder = Folder(path)
    if not folder.models():
        raise RunError(f"{path}: holds no answers yet; run `probes run` with this --out first")
    materials = folder.materials()
    if materials.statements.kind == "requests":
        raise UsageError(
            f"{path}: holds replies to requests, of which models are not compared in pairs; their "
            "intervals stand side by side in placements.csv"
        )
    if materials.recipe.method == "advice":
        raise UsageError(
            f"{path}: holds vote advice, of which models are not compared in pairs; their "
            "intervals stand side by side in advice_summary.csv"
        )
    models.check(margin, materials)
    return materials


def _folder_and_model(path: Path, text: str) -> tuple[Path, str]:
    """Folder and name of a model: of this folder, else of the folder before the colon."""
    names = Folder(path).models()
    if text in names:
        return path, text
    for index, letter in enumerate(text):
        home, model = Path(text[:index] or "."), text[index + 1 :]
        if letter == ":" and (home / "run.yaml").is_file():
            models_there = Folder(home).models()
            if model in models_there:
                return home, model
            raise UsageError(
                f"{home}: no model {model!r} was asked there; {nearest(model, models_there)}"
            )
    raise UsageError(f"{path}: no model {text!r} was asked there; {nearest(text, names)}")


def _same_materials(path: Path, other: Path) -> Materials:
    """Materials of the other folder; raises an error if they differ from this folder's."""
    ours, other_materials = (Folder(home).materials() for home in (path, other))
    for name, difference in SAME.items():
        if _part(ours, name) != _part(other_materials, name):
            raise RunError(
                f"{other}: {difference} than {path}; models are compared on the same questions"
            )
    return other_materials


def _part(materials: Materials, name: str) -> object:
    value: object = materials
    for step in name.split("."):
        value = getattr(value, step)
    return value
