"""Messages about a run: forecast, profile, results, and next steps."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from probes.cli import _tables
from probes.cli._terminal import counted, line, say

if TYPE_CHECKING:
    from probes.runs.session import Request
    from probes.types import Editions, Tables

SHOWN = 600
"""Maximum number of characters of an example prompt."""


def tell_forecast(request: "Request", out: Path) -> None:
    """Print what a run would ask and send to endpoints, for each kind of answer that models may
    give."""
    from dataclasses import asdict

    from probes.instruments import sets
    from probes.runs import dry_run as forecast

    sets.load(request.set, request.text, fetch=False)  # without any download
    rows = forecast.forecast(request, out)
    table = [asdict(row) for row in rows]
    for row in table:
        row["cost"] = "" if row["cost"] is None else f"{row['cost']:.3g}"
    _tables.table([{"if it gives" if k == "gives" else k: v for k, v in r.items()} for r in table])
    dearest = {r.model: max(o.requests for o in rows if o.model == r.model) for r in rows}
    if most := sum(dearest.values()):
        line(
            f"nothing was sent. At most {counted(most, 'request')}, besides a dozen a model to see "
            "what it gives, one prompt twice as a check, and what is sent again after faults. "
            "Tokens read are about, tokens written at most."
        )
    example = forecast.example(request)
    if example:
        cut = example if len(example) <= SHOWN else f"{example[:SHOWN]} ..."
        say(f"nothing was asked. The first prompt, where a plain model has a slot:\n{cut}")


def tell_unfinished(read: Mapping[str, tuple[int, int]]) -> None:
    """Print that a run was stopped before its end, if it was.

    Args:
        read: Model -> (number of its answers, number when complete).
    """
    done, cells = (sum(counts) for counts in zip(*read.values(), strict=True))
    if done < cells:
        say(
            f"this run has not ended: {done} of {cells} answers are there; the command that began "
            "it goes on, and what is printed here is not its result"
        )


def tell_profile(folder: Path) -> None:
    """Print a run's time by step."""
    from probes.runs import profile

    _tables.table(profile.rows(folder))


def tell_languages(folder: Path, editions: "Editions", *, profile: bool) -> None:
    """Print the results of a run in several languages."""
    _tables.languages(editions)
    for edition in editions.tables if profile else ():
        tell_profile(folder / edition)
    say(f"{folder}: languages.csv, .png and .svg, and a run's folder for each language")


def tell_claims(folder: Path) -> None:
    """Print the outcome of the folder's claims, if it has some."""
    from probes.files import csv
    from probes.output import columns
    from probes.tables import stored

    if (file := folder / "claims.csv").exists():  # the run has just written it
        rows = csv.read(file, sorted(stored.TEXT)).fillna("").to_dict("records")
        _tables.table(columns.cells(columns.CLAIM, rows))


def tell_conditions(tables: "Tables") -> None:
    """Print the effects of conditions, if the run has some."""
    from probes.output import asking_columns, columns

    for display_columns, table in (
        (asking_columns.STEERING, tables.steering),
        (asking_columns.CHALLENGE, tables.challenge),
    ):
        if table is not None:
            _tables.table(
                columns.cells(display_columns, table.fillna({"reason": ""}).to_dict("records"))
            )


def tell_end(folder: Path, tables: "Tables", limit: int | None) -> None:
    """Print where the files are, and what to do next."""
    tell_claims(folder)
    tell_conditions(tables)
    drawn = [
        name for name in ("compass", "requests", "advice") if (folder / f"{name}.png").exists()
    ]
    pictures = "".join(f", {name}.png and .svg" for name in drawn)
    say(f"{folder}: tables as CSV{pictures}, answers/")
    quoted = shlex.quote(str(folder))
    if tables.trial:
        say(
            f"a trial run: without --limit {limit} the same command goes on to all statements, and "
            "asks\nnone again",
            err=True,
        )
    figure = "axes" if tables.requests is None else "requests"
    figure = figure if tables.advice is None else "advice"
    say(
        f"next: probes report {quoted}\n"
        f"      probes plot {figure} {quoted} -o {figure}.pdf\n"
        f"      probes table {quoted} --format latex",
        err=True,
    )
