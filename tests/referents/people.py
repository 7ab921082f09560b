"""Made-up people: a set, answers of known positions, and their tables."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from probes.instruments import sets
from probes.people import people_table, positions
from probes.people.people_table import PeopleAbout, PeopleTables
from probes.referents.layer import with_people
from probes.referents.whose import written
from probes.types import StatementSet, Tables
from tests.pictures import tables as made_run

SET = {
    "name": "made",
    "title": "Made",
    "language": "en",
    "licence": "CC0-1.0",
    "axes": {
        "economic": {"negative": "left", "positive": "right"},
        "social": {"negative": "libertarian", "positive": "authoritarian"},
    },
    "statements": [
        {"id": f"{axis[0]}{n}", "text": f"Claim {n} on {axis} matters.", "topic": f"topic {n % 4}",
         "effects": {axis: 1 if n % 2 else -1}}
        for axis in ("economic", "social")
        for n in range(8)
    ],
}  # fmt: skip


def people_of(
    at: dict[str, Sequence[float]],
    group: Sequence[str],
    weight: Sequence[float] = (),
    topics: pd.DataFrame | None = None,
    support: Sequence[tuple[Any, ...]] = (),
) -> PeopleTables:
    """People at these places on each axis, in these groups."""
    names = [f"p{n}" for n in range(len(group))]
    weights = np.array(weight or [1.0] * len(group))
    rows = [
        {"person": name, "group": group[n], "weight": weights[n], "axis": axis,
         "position": places[n], "centred": places[n], "yes_bias": 0.0, "answered": 8, "items": 8}
        for n, name in enumerate(names)
        for axis, places in at.items()
    ]  # fmt: skip
    counts = pd.Series(list(group)).value_counts()
    about = PeopleAbout(
        *("made", "", "", ("answers.csv",), ("ab" * 32,), len(group), bool(weight)),
        groups={str(name): int(n) for name, n in counts.items() if name},
        who="Made-up people",
        when="2024",
    )
    return PeopleTables(
        about,
        pd.DataFrame(rows, columns=list(positions.COLUMNS)),
        pd.DataFrame(columns=list(positions.TOPIC_COLUMNS)) if topics is None else topics,
        pd.DataFrame(list(support), columns=list(positions.SUPPORT_COLUMNS)),
    )


def made_set(folder: Any) -> StatementSet:
    """The set, from a file."""
    import yaml

    path = folder / "made.yaml"
    path.write_text(yaml.safe_dump(SET), "utf-8")
    return sets.load(str(path))


def run_at(places: dict[str, tuple[float, float]], half: float = 0.5) -> Tables:
    """A run of models at (economic, social), every interval so wide on either side."""
    run = made_run(len(places), 2, tuple(places))
    at = [x for place in places.values() for x in place]
    cells = {"position": at, "low": [x - half for x in at], "high": [x + half for x in at]}
    placements = run.placements.assign(**cells, direction=at)
    topics = pd.DataFrame(columns=["model", "axis", "topic", "position"])
    from dataclasses import replace

    return replace(run, placements=placements, topics=topics)


def beside(run: Tables, of: StatementSet, people: PeopleTables, seed: int) -> Tables:
    """A run beside people, under their caption."""
    from dataclasses import replace

    tables, about = with_people(run, of, people, seed)
    return replace(tables, people_caption=written(about.parts()))


__all__ = ["beside", "made_set", "people_of", "people_table", "run_at"]
