"""Two tables of a run folder with judged replies: `stances.csv` and `faithful.csv`.

How many replies take which stance, and how often the forced-choice reader says otherwise; and what
a published protocol's own rule concludes, beside the placements. From disk alone.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from probes.evidence import answers
from probes.files import csv
from probes.replies import stance, stance_file
from probes.runs import judge as judging
from probes.runs.folder import Folder
from probes.tables import published_rule
from probes.types import STANCES, Answer, Header, Materials

if TYPE_CHECKING:
    import pandas as pd

    from probes.types import Tables

NAMES = ("stances", "faithful")
"""There only where replies were judged, or where the protocol has a rule of its own."""
STANCE_COLUMNS = (
    *("model", "stance_model", "replies", *STANCES, stance.UNSURE, "nothing", "truncated"),
    *("compared", "mismatch"),
)


def stances(folder: Folder, materials: Materials) -> "pd.DataFrame | None":
    """A row a model whose replies were judged; None if there is none.

    Columns: counts of replies (`nothing`: empty or not there); `compared`, the replies that also
    chose an option with a side while the stance has one, and `mismatch`, the share of them where
    the two sides differ.
    """
    import pandas as pd

    rows = []
    for name in folder.models():
        found = judging.judgements(folder, name, materials)
        if found is not None:
            header, lines = answers.read(folder.answers(name))
            row = _counted(header, list(lines), stance.statement_texts(materials), found)
            head, _ = stance_file.read(folder.stances(name))
            rows.append({"model": name, "stance_model": head.model.id, **row})
    return pd.DataFrame(rows, columns=list(STANCE_COLUMNS)) if rows else None


def published(
    folder: Folder, materials: Materials, placements: "pd.DataFrame"
) -> "pd.DataFrame | None":
    """A row a model and axis, as `faithful.rows` has it; None if the protocol has no such rule."""
    import pandas as pd

    rows = list[dict[str, object]]()
    for name in folder.models():
        header, lines = answers.read(folder.answers(name))
        rule = materials.recipe.of(header.model).faithful
        if rule is None:
            continue
        if all(header.wordings.values()):
            weighed = published_rule.slots(header, lines, rule)
        else:
            found = judging.judgements(folder, name, materials) or {}
            weighed = published_rule.replies(lines, stance.statement_texts(materials), found)
        placed = placements[placements["model"] == name]
        rows += published_rule.rows(weighed, materials.statements, rule, placed)
    return pd.DataFrame(rows, columns=list(published_rule.COLUMNS)) if rows else None


def beside(folder: Folder, materials: Materials, tables: "Tables") -> "Tables":
    """The tables with these two, which are written, too; those of other answers go.

    Raises:
        RunError: stances are damaged, or the folder cannot be written.
    """
    found = {
        "stances": stances(folder, materials),
        "faithful": published(folder, materials, tables.placements),
    }
    for name, table in found.items():
        if table is None:
            (folder.path / f"{name}.csv").unlink(missing_ok=True)
        else:
            csv.save(table, folder.path / f"{name}.csv")
    return replace(tables, stances=found["stances"], faithful=found["faithful"])


def _counted(
    header: Header,
    given: list[Answer],
    put: Mapping[tuple[str, str], str],
    found: stance.Judgements,
) -> dict[str, object]:
    """One model's replies by stance, and against what the reader made of them."""
    counts, cut, compared, differ = Counter[str](), 0, 0, 0
    sides = {
        (name, option.label): option.side
        for name, options in header.wordings.items()
        for option in options
    }
    for answer in given:
        text, statement = stance.spoken_text(answer), put.get((answer.statement, answer.role))
        if statement is None:
            continue
        one = found[statement, text] if text else None
        counts[one.stance if one else "nothing"] += 1
        cut += bool(one and one.cut)
        read = sides.get((answer.wording, answer.choice or ""))
        if one and one.choice and read in ("agree", "disagree"):
            compared += 1
            differ += one.stance != read
    kinds = {kind: counts[kind] for kind in (*STANCES, stance.UNSURE, "nothing")}
    mismatch = differ / compared if compared else None
    replies = sum(counts.values())
    return {
        "replies": replies,
        **kinds,
        "truncated": cut,
        "compared": compared,
        "mismatch": mismatch,
    }
