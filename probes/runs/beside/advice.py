"""A run folder of vote advice -> its tables: which party was advised to whose answers.

In the place of agreement and its estimator, which are about a model's own answers: advice is no
position (docs/method.md 16). From disk alone.
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
from probes.phrases import Saying, phrase
from probes.runs.folder import Folder
from probes.runs.request import Request
from probes.tables import axes as axis_tables
from probes.tables import place, reference
from probes.tables.caption import written
from probes.tables.place import Conclusion
from probes.tables.respondents import positions
from probes.types import FACTS, Header, Materials, StatementSet, Tables

NAMES = ("advice", "advice_summary")
"""Tables that only runs of advice have."""
ALIKE = 0.95
"""Agreement of two parties' answers from which on it is said that they are hard to tell apart."""
ABOUT = phrase(
    "95\N{NO-BREAK SPACE}% intervals cover other such profiles, orders of answers and of "
    "parties, and other replies"
)
NOT_PEOPLE = phrase("profiles are the parties' own answers, not people's")


def holds(materials: Materials) -> bool:
    """Whether a run asked for advice."""
    return materials.recipe.method == ADVICE


def check(request: Request, materials: Materials) -> None:
    """Refuse what cannot be said of advice, before anything is asked.

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
    """Everything that a folder's replies with advice come to; nothing is written.

    Raises:
        RunError: the folder holds no answers, or damaged ones.
    """
    by_model = dict[str, tuple[Header, AdviceCells]]()
    for name in folder.models():
        header, lines = answers.read(folder.answers(name))
        if len((of := cells(lines, materials.statements)).ids):
            by_model[name] = header, of
    if not by_model:
        raise RunError(
            f"{folder.path}: holds no answers yet; run `probes run` with this --out first"
        )
    counts = {name: (of.answers, header.cells) for name, (header, of) in by_model.items()}
    return Conclusion((), _tables(by_model, materials), materials, read=counts)


def captioned(tables: Tables, materials: Materials) -> Tables:
    """Tables under what they are about: set, version, protocol, and how many profiles."""
    statements, recipe = materials.statements, materials.recipe
    text = phrase("{n} of {all} profiles x {wordings} wordings")
    asked = tables.agreement["statement"].nunique()
    counts = {"n": asked, "all": len(statements.respondents)}
    parts = (
        Saying("{set}", {"set": f"{statements.title} {statements.version}".strip()}),
        Saying(phrase("protocol {name}"), {"name": recipe.name}),
        Saying(text, {**counts, "wordings": len(recipe.wordings)}),
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
    """What must be said beside the numbers: profiles that cannot be told apart, what is missing."""
    of = tables.advice
    if of is None:
        return
    told = of[of["outcome"] == "advised"]
    pairs = told[(told["respondent"] < told["advised"]) & (told["agreement"] >= ALIKE)]
    for row in pairs.drop_duplicates(["respondent", "advised"]).to_dict("records"):
        yield (
            f"{row['respondent']} and {row['advised']} agree in {row['agreement']:.0%} of what "
            "both answered: advice can hardly tell their profiles apart"
        )
    if not _standing(materials.statements):
        yield f"no funnel: the set {materials.statements.name} has no axis on which parties stand"
    missing = told.groupby(["model", "respondent"], sort=False)["low"].first()
    for model, lost in missing[missing.isna()].groupby("model", sort=False):
        names = ", ".join(str(respondent) for _, respondent in lost.index[:5])
        more = f" and {len(lost) - 5} more" if len(lost) > 5 else ""
        yield f"{model}: no reply to the profile of {names}{more}"


# --- tables ------------------------------------------------------------------------------------


def _tables(by_model: Mapping[str, tuple[Header, AdviceCells]], materials: Materials) -> Tables:
    statements, standing = materials.statements, _standing(materials.statements)
    rows, summary, agreed = (
        list[advice_tables.Row](),
        list[advice_tables.Row](),
        list[advice_tables.Row](),
    )
    for name, (_, of) in by_model.items():
        rows += advice_tables.advice_rows(name, of)
        summary += advice_tables.summary_rows(name, measures.estimates(of, standing))
        agreed += _agreement(name, of)
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
    """Axis -> where each party stands by the set's own key; axes on which at least two do."""
    if statements.scoring.kind == "table":
        return {}
    at = [dict(positions(party, statements)) for party in statements.respondents]
    by_axis = {
        axis.name: np.array([of.get(axis.name, np.nan) for of in at]) for axis in statements.axes
    }
    return {axis: own for axis, own in by_axis.items() if np.isfinite(own).sum() > 1}


def _table(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(columns))


def _agreement(model: str, of: AdviceCells) -> Iterator[dict[str, object]]:
    """A row a profile: which share of its replies is missing. Nothing was agreed with."""
    every = of.there + of.outcomes["missing"]
    for name, missing, all_ in zip(of.ids, of.outcomes["missing"], every, strict=True):
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
