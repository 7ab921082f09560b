"""The report's section on conditions, as plain values: the figure, and each condition's effect."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from probes.output import asking_columns, figures
from probes.output.columns import Column
from probes.phrases import phrase, say
from probes.report.worded import worded
from probes.types import Condition, Tables

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, object]


def section(tables: Tables, conditions: tuple[Condition, ...]) -> Row | None:
    """Values of the section on conditions; None where the run has none."""
    if tables.conditions is None:
        return None
    return {
        "first": conditions[0].name if conditions else "",
        "said": [{say("condition"): c.name, say("what was said"): words(c)} for c in conditions],
        "figure": _figure(tables),
        "changes": _worded(asking_columns.CONDITION, tables.conditions),
        "following": _worded(asking_columns.STEERING, tables.steering),
        "challenge": _worded(asking_columns.CHALLENGE, tables.challenge),
    }


def _worded(columns: Sequence[Column], table: "pd.DataFrame | None") -> list[dict[str, str]]:
    return [] if table is None else worded(columns, table.fillna({"reason": ""}).to_dict("records"))


def words(condition: Condition) -> str:
    """The text that a condition adds to the prompt, in short."""
    parts = [condition.system, condition.persona, condition.user, condition.length]
    parts += [f"{exchange.user} / {exchange.model}" for exchange in condition.prefix]
    if condition.examples:
        author = say("its position") if condition.position else say("control facts")
        who = condition.respondent or author
        parts.append(say("{n} examples of answers, by {who}", n=condition.examples, who=who))
    if condition.thinking:
        parts.append(say("thinking {how}", how=condition.thinking))
    if condition.challenge:
        side, counter = condition.challenge, condition.counter
        text = phrase("after an answer that takes the side {side}: {counter}")
        parts.append(say(text, side=side, counter=counter))
    return " · ".join(filter(None, parts)) or say("nothing beside the question")


def _figure(tables: Tables) -> str:
    """Figure `conditions` as a base64 SVG; empty where there is nothing to draw."""
    changes = tables.conditions
    if changes is None or not changes["difference"].notna().any() or not tables.axes:
        return ""
    return figures.embedded("conditions", tables)
