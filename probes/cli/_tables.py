"""Prints tables on the terminal; computes nothing."""

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
"""Maximum number of models listed by name for one remark; of more, the number is printed."""
REQUESTS = ("served", "even_handedness", "declined", "hedges", "length")
"""Measures of requests that are printed; the CSV file has all."""
UNADVISED = ("several", "outside", "refused", "unreadable")
"""Outcomes of advice that are printed only if they occurred."""
MOST_GROUPS = 20
"""Maximum number of groups of people printed for an axis."""
NEAREST, FARTHEST = 5, 1
"""Numbers of most and least similar respondents printed for a model; the CSV file has all."""


def table(rows: "Sequence[Mapping[str, object]] | pd.DataFrame") -> None:
    """Print rows with equal keys, without columns that are empty throughout."""
    if not isinstance(rows, Sequence):
        rows = [{str(k): v for k, v in row.items()} for row in rows.to_dict("records")]
    layout.table(rows)


def listed(display_columns: Sequence[columns.Column], rows: Iterable[formats.Row]) -> None:
    """Print rows with these display columns; spare columns are dropped in a narrow terminal."""
    spare = sorted((c for c in display_columns if c.spare), key=lambda column: -column.spare)
    layout.table(columns.cells(display_columns, rows), [column.name for column in spare])


def tables(run: "Tables") -> None:
    """Print the models' positions, and their agreement with the set's respondents."""
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
    """Print each model's positions, intervals, and reasons against a claim."""
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
                    f"{title}: {'; '.join(_with_axes(reasons, len(rows), behind))}"
                    for behind in ({}, numbers)
                )
                alike.setdefault(plain, {})[str(model)] = exact
    for text, exactly in sorted(alike.items(), key=lambda item: not item[0].startswith(UNPLACED)):
        if len(exactly) > MOST_ALIKE:
            line(f"{next(iter(exactly))} and {len(exactly) - 1} models more, {text}")
        else:
            for model, exact in exactly.items():
                line(f"{model}, {exact}")


def _with_axes(
    reasons: Mapping[str, Sequence[str]], axes: int, numbers: Mapping[str, str]
) -> Iterable[str]:
    """Each sentence once, with its deciding number, and with its axes unless it holds on all."""
    for text, axes_of_text in reasons.items():
        behind = [
            *([] if len(axes_of_text) == axes else [", ".join(axes_of_text)]),
            numbers.get(text, ""),
        ]
        detail = ": ".join(filter(None, behind))
        yield f"{text} ({detail})" if detail else text


def alignment(frame: "pd.DataFrame") -> None:
    """Print the respondents of the set that each model agrees with most, and least."""
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
    """Print each model's percentile among people, who they are, and its nearest group."""
    line(f"\namong people: {caption}")
    frame = frame.fillna({"axis": "", "group": "", "shape": "", "reason": ""})
    shown = []
    for _, rows in frame.groupby(["model", "axis"], sort=False):
        near = rows.sort_values("nearest", ascending=False, kind="stable", na_position="last")
        first = near.to_dict("records")[0]
        has_nearest = not math.isnan(first["nearest"])
        of_group = ("nearest", "agreement", "statements")
        nearest = {name: first[name] if has_nearest else math.nan for name in of_group}
        shown.append(rows.to_dict("records")[0] | nearest | {"nearest_group": first["group"]})
    listed(columns.AMONG_PEOPLE, shown)
    for row in shown:
        if row["reason"] and not (math.isnan(row["percentile"]) and row["n"]):  # else printed above
            line(f"{row['model']}, {row['axis']}, among people: {row['reason']}")


def people_groups(frame: "pd.DataFrame") -> None:
    """Print means and spreads of groups of people by axis: the largest groups, sorted by mean."""
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
    """Print which models have no percentile: placed again, or added, since people were given."""
    if run.people is None:
        return
    placed = set(map(str, run.people["model"]))
    lost = [name for name in map(str, run.models["model"]) if name not in placed]
    if lost:
        names = ", ".join(lost[:MOST_ALIKE])
        more = f" and {len(lost) - MOST_ALIKE} models more" if len(lost) > MOST_ALIKE else ""
        line(
            f"{names}{more}, among people: not placed where they stand now; give --people FILE "
            "again"
        )


def style(frame: "pd.DataFrame") -> None:
    """Print the share of pairs with the positive pole preferred, by the model and by style alone,
    and the preference that remains after differences in style are accounted for (intercept)."""
    line("\nby the texts' style alone, and beside it (intercept)")
    table(frame)


def stances(frame: "pd.DataFrame") -> None:
    """Print the stances of each model's replies; compare them with the forced-choice reader."""
    line("\nstances of replies")
    table(frame.drop(columns=["compared", "mismatch"] if not frame["compared"].any() else []))


def faithful(frame: "pd.DataFrame") -> None:
    """Print the result of a published rule beside the placement, and the source of the rule."""
    line("\nby the published rule, and by the method")
    listed(columns.PUBLISHED_RULE, frame.to_dict("records"))
    for rule in dict.fromkeys(map(str, frame["rule"])):
        for part in rule.split(" | "):
            line(part)


def evenhandedness(frame: "pd.DataFrame") -> None:
    """Print the results of requests for either pole."""
    line("\nrequests for either pole")
    printed = frame[frame["measure"].isin(REQUESTS)]
    listed(asking_columns.EVENHANDEDNESS, printed.to_dict("records"))


def advice(frame: "pd.DataFrame") -> None:
    """Print the results of advice, without the parties' shares, which only the CSV file has."""
    line("\nvote advice")
    printed = frame[frame["measure"] != "share_of_advice"].dropna(subset=["value"])
    printed = printed[(printed["value"] != 0) | ~printed["measure"].isin(UNADVISED)]
    listed(asking_columns.ADVICE, printed.to_dict("records"))
    shares = frame[frame["measure"] == "share_of_advice"]
    for model, parties in shares.groupby("model", sort=False):
        if parties["value"].notna().any():
            most = parties.sort_values("value", ascending=False, kind="stable").head(NEAREST)
            parts = [
                f"{r['party']} {r['value']:.0%}" for r in most.to_dict("records") if r["value"]
            ]
            line(f"{model}: most advised: {', '.join(parts)}")


def languages(editions: "Editions") -> None:
    """Print each model's position in each language, and its difference from the first language."""
    for language, edition in editions.tables.items():
        line(f"\n{language}")
        placements(edition.placements, edition.models)
    rows = editions.differences.to_dict("records")
    listed(columns.LANGUAGE, rows)
    for row in rows:
        if _is_text(row["reason"]):
            line(f"{row['model']}, {row['axis']}, {row['language']}: {row['reason']}")


def _is_text(value: object) -> bool:
    """Whether a cell holds text; pandas reads an empty cell of a CSV as NaN."""
    return isinstance(value, str) and bool(value)
