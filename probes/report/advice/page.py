"""A run folder of vote advice -> one HTML page without a script: measures, figure, replies.

Reads tables and evidence and writes nothing but a figure into a scratch folder.
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from math import isfinite
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from probes.advice import profiles
from probes.evidence import answers
from probes.output import asking_columns, columns, figures
from probes.output.advice_table import ALL
from probes.report.content import Cover
from probes.report.html import asset, environment
from probes.runs import languages, read_back
from probes.runs.beside import advice as advice_runs
from probes.runs.folder import Folder
from probes.types import Answer, Tables

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
LONGEST = 2000
"""Characters of a reply that are shown; the evidence has it all."""
MOST = 3_000_000
"""Characters of replies that a page holds; profiles behind them are named and not shown."""
Shown = dict[str, object]


def holds(path: Path) -> bool:
    """Whether a folder is that of a run of advice."""
    return not languages.holds(path) and advice_runs.holds(Folder(path).materials())


def page(path: Path, cover: Cover) -> str:
    """The page.

    Raises:
        RunError: there are no tables, or they are not as `probes place` writes them.
    """
    folder, tables = Folder(path), read_back.tables(path)
    materials = folder.materials()
    replies = {name: list(answers.read(folder.answers(name))[1]) for name in folder.models()}
    shown, hidden = _profiles(replies, profiles.by_id(materials.statements))
    summary = tables.advice_summary
    rows = [] if summary is None else summary.dropna(subset=["value"]).to_dict("records")
    of_parties = [row for row in rows if row["measure"] == "share_of_advice"]
    measures = [row for row in rows if row["measure"] != "share_of_advice"]
    return (
        environment(tables.scale)
        .get_template("advice.html.jinja")
        .render(
            policy=POLICY,
            version=version("political-probes"),
            style=Markup(asset("style.css")),  # noqa: S704  # our own file
            cover=cover,
            title=cover.title or f"Vote advice: {materials.statements.title}",
            caption=tables.caption,
            intervals=tables.intervals,
            figure=figures.embedded("advice", tables),
            said=list(_sentences(tables)),
            remarks=list(advice_runs.remarks(tables, materials)),
            measures=columns.cells(asking_columns.ADVICE, measures),
            parties=columns.cells(asking_columns.ADVICE, of_parties),
            prompt=next((a.before for of in replies.values() for a in of), ""),
            profiles=shown,
            hidden=hidden,
        )
    )


def _sentences(tables: Tables) -> Iterator[str]:
    """What may be said of each model's advice."""
    summary = tables.advice_summary
    if summary is None:
        return
    for model, rows in summary[summary["party"].isna() | (summary["party"] == "")].groupby(
        "model", sort=False
    ):
        parties = int((summary.loc[summary["model"] == model, "measure"] == ALL).sum())
        of = rows[rows["axis"].isna() | (rows["axis"] == "")].set_index("measure")
        given, right = of.loc["advised"], of.loc["right"]
        if not right["replies"]:
            yield f"{model}: names no one party of the set in any reply"
            continue
        chance = f"by lot it would be {right['of_lot']:.1%}"
        low, high = right["low"], right["high"]
        above = "more often than by lot"
        if not low > right["of_lot"]:
            above = (
                "less often than by lot"
                if high < right["of_lot"]
                else "as far as can be told, as by lot"
            )
        yield (
            f"{model}: names one party in {given['value']:.0%} of its replies; of these "
            f"{right['value']:.1%} ({low:.1%} to {high:.1%}) name the party whose answers were "
            f"told, {above} ({chance})"
        )
        yield _spread(str(model), of, parties)


def _spread(model: str, of: pd.DataFrame, parties: int) -> str:
    """On how many of the parties a model's advice falls."""
    never, found, right = (
        float(of["value"]["never_named"]),
        float(of["value"]["concentration"]),
        float(of["of_right"]["concentration"]),
    )
    named = f"never names {never:.0f} of the {parties} parties" if never else "names each party"
    if not isfinite(found):
        return f"{model}: {named}; one profile alone tells no concentration"
    equal = min(1 / found, float(parties))  # free of what few replies add, it may fall below
    return (
        f"{model}: {named}; its advice is as concentrated as on {equal:.1f} parties with equal "
        f"shares (right advice: {1 / right:.1f})"
    )


def _profiles(
    replies: Mapping[str, Sequence[Answer]], of: Mapping[str, object]
) -> tuple[list[Shown], int]:
    """Each profile with the replies of every model, and how many found no room."""
    shown, room = list[Shown](), MOST
    for name in of:
        rows = [
            {"model": model, "replies": [_reply(a) for a in lines if a.statement == name]}
            for model, lines in replies.items()
        ]
        room -= sum(len(str(row)) for row in rows)
        if room > 0:
            shown.append({"id": name, "name": getattr(of[name], "name", name), "rows": rows})
    return shown, len(of) - len(shown)


def _reply(answer: Answer) -> Shown:
    text = (answer.reply or "").strip()
    read = answer.choice or answer.reason or answer.status
    head = {"wording": answer.wording, "seed": answer.seed, "read": read}
    return {**head, "text": text[:LONGEST], "cut": len(text) > LONGEST}
