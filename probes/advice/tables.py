"""Rows of the tables `advice` (counts by profile) and `advice_summary` (measures)."""

from collections.abc import Iterable, Iterator

from probes.advice.cells import NOT_ADVISED, AdviceCells
from probes.advice.measures import AdviceEstimate, reply_interval

ADVICE = (
    *("model", "statement", "respondent", "outcome", "advised", "replies", "share", "low", "high"),
    "agreement",
)
SUMMARY = (
    *("model", "axis", "measure", "party", "value", "low", "high", "of_right", "of_lot"),
    *("profiles", "replies"),
)
Row = dict[str, object]


def advice_rows(model: str, cells: AdviceCells) -> Iterator[Row]:
    """Rows of `advice`: for each profile one row per party, then one per other outcome."""
    replies = cells.there
    for n, (name, owner) in enumerate(zip(cells.ids, cells.owner, strict=True)):
        head = {"model": model, "statement": name, "respondent": cells.parties[owner]}
        for k, party in enumerate(cells.parties):
            shared = float(cells.agreement[owner, k])
            counted = _counted(float(cells.advised[n, k]), float(replies[n]))
            yield {**head, "outcome": "advised", "advised": party, **counted, "agreement": shared}
        for outcome in NOT_ADVISED:
            counted = _counted(float(cells.outcomes[outcome][n]), float(replies[n]))
            yield {**head, "outcome": outcome, "advised": "", **counted}


def summary_rows(model: str, estimates: Iterable[AdviceEstimate]) -> Iterator[Row]:
    """Rows of `advice_summary`: one per measure; `share_of_advice` has one per party."""
    for e in estimates:
        yield {
            "model": model,
            "axis": e.axis,
            "measure": e.name,
            "party": e.party,
            "value": e.value,
            "low": e.low,
            "high": e.high,
            "of_right": e.of_right,
            "of_lot": e.of_lot,
            "profiles": e.profiles,
            "replies": e.replies,
        }


def _counted(count: float, replies: float) -> Row:
    low, high = reply_interval(count, replies)
    share = count / replies if replies else float("nan")
    return {"replies": int(count), "share": share, "low": low, "high": high}
