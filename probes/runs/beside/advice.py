"""Tables of a vote-advice run: which party was advised to a user with which answers.

Replaces agreement and its estimator, which are about a model's own answers: advice gives no
position (docs/method.md 16). Reads the run folder only.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from probes.advice import measures
from probes.advice import tables as advice_tables
from probes.advice.cells import AdviceCells, Floats, cells
from probes.advice.profiles import ADVICE
from probes.agreement import table as agreement
from probes.errors import RunError, UsageError
from probes.evidence import answers
from probes.phrases import Saying, percent, phrase, say
from probes.runs.folder import Folder
from probes.runs.request import Request
from probes.tables import axes as axis_tables
from probes.tables import place, reference
from probes.tables.caption import asked_in, written
from probes.tables.place import Conclusion
from probes.tables.respondents import positions
from probes.types import FACTS, Header, Materials, StatementSet, Tables

NAMES = ("advice", "advice_summary")
"""Tables that only vote-advice runs have."""
ALIKE = 0.95
"""Agreement of two parties' answers from which on a remark calls them hard to tell apart."""
ABOUT = phrase(
    "95\N{NO-BREAK SPACE}% intervals cover other such profiles, orders of answers and of "
    "parties, and other replies"
)
NOT_PEOPLE = phrase("profiles are the parties' own answers, not people's")


def holds(materials: Materials) -> bool:
    """Whether a run asked for vote advice."""
    return materials.recipe.method == ADVICE


def check(request: Request, materials: Materials) -> None:
    """Refuse options that do not apply to advice, before anything is asked.

    Raises:
        UsageError: a judge, claims, people, variants or conditions are named.
    """
    if not holds(materials):
        return
    variants = None if request.variants == "first" else request.variants
    typed = {
        "--stance": request.stance,
        "--stance-matrix": request.matrix,
        "--claims": request.claims,
        "--people": request.people,
        "--variants": variants,
    }
    for option, value in typed.items():
        if value not in (None, "none"):
            raise UsageError(
                f"{option} {value}: is about answers to statements, and protocol "
                f"{materials.recipe.name} asks which party fits"
            )
    if materials.recipe.conditions:
        raise UsageError("method advice is asked without conditions: the profile is what is varied")


def reckoned(folder: Folder, materials: Materials) -> Conclusion:
    """All results of a folder's replies with advice; writes nothing.

    Raises:
        RunError: the folder holds no answers, or damaged ones.
    """
    by_model = dict[str, tuple[Header, AdviceCells]]()
    for name in folder.models():
        header, lines = answers.read(folder.answers(name))
        if len((advice_cells := cells(lines, materials.statements)).ids):
            by_model[name] = header, advice_cells
    if not by_model:
        raise RunError(
            f"{folder.path}: holds no answers yet; run `probes run` with this --out first"
        )
    counts = {
        name: (advice_cells.answers, header.cells)
        for name, (header, advice_cells) in by_model.items()
    }
    return Conclusion((), _tables(by_model, materials), materials, read=counts)


def captioned(tables: Tables, materials: Materials) -> Tables:
    """The tables with their caption: set, version, protocol, and number of profiles."""
    statements, recipe = materials.statements, materials.recipe
    asked = tables.agreement["statement"].nunique()
    counts = {"n": asked, "all": len(statements.respondents)}
    parts = (
        Saying("{set}", {"set": f"{statements.title} {statements.version}".strip()}),
        Saying(phrase("protocol {name}"), {"name": recipe.name}),
        asked_in(Saying(phrase("{n} of {all} profiles"), counts), len(recipe.wordings)),
        Saying(NOT_PEOPLE),
    )
    return replace(
        tables,
        axes=(),
        alignment=None,
        caption=written(parts),
        caption_parts=parts,
        intervals=ABOUT,
        interval_parts=(Saying(ABOUT),),
    )


def remarks(tables: Tables, materials: Materials) -> Iterator[str]:
    """Remarks to print beside the numbers: profiles that cannot be told apart, missing replies."""
    table = tables.advice
    if table is None:
        return
    advised = table[table["outcome"] == "advised"]
    pairs = advised[(advised["respondent"] < advised["advised"]) & (advised["agreement"] >= ALIKE)]
    for row in pairs.drop_duplicates(["respondent", "advised"]).to_dict("records"):
        yield say(
            "{first} and {second} agree in {share} of what both answered: advice can hardly tell"
            " their profiles apart",
            first=row["respondent"],
            second=row["advised"],
            share=percent(row["agreement"]),
        )
    if not _standing(materials.statements):
        text = phrase("no funnel: the set {name} has no axis on which parties stand")
        yield say(text, name=materials.statements.name)
    missing = advised.groupby(["model", "respondent"], sort=False)["low"].first()
    for model, lost in missing[missing.isna()].groupby("model", sort=False):
        names = ", ".join(str(respondent) for _, respondent in lost.index[:5])
        text = phrase("{model}: no reply to the profile of {names}")
        if len(lost) > 5:
            text = phrase("{model}: no reply to the profile of {names} and {n} more")
        yield say(text, model=model, names=names, n=len(lost) - 5)


# --- tables ------------------------------------------------------------------------------------


def _tables(by_model: Mapping[str, tuple[Header, AdviceCells]], materials: Materials) -> Tables:
    statements, standing = materials.statements, _standing(materials.statements)
    rows, summary, agreed = (
        list[advice_tables.Row](),
        list[advice_tables.Row](),
        list[advice_tables.Row](),
    )
    for name, (_, advice_cells) in by_model.items():
        rows += advice_tables.advice_rows(name, advice_cells)
        summary += advice_tables.summary_rows(name, measures.estimates(advice_cells, standing))
        agreed += _agreement(name, advice_cells)
    models = [_model(header) for header, _ in by_model.values()]
    tables = Tables(
        axes=(),
        scale=statements.scale,
        caption="",
        placements=_table((), place.PLACEMENTS),
        ellipses=_table((), axis_tables.ELLIPSES),
        reference=_table((), reference.COLUMNS),
        variance=_table((), axis_tables.VARIANCE),
        topics=_table((), axis_tables.TOPICS),
        agreement=_table(agreed, agreement.COLUMNS),
        models=_table(models, place.MODELS),
        language=statements.language,
        advice=_table(rows, advice_tables.ADVICE),
        advice_summary=_table(summary, advice_tables.SUMMARY),
    )
    return captioned(tables, materials)


def _standing(statements: StatementSet) -> dict[str, Floats]:
    """Axis -> position of each party by the set's own key, for axes with two parties or more."""
    if statements.scoring.kind == "table":
        return {}
    party_positions = [dict(positions(party, statements)) for party in statements.respondents]
    by_axis = {
        axis.name: np.array(
            [by_axis_of_party.get(axis.name, np.nan) for by_axis_of_party in party_positions]
        )
        for axis in statements.axes
    }
    return {axis: values for axis, values in by_axis.items() if np.isfinite(values).sum() > 1}


def _table(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(columns))


def _agreement(model: str, advice_cells: AdviceCells) -> Iterator[dict[str, object]]:
    """One row per profile: its share of missing replies; there is no agreement."""
    every = advice_cells.there + advice_cells.outcomes["missing"]
    for name, missing, all_ in zip(
        advice_cells.ids, advice_cells.outcomes["missing"], every, strict=True
    ):
        yield {
            "model": model,
            "role": "statement",
            "statement": name,
            "wording": "all",
            "unanswered": float(missing / all_),
            "status": "failed" if missing == all_ else "ok",
        }


def _model(header: Header) -> dict[str, object]:
    info = header.model
    facts = {name: getattr(info, name) for name in FACTS}
    own = {"model": info.name, "backend": info.backend, "revision": info.revision}
    return {**facts, **own, "chat": info.chat, "gives": info.gives, "warnings": "", "mass": np.nan}
