"""Two tables of a run folder with judged replies: `stances.csv` and `faithful.csv`.

Numbers of replies by stance, and how often the forced-choice reader disagrees; and the result of a
published protocol's own rule, beside the placements. Reads the run folder only.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from probes.evidence import answers
from probes.replies import stance, stance_file
from probes.runs import judge as judging
from probes.runs.folder import Folder
from probes.tables import published_rule, stored
from probes.types import STANCES, Answer, Header, Materials

if TYPE_CHECKING:
    import pandas as pd

    from probes.types import Tables

NAMES = ("stances", "faithful")
"""Tables that exist only if replies were judged, or if the protocol has its own rule."""


def stances(folder: Folder, materials: Materials) -> "pd.DataFrame | None":
    """One row per model whose replies were judged; None if there is none.

    Columns: numbers of replies (`nothing`: empty or missing); `compared`: number of replies with a
    side both by stance and by chosen option; `mismatch`: share of these with different sides.
    """
    import pandas as pd

    rows = []
    for name in folder.models():
        judgements = judging.judgements(folder, name, materials)
        if judgements is not None:
            header, lines = answers.read(folder.answers(name))
            row = _stance_counts(
                header, _plain(lines, materials), stance.statement_texts(materials), judgements
            )
            head, _ = stance_file.read(folder.stances(name))
            rows.append({"model": name, "stance_model": head.model.id, **row})
    return pd.DataFrame(rows, columns=list(stored.STANCES)) if rows else None


def published(
    folder: Folder, materials: Materials, placements: "pd.DataFrame"
) -> "pd.DataFrame | None":
    """One row per model and axis, as in `faithful.rows`; None if the protocol has no such rule."""
    import pandas as pd

    rows = list[dict[str, object]]()
    for name in folder.models():
        header, every = answers.read(folder.answers(name))
        lines = _plain(every, materials)
        rule = materials.recipe.of(header.model).faithful
        if rule is None:
            continue
        if all(header.wordings.values()):
            weighed = published_rule.slots(header, lines, rule)
        else:
            judgements = judging.judgements(folder, name, materials) or {}
            weighed = published_rule.replies(lines, stance.statement_texts(materials), judgements)
        placed = placements[placements["model"] == name]
        rows += published_rule.rows(weighed, materials.statements, rule, placed)
    return pd.DataFrame(rows, columns=list(published_rule.COLUMNS)) if rows else None


def _plain(lines: Iterable[Answer], materials: Materials) -> list[Answer]:
    """The answers under the first condition; all answers if the run has no conditions."""
    first = next((c.name for c in materials.recipe.conditions), "")
    return [answer for answer in lines if answer.condition == first]


def beside(folder: Folder, materials: Materials, tables: "Tables") -> "Tables":
    """The tables with these two added.

    Raises:
        RunError: stances are damaged.
    """
    return replace(
        tables,
        stances=stances(folder, materials),
        faithful=published(folder, materials, tables.placements),
    )


def _stance_counts(
    header: Header,
    answered: list[Answer],
    texts: stance.TextOf,
    judgements: stance.Judgements,
) -> dict[str, object]:
    """One model's numbers of replies by stance, compared with the forced-choice reader."""
    counts, cut, compared, differ = Counter[str](), 0, 0, 0
    sides = {
        (name, option.label): option.side
        for name, options in header.wordings.items()
        for option in options
    }
    for answer in answered:
        text, statement = stance.spoken_text(answer), texts.get(stance.about(answer))
        if statement is None:
            continue
        judgement = judgements[statement, text] if text else None
        counts[judgement.stance if judgement else "nothing"] += 1
        cut += bool(judgement and judgement.cut)
        read = sides.get((answer.wording, answer.choice or ""))
        if judgement and judgement.choice and read in ("agree", "disagree"):
            compared += 1
            differ += judgement.stance != read
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
