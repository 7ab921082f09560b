"""The report's section on people, as plain values: data of the chart, and the table."""

from probes.phrases import say
from probes.report import rows
from probes.types import Tables

Row = dict[str, object]
NUMBERS = (
    *("n", "percentile", "percentile_low", "percentile_high", "percentile_direction", "nearest"),
    *("extremity_percentile", "agreement", "agreement_low", "agreement_high", "statements"),
)


def drawn(tables: Tables) -> Row | None:
    """Groups and outlines for the chart; None without people."""
    if tables.people_spread is None or tables.people_outlines is None:
        return None
    table = tables.people_outlines.fillna({"group": ""})
    lines = table.groupby(["group", "x_axis", "y_axis", "share", "part"], sort=False)
    return {
        "groups": [
            {name: rows.text(row[name]) for name in ("group", "axis")}
            | {name: rows.number(row[name]) for name in ("n", "mean", "p25", "p75")}
            for row in tables.people_spread.to_dict("records")
        ],
        "outlines": [
            {"group": group, "x_axis": x_axis, "y_axis": y_axis}
            | {name: [rows.number(value, 2) for value in line[name]] for name in ("x", "y")}
            for (group, x_axis, y_axis, _, _), line in lines
        ],
    }


def figure_caption(tables: Tables) -> str:
    """Caption of the people in the chart, in the current language; empty without people."""
    if not tables.people_caption:
        return ""
    drawn = say("Shaded: half and 90\N{NO-BREAK SPACE}% of all of them; lines: half of a group.")
    return f"{say('People: {who}', who=who(tables))}. {drawn}"


def who(tables: Tables) -> str:
    """Description of the people, in the current language; empty without people."""
    return "; ".join(map(str, tables.people_parts)) or tables.people_caption


def table(tables: Tables) -> list[Row]:
    """One row per model, axis and group; empty without people."""
    if tables.people is None:
        return []
    return [
        {
            **{name: rows.text(row[name]) for name in ("model", "axis", "group")},
            **{name: rows.number(row[name]) for name in NUMBERS},
            "n": int(row["n"]),
            "remark": rows.remark(row["shape"], row["reason"]),
        }
        for row in tables.people.to_dict("records")
    ]
