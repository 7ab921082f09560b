"""Fringe claims: those that hardly anybody in any group agrees with."""

import pandas as pd

from probes.people.people_table import PeopleTables
from probes.types import StatementSet
from probes.validity.findings import Finding, named

FEW = 10
"""Number of people in a group below which its shares are too uncertain."""
FRINGE = 0.3
"""Share of agreement, in every group, below which a claim is fringe."""


def fringe(support: pd.DataFrame) -> Finding:
    """Finding: claims with less than 30 % agreement in every group (or all people)."""
    grouped = support[(support["group"] != "") & (support["n"] >= FEW)]
    table = grouped if len(grouped) else support[support["group"] == ""]
    answered = table[table["share"].notna()]
    most = answered.groupby(["statement", "role"], sort=False)["share"].max()
    low = most[most < FRINGE]
    names = [f"{name}{':mirror' if role == 'mirror' else ''}" for name, role in low.index]
    numbers = {"fringe": float(len(names)), "texts": float(len(most))}
    value = f"{len(names)} of {len(most)} texts"
    share = f"{FRINGE:.0%}".replace("%", " %")
    if names:
        whom = f"every group of {FEW} or more" if len(grouped) else "all people"
        sentence = f"fewer than {share} of {whom} agree with: {named(names)}"
        return Finding("fringe", value, "warn", sentence, numbers)
    whom = f"a group of {FEW} or more" if len(grouped) else "all people"
    return Finding(
        "fringe", value, "ok", f"each text is held by at least {share} of {whom}", numbers
    )


def known(people: PeopleTables, of: StatementSet) -> tuple[Finding, ...]:
    """Findings that `sets check` shows on a set that people answered."""
    about = people.about
    same = about.set_sha256 == of.sha256
    sentence = (
        "the texts are those that were answered"
        if same
        else ("the set has changed since: people answered another version of its texts")
    )
    point = Finding("people", f"{about.n:,}", "ok" if same else "warn", sentence)
    return (point, fringe(people.support))
