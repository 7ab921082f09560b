"""Tables for the terminal. Formats what others have computed; computes nothing."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from probes.cli._terminal import line
from probes.cli.parts import layout
from probes.output import asking_columns, columns, formats
from probes.output.reservations import decisive
from probes.types.reasons import UNPLACED, sentences

if TYPE_CHECKING:
    import pandas as pd

    from probes.types import Editions, Tables


MOST_ALIKE = 4
"""Models of which the same is said, each by itself; of more it is said once, with their number."""
REQUESTS = ("served", "even_handedness", "declined", "hedges", "length")
"""Measures of requests that are printed; the file has all."""
UNADVISED = ("several", "outside", "refused", "unreadable")
"""Outcomes of advice that are printed only where there are some."""
MOST_GROUPS = 20
"""Groups of people that are printed of an axis."""
NEAREST, FARTHEST = 5, 1
"""How many respondents are printed of a model; the file has them all."""


def table(rows: "Sequence[Mapping[str, object]] | pd.DataFrame") -> None:
    """Print rows with equal keys, all columns that say something."""
    if not isinstance(rows, Sequence):
        rows = [{str(k): v for k, v in row.items()} for row in rows.to_dict("records")]
    layout.table(rows)


def listed(of: Sequence[columns.Column], rows: Iterable[formats.Row]) -> None:
    """Print rows by the columns of a table for people; spare ones where there is room."""
    spare = sorted((c for c in of if c.spare), key=lambda column: -column.spare)
    layout.table(columns.cells(of, rows), [column.name for column in spare])


def tables(run: "Tables") -> None:
    """Print where models stand, on axes and beside the set's respondents."""
    if run.axes:
        if condition := run.condition:
            line(f"under the condition {condition}:")
        placements(run.placements, run.models)
    if run.evenhandedness is not None:
        evenhandedness(run.evenhandedness)
    if run.advice_summary is not None:
        advice(run.advice_summary)
    if run.alignment is not None:
        alignment(run.alignment)
    if run.people is not None:
        people(run.people, run.people_caption)
        unplaced(run)
    if run.stances is not None:
        stances(run.stances)
    if run.faithful is not None:
        faithful(run.faithful)
    if run.style is not None:
        style(run.style)


def placements(frame: "pd.DataFrame", models: "pd.DataFrame") -> None:
    """Print where each model stands, how sure that is, and what speaks against believing it."""
    listed(columns.PLACEMENT, frame.to_dict("records"))
    about = {str(row["model"]): row for row in models.to_dict("records")}
    alike: dict[str, dict[str, str]] = {}
    for model, rows in frame.groupby("model", sort=False):
        fatal, remarks = dict[str, list[str]](), dict[str, list[str]]()
        numbers = dict[str, str]()
        for row in rows.to_dict("records"):
            remarks_of, count = sentences(row["reason"]), int(row["failures"])
            for reasons, texts in ((fatal, remarks_of[:count]), (remarks, remarks_of[count:])):
                for text in texts:
                    reasons.setdefault(text, []).append(str(row["axis"]))
                    numbers.setdefault(text, decisive(text, {**about.get(str(model), {}), **row}))
        for title, reasons in ((UNPLACED, fatal), ("remarks", remarks)):
            if reasons:
                plain, exact = (
                    f"{title}: {'; '.join(_located(reasons, len(rows), behind))}"
                    for behind in ({}, numbers)
                )
                alike.setdefault(plain, {})[str(model)] = exact
    for text, exactly in sorted(alike.items(), key=lambda said: not said[0].startswith(UNPLACED)):
        if len(exactly) > MOST_ALIKE:
            line(f"{next(iter(exactly))} and {len(exactly) - 1} models more, {text}")
        else:
            for model, exact in exactly.items():
                line(f"{model}, {exact}")


def _located(
    reasons: Mapping[str, Sequence[str]], axes: int, numbers: Mapping[str, str]
) -> Iterable[str]:
    """Each sentence once, with the number that it hangs on, and the axes that it is about unless it
    is about all of them."""
    for text, about in reasons.items():
        behind = [*([] if len(about) == axes else [", ".join(about)]), numbers.get(text, "")]
        told = ": ".join(filter(None, behind))
        yield f"{text} ({told})" if told else text


def alignment(frame: "pd.DataFrame") -> None:
    """Print which of the set's respondents each model agrees with most, and least."""
    for model, rows in frame.groupby("model", sort=False):
        ranked = rows.dropna(subset="score").sort_values("score", ascending=False, kind="stable")
        is_cut = len(ranked) > NEAREST + FARTHEST
        shown = ranked.head(NEAREST if is_cut else len(ranked)).to_dict("records")
        shown += ranked.tail(FARTHEST).to_dict("records") if is_cut else []
        cut = f"closest {NEAREST} and farthest {FARTHEST} of {len(ranked)}"
        line(f"\n{model}, agreement with respondents, {cut if is_cut else 'by score'}")
        listed(columns.RESPONDENT, shown)
        reason = rows["reason"].iloc[0]
        if _is_text(reason):
            line(f"{model}: {reason}")


def people(frame: "pd.DataFrame", caption: str) -> None:
    """Print where each model stands among people, who they are, and its nearest group."""
    line(f"\namong people: {caption}")
    frame = frame.fillna({"axis": "", "group": "", "shape": "", "reason": ""})
    shown = []
    for _, rows in frame.groupby(["model", "axis"], sort=False):
        near = rows.sort_values("nearest", ascending=False, kind="stable", na_position="last")
        first = near.to_dict("records")[0]
        has_nearest = not math.isnan(first["nearest"])
        theirs = ("nearest", "agreement", "statements")
        own = {name: first[name] if has_nearest else math.nan for name in theirs}
        shown.append(rows.to_dict("records")[0] | own | {"nearest_group": first["group"]})
    listed(columns.AMONG_PEOPLE, shown)
    for row in shown:
        if row["reason"] and not (math.isnan(row["percentile"]) and row["n"]):  # said above
            line(f"{row['model']}, {row['axis']}, among people: {row['reason']}")


def people_groups(frame: "pd.DataFrame") -> None:
    """Print where groups of people lie, axis by axis: the largest, from the lowest mean up."""
    shown, left = [], 0
    for _, rows in frame.groupby("axis", sort=False):
        groups = rows[rows["group"] != ""]
        large = groups.nlargest(MOST_GROUPS, "n", keep="first")
        left = max(left, len(groups) - len(large))
        shown += rows[rows["group"] == ""].to_dict("records")
        shown += large.sort_values("order").to_dict("records")
    listed(columns.PEOPLE_GROUP, shown)
    if left:
        line(f"the {MOST_GROUPS} largest groups; {left} more are in people_groups.csv (--out DIR)")


def unplaced(run: "Tables") -> None:
    """Say which models stand nowhere among people: they moved, or came, since people were given."""
    if run.people is None:
        return
    placed = set(map(str, run.people["model"]))
    lost = [name for name in map(str, run.models["model"]) if name not in placed]
    if lost:
        named = ", ".join(lost[:MOST_ALIKE])
        more = f" and {len(lost) - MOST_ALIKE} models more" if len(lost) > MOST_ALIKE else ""
        line(
            f"{named}{more}, among people: not placed where they stand now; give --people FILE "
            "again"
        )


def style(frame: "pd.DataFrame") -> None:
    """Print which share of pairs goes to the positive pole, by the model and by style alone, and
    what is left of the model's preference beside differences in style (intercept)."""
    line("\nby the texts' style alone, and beside it (intercept)")
    table(frame)


def stances(frame: "pd.DataFrame") -> None:
    """Print which stances each model's replies take, and what the forced-choice reader says."""
    line("\nstances of replies")
    table(frame.drop(columns=["compared", "mismatch"] if not frame["compared"].any() else []))


def faithful(frame: "pd.DataFrame") -> None:
    """Print what a published rule concludes, beside the placement, and where the rule is known
    from."""
    line("\nby the published rule, and by the method")
    listed(columns.PUBLISHED_RULE, frame.to_dict("records"))
    for rule in dict.fromkeys(map(str, frame["rule"])):
        for part in rule.split(" | "):
            line(part)


def evenhandedness(frame: "pd.DataFrame") -> None:
    """Print what requests for either pole got."""
    line("\nrequests for either pole")
    told = frame[frame["measure"].isin(REQUESTS)]
    listed(asking_columns.EVENHANDEDNESS, told.to_dict("records"))


def advice(frame: "pd.DataFrame") -> None:
    """Print what advice comes to; which share of it each party gets stands in the file."""
    line("\nvote advice")
    told = frame[frame["measure"] != "share_of_advice"].dropna(subset=["value"])
    told = told[(told["value"] != 0) | ~told["measure"].isin(UNADVISED)]
    listed(asking_columns.ADVICE, told.to_dict("records"))
    shares = frame[frame["measure"] == "share_of_advice"]
    for model, parties in shares.groupby("model", sort=False):
        if parties["value"].notna().any():
            most = parties.sort_values("value", ascending=False, kind="stable").head(NEAREST)
            named = [
                f"{r['party']} {r['value']:.0%}" for r in most.to_dict("records") if r["value"]
            ]
            line(f"{model}: most advised: {', '.join(named)}")


def languages(editions: "Editions") -> None:
    """Print where each model stands in each language, and how far that is from the first."""
    for language, edition in editions.tables.items():
        line(f"\n{language}")
        placements(edition.placements, edition.models)
    rows = editions.differences.to_dict("records")
    listed(columns.LANGUAGE, rows)
    for row in rows:
        if _is_text(row["reason"]):
            line(f"{row['model']}, {row['axis']}, {row['language']}: {row['reason']}")


def _is_text(value: object) -> bool:
    """Whether a cell says something; a CSV reads an empty one as NaN."""
    return isinstance(value, str) and bool(value)
