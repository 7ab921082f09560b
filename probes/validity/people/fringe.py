"""What people hold of the claims of a set: which of them hardly anybody agrees with."""

import pandas as pd

from probes.people.people_table import PeopleTables
from probes.types import StatementSet
from probes.validity.findings import Finding, named

FEW = 10
"""People of a group below which its numbers say little."""
FRINGE = 0.3
"""Share who agree, in every group, below which a claim is fringe."""


def fringe(support: pd.DataFrame) -> Finding:
    """Claims that fewer than 30 % of every group hold; of all people where there are no groups."""
    grouped = support[(support["group"] != "") & (support["n"] >= FEW)]
    table = grouped if len(grouped) else support[support["group"] == ""]
    most = table.groupby(["statement", "role"], sort=False)["share"].max()
    low = most[most < FRINGE]
    names = [f"{name}{':mirror' if role == 'mirror' else ''}" for name, role in low.index]
    numbers = {"fringe": float(len(names)), "texts": float(len(most))}
    value = f"{len(names)} of {len(most)} texts"
    if names:
        whom = "of every group" if len(grouped) else "of all people"
        sentence = f"fewer than 30 % {whom} agree with: {named(names)}"
        return Finding("fringe", value, "warn", sentence, numbers)
    whom = "30 % of a group" if len(grouped) else "30 % of all people"
    return Finding("fringe", value, "ok", f"each text is held by {whom} or more", numbers)


def known(people: PeopleTables, of: StatementSet) -> tuple[Finding, ...]:
    """What `sets check` shows of a set that people answered."""
    about = people.about
    same = about.set_sha256 == of.sha256
    sentence = (
        "the texts are those that were answered"
        if same
        else ("the set has changed since: people answered another version of its texts")
    )
    point = Finding("people", f"{about.n:,}", "ok" if same else "warn", sentence)
    return (point, fringe(people.support))
